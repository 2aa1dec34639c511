import { describe, expect, test } from 'vitest';
import {
  DENIAL_TTL_MS,
  DeliveryHealth,
  MAX_EVENT_DELAY_MS,
  MAX_READ_FAILURE_MS,
  MAX_SILENCE_MS,
  PROOF_TTL_MS,
} from '../../src/eventbridge/deliveryHealth.ts';
import type { WorkspaceEvent } from '../../src/eventbridge/workspaceEvent.ts';
import { FleetError } from '../../src/fleet/errors.ts';
import { ws } from '../builders.ts';

const SECOND = 1_000;
const START = 1_000_000;

function event(at: number, more: Partial<WorkspaceEvent> = {}): WorkspaceEvent {
  const name = 'DisassociateWorkspaceApplication' as const;
  return { id: 'event', time: new Date(at), name, workspaceIDs: [ws(1)], requestID: undefined, ...more };
}

/** Receives from an empty queue every 20 seconds. */
function pass(health: DeliveryHealth, from: number, until: number): void {
  for (let now = from; now <= until; now += 20 * SECOND) {
    health.recordReceive(now, true);
  }
}

const unavailable = new FleetError({ kind: 'Unavailable', operation: 'ReceiveMessage', reason: 'no response' });
const denied = new FleetError({ kind: 'AccessDenied', operation: 'DeleteMessageBatch', reason: 'not allowed' });

/** Returns the health of a queue from which an event of a change of associations arrived. */
function proven(): DeliveryHealth {
  const health = new DeliveryHealth();
  health.recordEvent(event(START, { workspaceIDs: [ws(7)] }), START);
  return health;
}

describe('events are reliable', () => {
  test('only after the queue was read and an event of a change arrived', () => {
    const health = new DeliveryHealth();
    expect(health.isReliable(START)).toBe(false);
    expect(health.state(START)).toMatchObject({ status: 'Unknown', reason: 'Connecting' });
    health.recordReceive(START, true);
    expect(health.isReliable(START)).toBe(false);
    expect(health.state(START)).toMatchObject({ status: 'Unknown', reason: 'NoRecentEvent' });
    health.recordEvent(event(START), START);
    expect(health.isReliable(START)).toBe(true);
    expect(health.state(START)).toMatchObject({ status: 'True', reason: 'Receiving' });
  });

  test.each(['WorkSpaces Access', 'CreateTags', 'RebootWorkspaces'] as const)('not because of %s', (name) => {
    const health = new DeliveryHealth();
    health.recordReceive(START, true);
    health.recordEvent(event(START, { name }), START);
    expect(health.state(START)).toMatchObject({ status: 'Unknown', reason: 'NoRecentEvent' });
  });

  test('for a week after the last event, even if its time is in the future', () => {
    const health = new DeliveryHealth();
    health.recordEvent(event(START + 10 * PROOF_TTL_MS), START);
    health.recordReceive(START + PROOF_TTL_MS - 1, true);
    expect(health.isReliable(START + PROOF_TTL_MS - 1)).toBe(true);
    expect(health.isReliable(START + PROOF_TTL_MS)).toBe(false);
  });

  test('not because of an event from before the clock was set back, until the next event', () => {
    const health = new DeliveryHealth({ provenAt: START + 10 * PROOF_TTL_MS, missingSince: undefined });
    health.recordReceive(START, true);
    expect(health.state(START)).toMatchObject({ status: 'Unknown', reason: 'NoRecentEvent' });
    health.recordEvent(event(START), START);
    expect(health.isReliable(START)).toBe(true);
    expect(health.provenAt).toBe(START);
  });

  test('not because of a read of the queue from before the clock was set back', () => {
    const health = proven();
    health.recordReceive(START + 10 * MAX_SILENCE_MS, true);
    health.recordFailure(unavailable, START);
    expect(health.state(START)).toMatchObject({ status: 'False', reason: 'QueueUnavailable' });
  });

  test('because of an event that an earlier process recorded', () => {
    const health = new DeliveryHealth({ provenAt: START - PROOF_TTL_MS + 1, missingSince: undefined });
    health.recordReceive(START, true);
    expect(health.isReliable(START)).toBe(true);
    expect(health.isReliable(START + 1)).toBe(false);
  });

  test('not while events are missing since an earlier process, until the event of a later change arrives', () => {
    const health = new DeliveryHealth({ provenAt: START, missingSince: START });
    health.recordReceive(START, true);
    expect(health.state(START)).toMatchObject({ status: 'False', reason: 'EventsMissing' });
    health.recordEvent(event(START + SECOND), START + SECOND);
    expect(health.state(START + SECOND).status).toBe('True');
  });

  test('until the queue was not read for two minutes', () => {
    const health = proven();
    health.recordReceive(START, true);
    health.recordFailure(unavailable, START + SECOND);
    expect(health.state(START + MAX_SILENCE_MS - 1).status).toBe('True');
    expect(health.isReliable(START + MAX_SILENCE_MS)).toBe(false);
    expect(health.state(START + MAX_SILENCE_MS)).toMatchObject({ status: 'False', reason: 'QueueUnavailable' });
  });

  test('until the queue was not read for two minutes, even without an error', () => {
    const health = proven();
    health.recordReceive(START, true);
    expect(health.state(START + MAX_SILENCE_MS)).toMatchObject({ status: 'Unknown', reason: 'QueueUnavailable' });
  });

  test('until reads that events cause have failed for two minutes, and again after one succeeds', () => {
    const health = proven();
    expect(health.recordReads(unavailable.message, START)).toBe(true);
    expect(health.recordReads(unavailable.message, START + MAX_READ_FAILURE_MS - 1)).toBe(false);
    health.recordReceive(START + MAX_READ_FAILURE_MS, true);
    expect(health.isReliable(START + MAX_READ_FAILURE_MS - 1)).toBe(true);
    expect(health.isReliable(START + MAX_READ_FAILURE_MS)).toBe(false);
    expect(health.state(START + MAX_READ_FAILURE_MS)).toMatchObject({ status: 'False', reason: 'ReadsFailing' });
    health.recordReads(undefined, START + MAX_READ_FAILURE_MS);
    expect(health.isReliable(START + MAX_READ_FAILURE_MS)).toBe(true);
    health.recordReads(unavailable.message, START + MAX_READ_FAILURE_MS);
    expect(health.isReliable(START + MAX_READ_FAILURE_MS)).toBe(true);
  });

  test('until a call for messages is denied, and again after one is allowed', () => {
    const health = proven();
    health.recordReceive(START, true);
    expect(health.recordCall('delete', denied, START)).toBe(true);
    expect(health.recordCall('delete', denied, START)).toBe(false);
    expect(health.state(START)).toMatchObject({ status: 'False', reason: 'AccessDenied', cause: denied.message });
    health.recordReceive(START, true);
    health.recordCall('changeVisibility', undefined, START);
    expect(health.isReliable(START)).toBe(false);
    health.recordCall('delete', undefined, START);
    expect(health.isReliable(START)).toBe(true);
  });

  test('an hour after the last denied call, because no other message can show that the call is allowed', () => {
    const health = proven();
    health.recordCall('delete', denied, START);
    health.recordReceive(START + DENIAL_TTL_MS, true);
    expect(health.isReliable(START + DENIAL_TTL_MS - 1)).toBe(false);
    expect(health.isReliable(START + DENIAL_TTL_MS)).toBe(true);
  });

  test('although a call for messages failed otherwise', () => {
    const health = proven();
    health.recordReceive(START, true);
    const expired = new FleetError({ kind: 'Unauthenticated', operation: 'DeleteMessageBatch', reason: 'expired' });
    expect(health.recordCall('delete', unavailable, START)).toBe(false);
    expect(health.recordCall('changeVisibility', expired, START)).toBe(false);
    expect(health.isReliable(START)).toBe(true);
  });
});

describe('the event of an own change', () => {
  test('is recognized', () => {
    const health = proven();
    health.recordChange('own', START);
    expect(health.recordEvent(event(START, { requestID: 'own' }), START)).toBe(true);
    expect(health.recordEvent(event(START, { requestID: 'other' }), START)).toBe(false);
    pass(health, START, START + 2 * MAX_EVENT_DELAY_MS);
    expect(health.state(START + 2 * MAX_EVENT_DELAY_MS).status).toBe('True');
  });

  test('is missing after 30 minutes, until the event of a later change arrives', () => {
    const health = proven();
    health.recordChange('own', START);
    pass(health, START, START + MAX_EVENT_DELAY_MS - SECOND);
    expect(health.state(START + MAX_EVENT_DELAY_MS - SECOND).status).toBe('True');
    health.recordReceive(START + MAX_EVENT_DELAY_MS, true);
    expect(health.state(START + MAX_EVENT_DELAY_MS)).toMatchObject({ reason: 'EventsMissing' });
    expect(health.isReliable(START + MAX_EVENT_DELAY_MS)).toBe(false);
    health.recordEvent(event(START, { requestID: 'own' }), START);
    expect(health.state(START + MAX_EVENT_DELAY_MS)).toMatchObject({ reason: 'EventsMissing' });
    health.recordEvent(event(START + MAX_EVENT_DELAY_MS + SECOND), START + MAX_EVENT_DELAY_MS + SECOND);
    expect(health.state(START + MAX_EVENT_DELAY_MS + SECOND).status).toBe('True');
  });

  test('is not missing while messages wait in the queue', () => {
    const health = proven();
    health.recordChange('own', START);
    for (let now = START; now < START + 2 * MAX_EVENT_DELAY_MS; now += 20 * SECOND) {
      health.recordReceive(now, false);
    }
    expect(health.state(START + 2 * MAX_EVENT_DELAY_MS - SECOND).status).toBe('True');
  });

  test('is not missing right after an outage of the queue', () => {
    const health = proven();
    health.recordReceive(START, true);
    health.recordChange('own', START);
    const end = START + 2 * MAX_EVENT_DELAY_MS;
    health.recordReceive(end, true);
    expect(health.state(end).status).toBe('True');
    pass(health, end, end + MAX_EVENT_DELAY_MS);
    expect(health.state(end + MAX_EVENT_DELAY_MS)).toMatchObject({ reason: 'EventsMissing' });
  });
});

describe('a change in a listing', () => {
  test.each([
    ['before the listing', START + SECOND],
    ['after the listing', START + 3_600 * SECOND + SECOND],
  ])('is announced by an event that arrives %s', (_, at) => {
    const health = proven();
    const listedAt = START + 3_600 * SECOND;
    if (at < listedAt) {
      health.recordEvent(event(at), at);
    }
    health.recordListedChange(ws(1), START, listedAt);
    health.recordEvent(event(at), at);
    pass(health, listedAt, listedAt + MAX_EVENT_DELAY_MS);
    expect(health.state(listedAt + MAX_EVENT_DELAY_MS).status).toBe('True');
  });

  test('without an event shows that events are missing', () => {
    const health = proven();
    const listedAt = START + 3_600 * SECOND;
    health.recordEvent(event(START - 3_600 * SECOND), START - 3_600 * SECOND);
    health.recordListedChange(ws(1), START, listedAt);
    pass(health, listedAt, listedAt + MAX_EVENT_DELAY_MS);
    expect(health.state(listedAt + MAX_EVENT_DELAY_MS)).toMatchObject({ reason: 'EventsMissing' });
    expect(health.state(listedAt + MAX_EVENT_DELAY_MS).cause).toContain(ws(1));
  });

  test.each(['WorkSpaces Access', 'CreateTags', 'RebootWorkspaces'] as const)('is not announced by %s', (name) => {
    const health = proven();
    const listedAt = START + 3_600 * SECOND;
    health.recordEvent(event(listedAt - SECOND, { name }), listedAt - SECOND);
    health.recordListedChange(ws(1), START, listedAt);
    health.recordEvent(event(listedAt + SECOND, { name }), listedAt + SECOND);
    pass(health, listedAt, listedAt + MAX_EVENT_DELAY_MS);
    expect(health.state(listedAt + MAX_EVENT_DELAY_MS)).toMatchObject({ reason: 'EventsMissing' });
  });

  test('is ignored if the events of that time were forgotten', () => {
    const health = proven();
    for (let n = 0; n < 20_001; n++) {
      health.recordEvent(event(START + SECOND, { workspaceIDs: [ws(n)] }), START + SECOND);
    }
    health.recordListedChange(ws(0), START, START + 2 * SECOND);
    pass(health, START + 2 * SECOND, START + 2 * SECOND + MAX_EVENT_DELAY_MS);
    expect(health.state(START + 2 * SECOND + MAX_EVENT_DELAY_MS).status).toBe('True');
  });
});
