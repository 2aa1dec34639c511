import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { AwsScope } from '../../src/operator/awsScopes.ts';
import { EffectivePolicies, type FleetBinding } from '../../src/operator/effectivePolicies.ts';
import { mayShareWorkspaces } from '../../src/policy/overlap.ts';
import type { Policy } from '../../src/policy/policy.ts';
import { FLEET_LOCATION, NO_LIMITS, OFFICE, PROJECT, policy, VISIO, ws } from '../builders.ts';
import { VirtualClock } from '../fakes/clock.ts';

const OTHER_SCOPE = { accountID: '222222222222', region: 'eu-west-1' };
const MINUTE = 60_000;
const ALLOWING = { applications: { allowed: [{ id: VISIO }] } };

/** Returns effective policies with fleet bindings by policy name, which can be changed. */
function start(bindings: Record<string, Partial<FleetBinding> | undefined>) {
  const clock = new VirtualClock();
  const bindingFor = ({ name }: Policy) => {
    const binding = bindings[name];
    return binding && { limits: NO_LIMITS, scope: FLEET_LOCATION as AwsScope, ...binding };
  };
  const effectivePolicies = new EffectivePolicies(clock, bindingFor);
  const overlapping = (key: string) => {
    const effective = effectivePolicies.get(key);
    return (
      effective &&
      effectivePolicies
        .overlapping(effective)
        .map(({ name, endsAt }) => (endsAt === undefined ? name : `${name} (ended)`))
    );
  };
  return { clock, effectivePolicies, overlapping };
}

const a = policy('a', ALLOWING);
const b = policy('b');

describe('policies are evaluated together', () => {
  test.each<[string, Partial<FleetBinding>, Partial<FleetBinding>, string[]]>([
    ['in the same account and region', {}, {}, ['a', 'b']],
    ['but not in another account', {}, { scope: { ...FLEET_LOCATION, accountID: '222222222222' } }, ['b']],
    ['but not in another region', {}, { scope: { ...FLEET_LOCATION, region: 'eu-west-1' } }, ['b']],
    ['if the account isn’t known yet', {}, { scope: { ...FLEET_LOCATION, accountID: undefined } }, ['a', 'b']],
    [
      'but not if their fleets have different directories',
      { limits: { ...NO_LIMITS, directoryIDs: new Set(['d-1']) } },
      { limits: { ...NO_LIMITS, directoryIDs: new Set(['d-2']) } },
      ['b'],
    ],
  ])('%s', (_, bindingOfA, bindingOfB, expected) => {
    const { effectivePolicies, overlapping } = start({ a: bindingOfA, b: bindingOfB });
    effectivePolicies.set(a.key, a);
    effectivePolicies.set(b.key, b);
    expect(overlapping(b.key)).toEqual(expected);
  });
});

test('a policy that no fleet allows is ignored', () => {
  const { effectivePolicies, overlapping } = start({ b: {} });
  effectivePolicies.set(a.key, a);
  effectivePolicies.set(b.key, b);
  expect(effectivePolicies.get(a.key)).toBeUndefined();
  expect(overlapping(b.key)).toEqual(['b']);
});

describe('after a change of fleets or policies', () => {
  test('reassign returns exactly the policies whose binding changed', () => {
    const bindings: Record<string, Partial<FleetBinding> | undefined> = { a: {}, b: {} };
    const { effectivePolicies } = start(bindings);
    effectivePolicies.set(a.key, a);
    effectivePolicies.set(b.key, b);
    const before = effectivePolicies.policies();
    expect(effectivePolicies.reassign()).toEqual([]);
    expect(effectivePolicies.policies()).toBe(before);
    bindings.b = { limits: { ...NO_LIMITS, directoryIDs: new Set(['d-1']) } };
    expect(effectivePolicies.reassign()).toEqual([b.key]);
    expect(effectivePolicies.policies()).not.toBe(before);
  });

  test.each<[string, Partial<FleetBinding> | undefined]>([
    ['is not allowed', undefined],
    ['applies to another scope', { scope: OTHER_SCOPE }],
    ['applies to fewer WorkSpaces', { limits: { ...NO_LIMITS, directoryIDs: new Set(['d-1']) } }],
  ])('a policy that now %s protects its applications for five more minutes', async (_, after) => {
    const bindings: Record<string, Partial<FleetBinding> | undefined> = { a: {}, b: {} };
    const { clock, effectivePolicies, overlapping } = start(bindings);
    effectivePolicies.set(a.key, a);
    effectivePolicies.set(b.key, b);
    bindings.a = after;
    effectivePolicies.reassign();
    expect(overlapping(b.key)).toContain('a (ended)');
    await clock.advance(5 * MINUTE);
    expect(overlapping(b.key)).not.toContain('a (ended)');
  });

  test.each<[string, Partial<FleetBinding>]>([
    ['fewer WorkSpaces', { limits: { ...NO_LIMITS, directoryIDs: new Set(['d-9a67b1c4e1']) } }],
    ['no exceptions', { limits: { ...NO_LIMITS, exceptions: 'Forbid' } }],
  ])(
    'a policy that ends while its fleet permits %s protects what it would protect in a wider fleet',
    async (_, narrow) => {
      const exceptions = [{ workspaceIDs: [ws(1)], application: { id: OFFICE }, reason: 'mine' }];
      const selecting = policy('a', { ...ALLOWING, workspaceSelector: { directoryIDs: ['d-9a67b1c4e2'] }, exceptions });
      const bindings: Record<string, Partial<FleetBinding> | undefined> = { a: {}, b: {} };
      const { clock, effectivePolicies } = start(bindings);
      const exceptsNow = () =>
        effectivePolicies
          .policies()
          .filter((one) => one.workspaceSelector.directoryIDs?.has('d-9a67b1c4e2') === true)
          .map((one) => one.exceptions.length)
          .includes(1);
      effectivePolicies.set(selecting.key, selecting);
      bindings.a = narrow;
      effectivePolicies.reassign();
      await clock.advance(4 * MINUTE);
      effectivePolicies.set(selecting.key, undefined);
      await clock.advance(2 * MINUTE);
      expect(exceptsNow()).toBe(false);
      bindings.a = {};
      effectivePolicies.reassign();
      expect(exceptsNow()).toBe(true);
      await clock.advance(3 * MINUTE);
      expect(exceptsNow()).toBe(false);
    },
  );

  test('a protection lasts five minutes from the last end of its policy, also if the fleet was narrow at that time', async () => {
    const bindings: Record<string, Partial<FleetBinding> | undefined> = { a: {}, b: {} };
    const { clock, effectivePolicies, overlapping } = start(bindings);
    const selecting = policy('a', { ...ALLOWING, workspaceSelector: { directoryIDs: ['d-9a67b1c4e2'] } });
    const other = policy('b', { workspaceSelector: { directoryIDs: ['d-9a67b1c4e2'] } });
    effectivePolicies.set(selecting.key, selecting);
    effectivePolicies.set(other.key, other);
    bindings.a = { limits: { ...NO_LIMITS, directoryIDs: new Set(['d-9a67b1c4e1']) } };
    effectivePolicies.reassign();
    await clock.advance(2 * MINUTE);
    effectivePolicies.set(selecting.key, undefined);
    bindings.a = {};
    effectivePolicies.reassign();
    await clock.advance(4 * MINUTE);
    expect(overlapping(other.key)).toContain('a (ended)');
    await clock.advance(MINUTE);
    expect(overlapping(other.key)).not.toContain('a (ended)');
  });

  test('each edit of a policy keeps the previous protection for five minutes', async () => {
    const allowing = (id: string) => policy('a', { applications: { allowed: [{ id }] } });
    const { clock, effectivePolicies } = start({ a: {} });
    const protectedNow = () =>
      effectivePolicies.policies().map(({ allowed }) => allowed.map((entry) => ('id' in entry ? entry.id : '')));
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

  test('a protection lasts five minutes even if the clock is set forward', async () => {
    const { clock, effectivePolicies, overlapping } = start({ a: {}, b: {} });
    effectivePolicies.set(a.key, a);
    effectivePolicies.set(b.key, b);
    effectivePolicies.set(a.key, undefined);
    const now = clock.now.bind(clock);
    clock.now = () => new Date(now().getTime() + 60 * MINUTE);
    expect(overlapping(b.key)).toContain('a (ended)');
    await clock.advance(5 * MINUTE);
    expect(overlapping(b.key)).not.toContain('a (ended)');
  });

  test('a repeated protection exists once', async () => {
    const { effectivePolicies } = start({ a: {} });
    for (let edit = 0; edit < 5; edit++) {
      effectivePolicies.set(a.key, policy('a', { applications: { allowed: [{ id: VISIO }] } }));
      effectivePolicies.set(a.key, policy('a', { applications: { denied: [{ id: VISIO }] } }));
    }
    expect(effectivePolicies.policies()).toHaveLength(2);
  });

  test('no protection ends when AWS reports the account of a fleet', () => {
    const bindings: Record<string, Partial<FleetBinding> | undefined> = {
      a: { scope: { ...FLEET_LOCATION, accountID: undefined } },
      b: {},
    };
    const { effectivePolicies, overlapping } = start(bindings);
    effectivePolicies.set(a.key, a);
    effectivePolicies.set(b.key, b);
    bindings.a = {};
    expect(effectivePolicies.reassign()).toEqual([a.key]);
    expect(overlapping(b.key)).toEqual(['a', 'b']);
  });
});

test('a fleet that forbids exceptions reduces a policy with exceptions to the protections of its lists', () => {
  const exceptions = [{ workspaceIDs: [ws(1)], application: { id: VISIO }, reason: 'mine' }];
  const excepting = policy('a', { applications: { allowed: [{ id: VISIO }], unlisted: 'Disassociate' }, exceptions });
  const { effectivePolicies } = start({ a: { limits: { ...NO_LIMITS, exceptions: 'Forbid' } } });
  effectivePolicies.set(excepting.key, excepting);
  expect(effectivePolicies.get(excepting.key)).toMatchObject({
    allowed: [{ id: VISIO }],
    denied: [],
    unlisted: 'Keep',
    exceptions: [],
  });
});

test('after any edits, the overlapping policies are those that a new index finds', () => {
  const NAMES = ['a', 'b', 'c', 'd', 'e'];
  const edit = fc.record({
    name: fc.constantFrom(...NAMES),
    version: fc.constantFrom<Parameters<typeof policy>[1]>(
      undefined,
      { workspaceSelector: { all: true } },
      { workspaceSelector: { userNames: ['anna'] } },
      { workspaceSelector: { userNames: ['ben', 'carl'] } },
      { workspaceSelector: { workspaceIDs: [ws(1)], userNames: ['a*'] } },
      { ...ALLOWING, workspaceSelector: { directoryIDs: ['d-9a67b1c4e1'] } },
    ),
    limits: fc.constantFrom(
      NO_LIMITS,
      { ...NO_LIMITS, suspend: true },
      { ...NO_LIMITS, directoryIDs: new Set(['d-9a67b1c4e2']) },
    ),
    scope: fc.constantFrom<AwsScope>(FLEET_LOCATION, FLEET_LOCATION, OTHER_SCOPE),
    isLookedUp: fc.boolean(),
  });
  fc.assert(
    fc.property(fc.array(edit, { maxLength: 12 }), (edits) => {
      const bindings: Record<string, Partial<FleetBinding> | undefined> = {};
      const { effectivePolicies } = start(bindings);
      for (const { name, version, limits, scope, isLookedUp } of edits) {
        bindings[name] = { limits, scope };
        effectivePolicies.reassign();
        effectivePolicies.set(`desktops/${name}`, version && policy(name, version));
        const all = effectivePolicies.policies();
        const scopeOf = (other: Policy) => bindings[other.name]?.scope;
        for (const one of isLookedUp ? all.filter(({ endsAt }) => endsAt === undefined) : []) {
          const expected = all.filter(
            (other) =>
              // A protection keeps the scope in which it ended.
              (other.endsAt !== undefined || scopeOf(other) === scopeOf(one)) &&
              mayShareWorkspaces(one.workspaceSelector, other.workspaceSelector),
          );
          const found = effectivePolicies.overlapping(one);
          expect(expected).toEqual(expect.arrayContaining([...found]));
          expect(found.filter(({ endsAt }) => endsAt === undefined)).toEqual(
            expected.filter(({ endsAt }) => endsAt === undefined),
          );
          expect(effectivePolicies.overlapping(one)).toBe(found);
        }
      }
    }),
    { numRuns: 300, seed: 1 },
  );
});

test('suspending a fleet outdates what was decided with its policies, but changes no policy', () => {
  const bindings: Record<string, Partial<FleetBinding> | undefined> = { a: {}, b: {} };
  const { effectivePolicies } = start(bindings);
  effectivePolicies.set(a.key, a);
  effectivePolicies.set(b.key, b);
  const before = effectivePolicies.overlapping(b);
  bindings.a = { limits: { ...NO_LIMITS, suspend: true } };
  expect(effectivePolicies.reassign()).toEqual([a.key]);
  const after = effectivePolicies.overlapping(b);
  expect(after).not.toBe(before);
  expect(after).toEqual(before);
  expect(effectivePolicies.inScope(b)).toBe(effectivePolicies.inScope(a));
});
