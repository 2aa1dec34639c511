import { expect, test } from 'vitest';
import { eventsStatus, eventsTransition } from '../../src/status/fleetEvents.ts';

const READY = {
  type: 'Ready',
  status: 'True',
  reason: 'Connected',
  message: 'account',
  lastTransitionTime: '',
} as const;

/** Returns conditions with EventsReceived, or without it. */
function conditions(status?: 'True' | 'False' | 'Unknown', reason = '') {
  const received = { type: 'EventsReceived', reason, message: `because of ${reason}`, lastTransitionTime: '' };
  return status === undefined ? [READY] : [READY, { ...received, status }];
}

test.each([
  ['the first read of the queue fails', conditions(), conditions('False', 'QueueNotFound')],
  ['events stop to arrive', conditions('True', 'Receiving'), conditions('False', 'QueueNotFound')],
  ['the cause changes', conditions('False', 'AccessDenied'), conditions('False', 'QueueNotFound')],
])('an Event warns if %s', (_, before, after) => {
  expect(eventsTransition(before, after)).toEqual({
    type: 'Warning',
    reason: 'QueueNotFound',
    message: 'because of QueueNotFound',
  });
});

test.each([
  ['an event proves the path', conditions('Unknown', 'NoRecentEvent')],
  ['they arrive again', conditions('False', 'QueueUnavailable')],
])('an Event reports events if %s', (_, before) => {
  expect(eventsTransition(before, conditions('True', 'Receiving'))).toEqual({
    type: 'Normal',
    reason: 'Receiving',
    message: 'because of Receiving',
  });
});

test.each([
  ['nothing changes', conditions('False', 'QueueNotFound'), conditions('False', 'QueueNotFound')],
  ['events arrive as before', conditions('True', 'Receiving'), conditions('True', 'Receiving')],
  ['the operator starts', conditions('True', 'Receiving'), conditions('Unknown', 'Connecting')],
  ['the operator has started', conditions('Unknown', 'Connecting'), conditions('True', 'Receiving')],
  ['nothing proves the path yet', conditions('Unknown', 'Connecting'), conditions('Unknown', 'NoRecentEvent')],
  ['the fleet has no events', conditions('True', 'Receiving'), conditions()],
])('no Event is recorded if %s', (_, before, after) => {
  expect(eventsTransition(before, after)).toBeUndefined();
});

test('no Event is recorded if the fleet has no status', () => {
  expect(eventsTransition(undefined, undefined)).toBeUndefined();
});

test('a time from before the clock was set back is replaced', () => {
  const now = new Date('2026-11-02T12:00:00Z');
  const delivery = { status: 'True', reason: 'Receiving', cause: undefined } as const;
  const times = { receivedAt: now, lastEventAt: now, provenAt: now };
  const view = { delivery, otherQueueReader: undefined, pendingRefreshes: 0, ...times };
  const later = '2027-11-02T12:00:00Z';
  const previous = { lastReceivedTime: later, lastEventTime: later, lastAssociationEventTime: later };
  const written = '2026-11-02T12:00:00Z';
  expect(eventsStatus(view, previous, now)).toEqual({
    lastReceivedTime: written,
    lastEventTime: written,
    lastAssociationEventTime: written,
  });
});
