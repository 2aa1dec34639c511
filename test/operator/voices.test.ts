import { describe, expect, test } from 'vitest';
import type { Place } from '../../src/operator/places.ts';
import { type Standing, Voices } from '../../src/operator/voices.ts';
import type { Policy } from '../../src/policy/policy.ts';
import { HERE, OFFICE, OPEN_TERMS, PROJECT, policy, VISIO, ws } from '../builders.ts';
import { VirtualClock } from '../fakes/clock.ts';

const THERE = { accountID: '222222222222', region: 'eu-west-1' };
const MINUTE = 60_000;
const ALLOWING = { applications: { allowed: [{ id: VISIO }] } };

/** Voices whose fleets, by the name of the policy, can be changed. */
function begin(standings: Record<string, Partial<Standing> | undefined>) {
  const clock = new VirtualClock();
  const standingOf = ({ name }: Policy) => {
    const standing = standings[name];
    return standing && { terms: OPEN_TERMS, place: HERE as Place, ...standing };
  };
  const voices = new Voices(clock, standingOf);
  const concerning = (key: string) => {
    const one = voices.get(key);
    return one && voices.concerning(one).map(({ name, endsAt }) => (endsAt === undefined ? name : `${name} (ended)`));
  };
  return { clock, voices, concerning };
}

const a = policy('a', ALLOWING);
const b = policy('b');

describe('policies have a say in each other’s WorkSpaces', () => {
  test.each<[string, Partial<Standing>, Partial<Standing>, string[]]>([
    ['in the same account and region', {}, {}, ['a', 'b']],
    ['not in another account', {}, { place: { ...HERE, accountID: '222222222222' } }, ['b']],
    ['not in another region', {}, { place: { ...HERE, region: 'eu-west-1' } }, ['b']],
    ['where the account isn’t known yet', {}, { place: { ...HERE, accountID: undefined } }, ['a', 'b']],
    [
      'not where their fleets have other directories',
      { terms: { ...OPEN_TERMS, directoryIDs: new Set(['d-1']) } },
      { terms: { ...OPEN_TERMS, directoryIDs: new Set(['d-2']) } },
      ['b'],
    ],
  ])('%s', (_, standingOfA, standingOfB, expected) => {
    const { voices, concerning } = begin({ a: standingOfA, b: standingOfB });
    voices.set(a.key, a);
    voices.set(b.key, b);
    expect(concerning(b.key)).toEqual(expected);
  });
});

test('a policy that no fleet admits has no say', () => {
  const { voices, concerning } = begin({ b: {} });
  voices.set(a.key, a);
  voices.set(b.key, b);
  expect(voices.get(a.key)).toBeUndefined();
  expect(concerning(b.key)).toEqual(['b']);
});

describe('when fleets change', () => {
  test('those are named that stand otherwise now, and nothing else changes', () => {
    const standings: Record<string, Partial<Standing> | undefined> = { a: {}, b: {} };
    const { voices } = begin(standings);
    voices.set(a.key, a);
    voices.set(b.key, b);
    const before = voices.policies();
    expect(voices.reassign()).toEqual([]);
    expect(voices.policies()).toBe(before);
    standings.b = { terms: { ...OPEN_TERMS, directoryIDs: new Set(['d-1']) } };
    expect(voices.reassign()).toEqual([b.key]);
    expect(voices.policies()).not.toBe(before);
  });

  test.each<[string, Partial<Standing> | undefined]>([
    ['isn’t admitted any more', undefined],
    ['is about another place', { place: THERE }],
    ['is about less', { terms: { ...OPEN_TERMS, directoryIDs: new Set(['d-1']) } }],
  ])('what a policy protected that %s is protected for five minutes more', async (_, after) => {
    const standings: Record<string, Partial<Standing> | undefined> = { a: {}, b: {} };
    const { clock, voices, concerning } = begin(standings);
    voices.set(a.key, a);
    voices.set(b.key, b);
    standings.a = after;
    voices.reassign();
    expect(concerning(b.key)).toContain('a (ended)');
    await clock.advance(5 * MINUTE);
    expect(concerning(b.key)).not.toContain('a (ended)');
  });

  test('what a policy protected before its last edits is protected for five minutes after each', async () => {
    const allowing = (id: string) => policy('a', { applications: { allowed: [{ id }] } });
    const { clock, voices } = begin({ a: {} });
    const protectedNow = () =>
      voices.policies().map(({ allowed }) => allowed.map((one) => ('id' in one ? one.id : '')));
    voices.set(a.key, allowing(VISIO));
    await clock.advance(MINUTE);
    voices.set(a.key, allowing(OFFICE));
    await clock.advance(MINUTE);
    voices.set(a.key, allowing(PROJECT));
    expect(protectedNow().flat().sort()).toEqual([VISIO, OFFICE, PROJECT].sort());
    await clock.advance(4 * MINUTE);
    expect(protectedNow().flat().sort()).toEqual([OFFICE, PROJECT].sort());
    await clock.advance(MINUTE);
    expect(protectedNow().flat()).toEqual([PROJECT]);
  });

  test('what a policy protected is protected for five minutes, also if somebody sets the clock forward', async () => {
    const { clock, voices, concerning } = begin({ a: {}, b: {} });
    voices.set(a.key, a);
    voices.set(b.key, b);
    voices.set(a.key, undefined);
    const now = clock.now.bind(clock);
    clock.now = () => new Date(now().getTime() + 60 * MINUTE);
    expect(concerning(b.key)).toContain('a (ended)');
    await clock.advance(5 * MINUTE);
    expect(concerning(b.key)).not.toContain('a (ended)');
  });

  test('what a policy protected and protects again is protected once', async () => {
    const { voices } = begin({ a: {} });
    for (let edit = 0; edit < 5; edit++) {
      voices.set(a.key, policy('a', { applications: { allowed: [{ id: VISIO }] } }));
      voices.set(a.key, policy('a', { applications: { denied: [{ id: VISIO }] } }));
    }
    expect(voices.policies()).toHaveLength(2);
  });

  test('nothing has ended where AWS has only said now whose account it is', () => {
    const standings: Record<string, Partial<Standing> | undefined> = {
      a: { place: { ...HERE, accountID: undefined } },
      b: {},
    };
    const { voices, concerning } = begin(standings);
    voices.set(a.key, a);
    voices.set(b.key, b);
    standings.a = {};
    expect(voices.reassign()).toEqual([a.key]);
    expect(concerning(b.key)).toEqual(['a', 'b']);
  });
});

test('where a fleet forbids exceptions, a policy with some takes nothing away, excepts nothing, and protects what it lists', () => {
  const exceptions = [{ workspaceIDs: [ws(1)], application: { id: VISIO }, reason: 'mine' }];
  const excepting = policy('a', { applications: { allowed: [{ id: VISIO }], unlisted: 'Disassociate' }, exceptions });
  const { voices } = begin({ a: { terms: { ...OPEN_TERMS, exceptions: 'Forbid' } } });
  voices.set(excepting.key, excepting);
  expect(voices.get(excepting.key)).toMatchObject({
    allowed: [{ id: VISIO }],
    denied: [],
    unlisted: 'Keep',
    exceptions: [],
  });
});
