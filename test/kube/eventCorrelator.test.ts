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

function occurrence(more: Partial<EventInput> = {}): EventInput {
  return { regarding: about('a'), type: 'Normal', reason: 'Seen', message: 'it was seen', at, ...more };
}

describe('series', () => {
  test('equal occurrences are one Event that counts them and spans their time', () => {
    const correlator = new EventCorrelator(new VirtualClock());
    const first = correlator.observe(occurrence());
    const later = new Date('2027-01-01T00:10:00Z');
    expect(correlator.observe(occurrence({ at: later }))).toEqual({
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
  ])('another %s is another Event', (_, difference) => {
    const correlator = new EventCorrelator(new VirtualClock());
    const first = correlator.observe(occurrence());
    const second = correlator.observe(occurrence(difference));
    expect(second?.count).toBe(1);
    expect(second?.name).not.toBe(first?.name);
  });

  test('the name is a DNS subdomain, also for the longest names of objects', () => {
    const correlator = new EventCorrelator(new VirtualClock());
    for (const object of ['a', 'x'.repeat(253), `${'x'.repeat(228)}.-${'y'.repeat(20)}`]) {
      const name = correlator.observe(occurrence({ regarding: about(object) }))?.name ?? '';
      expect(name).toMatch(/^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/);
      expect(name.length).toBeLessThanOrEqual(253);
    }
  });

  test('memory is bounded: what was not seen for longest is forgotten', () => {
    const correlator = new EventCorrelator(new VirtualClock());
    correlator.observe(occurrence());
    correlator.observe(occurrence({ regarding: about('kept') }));
    for (let n = 0; n < 4095; n++) {
      correlator.observe(occurrence({ regarding: about(`other-${n}`) }));
      if (n === 4000) {
        correlator.observe(occurrence({ regarding: about('kept') }));
      }
    }
    expect(correlator.observe(occurrence())?.count).toBe(1);
    expect(correlator.observe(occurrence({ regarding: about('kept') }))?.count).toBe(3);
  });
});

describe('spam', () => {
  test('an object has 25 events at once and one more every five minutes; others have their own', async () => {
    const clock = new VirtualClock();
    const correlator = new EventCorrelator(clock);
    const burst = Array.from({ length: 30 }, (_, n) => correlator.observe(occurrence({ message: `message ${n}` })));
    expect(burst.filter((series) => series !== undefined)).toHaveLength(25);
    expect(correlator.observe(occurrence({ regarding: about('b') }))).toBeDefined();
    await clock.advance(299_000);
    expect(correlator.observe(occurrence())).toBeUndefined();
    await clock.advance(1_000);
    expect(correlator.observe(occurrence())).toMatchObject({ count: 2 });
    expect(correlator.observe(occurrence())).toBeUndefined();
  });
});
