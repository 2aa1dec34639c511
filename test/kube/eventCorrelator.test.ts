import { describe, expect, test } from 'vitest';
import { EventCorrelator, type EventInput } from '../../src/kube/eventCorrelator.ts';
import { VirtualClock } from '../fakes/clock.ts';

const at = new Date('2027-01-01T00:00:00Z');
const about = (name: string) => ({
  apiVersion: 'test.wsap.dev/v1',
  kind: 'Widget',
  name,
  namespace: 'ns',
  uid: `uid-${name}`,
});

function event(more: Partial<EventInput> = {}): EventInput {
  return { regarding: about('a'), type: 'Normal', reason: 'Seen', message: 'it was seen', at, ...more };
}

describe('an event series', () => {
  test('counts equal events and spans their time', () => {
    const correlator = new EventCorrelator(new VirtualClock());
    const first = correlator.observe(event());
    const later = new Date('2027-01-01T00:10:00Z');
    expect(correlator.observe(event({ at: later }))).toEqual({
      name: first?.name,
      count: 2,
      first: at,
      last: later,
    });
  });

  test.each<[string, Partial<EventInput>]>([
    ['object', { regarding: about('b') }],
    ['uid', { regarding: { ...about('a'), uid: 'another' } }],
    ['type', { type: 'Warning' }],
    ['reason', { reason: 'Heard' }],
    ['message', { message: 'it was seen again' }],
  ])('starts anew for a different %s', (_, difference) => {
    const correlator = new EventCorrelator(new VirtualClock());
    const first = correlator.observe(event());
    const second = correlator.observe(event(difference));
    expect(second?.count).toBe(1);
    expect(second?.name).not.toBe(first?.name);
  });

  test('has a name that is a DNS subdomain, even for the longest object names', () => {
    const correlator = new EventCorrelator(new VirtualClock());
    for (const object of ['a', 'x'.repeat(253), `${'x'.repeat(228)}.-${'y'.repeat(20)}`]) {
      const name = correlator.observe(event({ regarding: about(object) }))?.name ?? '';
      expect(name).toMatch(/^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/);
      expect(name.length).toBeLessThanOrEqual(253);
    }
  });

  test('is dropped when too many newer ones exist', () => {
    const correlator = new EventCorrelator(new VirtualClock());
    correlator.observe(event());
    correlator.observe(event({ regarding: about('kept') }));
    for (let n = 0; n < 4095; n++) {
      correlator.observe(event({ regarding: about(`other-${n}`) }));
      if (n === 4000) {
        correlator.observe(event({ regarding: about('kept') }));
      }
    }
    expect(correlator.observe(event())?.count).toBe(1);
    expect(correlator.observe(event({ regarding: about('kept') }))?.count).toBe(3);
  });
});

describe('the spam filter', () => {
  test('admits a burst of 25 events per object, then one every five minutes', async () => {
    const clock = new VirtualClock();
    const correlator = new EventCorrelator(clock);
    const burst = Array.from({ length: 30 }, (_, n) => correlator.observe(event({ message: `message ${n}` })));
    expect(burst.filter((series) => series !== undefined)).toHaveLength(25);
    expect(correlator.observe(event({ regarding: about('b') }))).toBeDefined();
    await clock.advance(299_000);
    expect(correlator.observe(event())).toBeUndefined();
    await clock.advance(1_000);
    expect(correlator.observe(event())).toMatchObject({ count: 2 });
    expect(correlator.observe(event())).toBeUndefined();
  });
});
