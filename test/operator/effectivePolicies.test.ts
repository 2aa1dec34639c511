import { describe, expect, test } from 'vitest';
import type { AwsScope } from '../../src/operator/awsScopes.ts';
import { EffectivePolicies, type FleetBinding } from '../../src/operator/effectivePolicies.ts';
import type { Policy } from '../../src/policy/policy.ts';
import { FLEET_LOCATION, NO_LIMITS, OFFICE, PROJECT, policy, VISIO, ws } from '../builders.ts';
import { VirtualClock } from '../fakes/clock.ts';

const THERE = { accountID: '222222222222', region: 'eu-west-1' };
const MINUTE = 60_000;
const ALLOWING = { applications: { allowed: [{ id: VISIO }] } };

/** Voices whose fleets, by the name of the policy, can be changed. */
function begin(standings: Record<string, Partial<FleetBinding> | undefined>) {
  const clock = new VirtualClock();
  const bindingFor = ({ name }: Policy) => {
    const binding = standings[name];
    return binding && { limits: NO_LIMITS, scope: FLEET_LOCATION as AwsScope, ...binding };
  };
  const effectivePolicies = new EffectivePolicies(clock, bindingFor);
  const overlapping = (key: string) => {
    const one = effectivePolicies.get(key);
    return (
      one &&
      effectivePolicies.overlapping(one).map(({ name, endsAt }) => (endsAt === undefined ? name : `${name} (ended)`))
    );
  };
  return { clock, effectivePolicies, overlapping };
}

const a = policy('a', ALLOWING);
const b = policy('b');

describe('policies have a say in each other’s WorkSpaces', () => {
  test.each<[string, Partial<FleetBinding>, Partial<FleetBinding>, string[]]>([
    ['in the same account and region', {}, {}, ['a', 'b']],
    ['not in another account', {}, { scope: { ...FLEET_LOCATION, accountID: '222222222222' } }, ['b']],
    ['not in another region', {}, { scope: { ...FLEET_LOCATION, region: 'eu-west-1' } }, ['b']],
    ['where the account isn’t known yet', {}, { scope: { ...FLEET_LOCATION, accountID: undefined } }, ['a', 'b']],
    [
      'not where their fleets have other directories',
      { limits: { ...NO_LIMITS, directoryIDs: new Set(['d-1']) } },
      { limits: { ...NO_LIMITS, directoryIDs: new Set(['d-2']) } },
      ['b'],
    ],
  ])('%s', (_, standingOfA, standingOfB, expected) => {
    const { effectivePolicies, overlapping } = begin({ a: standingOfA, b: standingOfB });
    effectivePolicies.set(a.key, a);
    effectivePolicies.set(b.key, b);
    expect(overlapping(b.key)).toEqual(expected);
  });
});

test('a policy that no fleet admits has no say', () => {
  const { effectivePolicies, overlapping } = begin({ b: {} });
  effectivePolicies.set(a.key, a);
  effectivePolicies.set(b.key, b);
  expect(effectivePolicies.get(a.key)).toBeUndefined();
  expect(overlapping(b.key)).toEqual(['b']);
});

describe('when fleets change', () => {
  test('those are named that stand otherwise now, and nothing else changes', () => {
    const standings: Record<string, Partial<FleetBinding> | undefined> = { a: {}, b: {} };
    const { effectivePolicies } = begin(standings);
    effectivePolicies.set(a.key, a);
    effectivePolicies.set(b.key, b);
    const before = effectivePolicies.policies();
    expect(effectivePolicies.reassign()).toEqual([]);
    expect(effectivePolicies.policies()).toBe(before);
    standings.b = { limits: { ...NO_LIMITS, directoryIDs: new Set(['d-1']) } };
    expect(effectivePolicies.reassign()).toEqual([b.key]);
    expect(effectivePolicies.policies()).not.toBe(before);
  });

  test.each<[string, Partial<FleetBinding> | undefined]>([
    ['isn’t admitted any more', undefined],
    ['is about another place', { scope: THERE }],
    ['is about less', { limits: { ...NO_LIMITS, directoryIDs: new Set(['d-1']) } }],
  ])('what a policy protected that %s is protected for five minutes more', async (_, after) => {
    const standings: Record<string, Partial<FleetBinding> | undefined> = { a: {}, b: {} };
    const { clock, effectivePolicies, overlapping } = begin(standings);
    effectivePolicies.set(a.key, a);
    effectivePolicies.set(b.key, b);
    standings.a = after;
    effectivePolicies.reassign();
    expect(overlapping(b.key)).toContain('a (ended)');
    await clock.advance(5 * MINUTE);
    expect(overlapping(b.key)).not.toContain('a (ended)');
  });

  test('what a policy protected before its last edits is protected for five minutes after each', async () => {
    const allowing = (id: string) => policy('a', { applications: { allowed: [{ id }] } });
    const { clock, effectivePolicies } = begin({ a: {} });
    const protectedNow = () =>
      effectivePolicies.policies().map(({ allowed }) => allowed.map((one) => ('id' in one ? one.id : '')));
    effectivePolicies.set(a.key, allowing(VISIO));
    await clock.advance(MINUTE);
    effectivePolicies.set(a.key, allowing(OFFICE));
    await clock.advance(MINUTE);
    effectivePolicies.set(a.key, allowing(PROJECT));
    expect(protectedNow().flat().sort()).toEqual([VISIO, OFFICE, PROJECT].sort());
    await clock.advance(4 * MINUTE);
    expect(protectedNow().flat().sort()).toEqual([OFFICE, PROJECT].sort());
    await clock.advance(MINUTE);
    expect(protectedNow().flat()).toEqual([PROJECT]);
  });

  test('what a policy protected is protected for five minutes, also if somebody sets the clock forward', async () => {
    const { clock, effectivePolicies, overlapping } = begin({ a: {}, b: {} });
    effectivePolicies.set(a.key, a);
    effectivePolicies.set(b.key, b);
    effectivePolicies.set(a.key, undefined);
    const now = clock.now.bind(clock);
    clock.now = () => new Date(now().getTime() + 60 * MINUTE);
    expect(overlapping(b.key)).toContain('a (ended)');
    await clock.advance(5 * MINUTE);
    expect(overlapping(b.key)).not.toContain('a (ended)');
  });

  test('what a policy protected and protects again is protected once', async () => {
    const { effectivePolicies } = begin({ a: {} });
    for (let edit = 0; edit < 5; edit++) {
      effectivePolicies.set(a.key, policy('a', { applications: { allowed: [{ id: VISIO }] } }));
      effectivePolicies.set(a.key, policy('a', { applications: { denied: [{ id: VISIO }] } }));
    }
    expect(effectivePolicies.policies()).toHaveLength(2);
  });

  test('nothing has ended where AWS has only said now whose account it is', () => {
    const standings: Record<string, Partial<FleetBinding> | undefined> = {
      a: { scope: { ...FLEET_LOCATION, accountID: undefined } },
      b: {},
    };
    const { effectivePolicies, overlapping } = begin(standings);
    effectivePolicies.set(a.key, a);
    effectivePolicies.set(b.key, b);
    standings.a = {};
    expect(effectivePolicies.reassign()).toEqual([a.key]);
    expect(overlapping(b.key)).toEqual(['a', 'b']);
  });
});

test('where a fleet forbids exceptions, a policy with some takes nothing away, excepts nothing, and protects what it lists', () => {
  const exceptions = [{ workspaceIDs: [ws(1)], application: { id: VISIO }, reason: 'mine' }];
  const excepting = policy('a', { applications: { allowed: [{ id: VISIO }], unlisted: 'Disassociate' }, exceptions });
  const { effectivePolicies } = begin({ a: { limits: { ...NO_LIMITS, exceptions: 'Forbid' } } });
  effectivePolicies.set(excepting.key, excepting);
  expect(effectivePolicies.get(excepting.key)).toMatchObject({
    allowed: [{ id: VISIO }],
    denied: [],
    unlisted: 'Keep',
    exceptions: [],
  });
});
