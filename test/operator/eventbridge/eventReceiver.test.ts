import { pino } from 'pino';
import { expect, test } from 'vitest';
import { DeliveryHealth } from '../../../src/eventbridge/deliveryHealth.ts';
import type { EventName, ReadSubject } from '../../../src/eventbridge/eventNames.ts';
import { RefreshSchedule } from '../../../src/eventbridge/refreshSchedule.ts';
import { Inventory } from '../../../src/inventory/inventory.ts';
import { EventReceiver } from '../../../src/operator/eventbridge/eventReceiver.ts';
import { ws } from '../../builders.ts';
import { accessEvent, callEvent } from '../../eventbridge/samples.ts';
import { fakeFleet } from '../../fakeOperator.ts';
import { VirtualClock } from '../../fakes/clock.ts';
import { FakeEventQueue } from '../../fakes/eventQueue.ts';
import { HOUR } from '../../fixtures.ts';

/**
 * Receives an event of a WorkSpace whose data was read an hour before, after all policies have read what they require. Returns the subjects
 * that are due a minute later.
 */
async function dueAfter(name: EventName, body: string): Promise<readonly ReadSubject[]> {
  const clock = new VirtualClock();
  const now = clock.now().getTime();
  const [queue, schedule, closing] = [new FakeEventQueue({ clock }), new RefreshSchedule(), new AbortController()];
  queue.send(body);
  const receiver = new EventReceiver({
    queue,
    calls: { delete: (handles) => queue.delete(handles) },
    schedule,
    scope: { accountID: '123456789012', region: 'eu-central-1' },
    health: new DeliveryHealth(),
    reads: { readAt: () => now - HOUR, completeSince: () => now + HOUR, discardBefore: () => {} },
    host: { isActive: () => true, otherQueueReader: () => undefined, policyKeys: () => ['desktops/no-visio'] },
    observer: { onMessage: (event) => expect(event).toBe(name), onRefreshed: () => {} },
    clock,
    random: () => 0,
    log: pino({ level: 'silent' }),
    onChanged: () => {},
  });
  const running = receiver.run(closing.signal);
  await clock.advance(1_000);
  closing.abort(new Error('the test ended'));
  await running;
  const due = schedule.due(now + HOUR, 1_000);
  return due === undefined || 'listing' in due ? [] : [...due.reads.keys()];
}

const at = new VirtualClock().now().toISOString();
const tagged = callEvent('CreateTags', { resourceId: ws(1) }, null, { eventTime: at }, { time: at });
const associated = callEvent(
  'AssociateWorkspaceApplication',
  { workspaceId: ws(1) },
  null,
  { eventTime: at },
  { time: at },
);

test.each<[EventName, object, readonly ReadSubject[]]>([
  ['CreateTags', tagged, ['tags']],
  ['WorkSpaces Access', accessEvent({ workspaceId: ws(1) }, { time: at }), ['connection']],
  ['AssociateWorkspaceApplication', associated, []],
])(
  'after complete reads of the policies, %s causes only reads of what they may not contain',
  async (name, body, due) => {
    expect(await dueAfter(name, JSON.stringify(body))).toEqual(due);
  },
);

test('reads of policies are complete only if each policy has read', () => {
  const { announced } = new Inventory(fakeFleet(1, []), new VirtualClock());
  announced.recordComplete('desktops/one', 1_000);
  expect(announced.completeSince(['desktops/one'])).toBe(1_000);
  expect(announced.completeSince(['desktops/one', 'desktops/two'])).toBe(Number.NEGATIVE_INFINITY);
  announced.recordComplete('desktops/two', 500);
  expect(announced.completeSince(['desktops/one', 'desktops/two'])).toBe(500);
  expect(announced.completeSince([])).toBe(Number.NEGATIVE_INFINITY);
});
