import { expect, test } from 'vitest';
import type { Association } from '../../src/fleet/model.ts';
import { type Approval, advanceApproval, encodeRemaining, planIdOf, restoreApproval } from '../../src/plan/approval.ts';
import { planChanges } from '../../src/plan/plan.ts';
import { association, NOT_APPROVED, OFFICE, planInputs, policy, snapshot, VISIO, workspace, ws } from '../builders.ts';
import { NOW } from '../fixtures.ts';

const first = policy('p', { applications: { denied: [{ id: VISIO }], required: [{ id: OFFICE }] } });
const planOf = (...associations: Association[]) => {
  const ids = [1, 2, 3];
  const office = ids.map((n) => association(ws(n), OFFICE));
  const listed = [...office, ...associations];
  return planChanges(
    first,
    [first],
    snapshot(
      ids.map((n) => workspace(ws(n))),
      listed,
    ),
    NOW,
    planInputs(first),
  );
};
const visioOn = (n: number, state = 'COMPLETED') => association(ws(n), VISIO, { state });
const proposed = (...associations: Association[]) => advanceApproval(planOf(...associations), NOT_APPROVED, undefined);
/** Approves the whole plan. */
const approved = (...associations: Association[]): Approval =>
  advanceApproval(planOf(...associations), NOT_APPROVED, planIdOf(proposed(...associations)));

test('a plan without outcomes has no proposal', () => {
  expect(planIdOf(proposed(visioOn(1, 'REMOVED')))).toBeUndefined();
});

test('the ID of a plan does not depend on its progress', () => {
  const ids = ['COMPLETED', 'PENDING_UNINSTALL_DEPLOYMENT', 'UNINSTALLING'].map((state) =>
    planIdOf(proposed(visioOn(1, state))),
  );
  expect(new Set(ids).size).toBe(1);
  expect(ids[0]).toMatch(/^[0-9a-f]{16}$/);
});

test('the ID of a plan depends on its WorkSpaces, applications, and outcomes', () => {
  const missing = planChanges(first, [first], snapshot([workspace(ws(1))], []), NOW, planInputs(first));
  const denied = policy('p', { applications: { denied: [{ id: OFFICE }] } });
  const present = planChanges(
    denied,
    [denied],
    snapshot([workspace(ws(1))], [association(ws(1), OFFICE)]),
    NOW,
    planInputs(denied),
  );
  const ids = [
    proposed(visioOn(1)),
    proposed(visioOn(2)),
    proposed(visioOn(1), visioOn(2)),
    advanceApproval(missing, NOT_APPROVED, undefined),
    advanceApproval(present, NOT_APPROVED, undefined),
  ].map(planIdOf);
  expect(new Set(ids).size).toBe(ids.length);
});

test('the ID of a proposal stays when it shrinks, and changes when it grows', () => {
  const before = proposed(visioOn(1), visioOn(2));
  const less = advanceApproval(planOf(visioOn(2)), before, undefined);
  expect(planIdOf(less)).toBe(planIdOf(before));
  expect(planIdOf(advanceApproval(planOf(visioOn(2), visioOn(3)), less, undefined))).not.toBe(planIdOf(before));
});

test('an approval covers its plan until all outcomes are reached', () => {
  const begun = approved(visioOn(1), visioOn(2));
  expect(begun).toMatchObject({
    proposed: undefined,
    approvedOutcomes: new Set([`${ws(1)} loses ${VISIO}`, `${ws(2)} loses ${VISIO}`]),
  });
  const half = advanceApproval(planOf(visioOn(2, 'PENDING_UNINSTALL_DEPLOYMENT')), begun, undefined);
  expect(half).toMatchObject({ proposed: undefined, approvedOutcomes: new Set([`${ws(2)} loses ${VISIO}`]) });
  expect(planIdOf(half)).toBe(begun.lastApproved);
  expect(planIdOf(advanceApproval(planOf(), half, undefined))).toBeUndefined();
});

test('a proposal that shrank and grew back has a new ID', () => {
  const whole = [visioOn(1), visioOn(2), visioOn(3)];
  const before = proposed(...whole);
  const less = advanceApproval(planOf(visioOn(1), visioOn(2)), before, undefined);
  const again = advanceApproval(planOf(...whole), less, planIdOf(before));
  expect(again.approvedOutcomes.size).toBe(0);
  expect(planIdOf(again)).not.toBe(planIdOf(before));
  expect(planIdOf(advanceApproval(planOf(...whole), again, undefined))).toBe(planIdOf(again));
});

test('another ID approves nothing', () => {
  expect(advanceApproval(planOf(visioOn(1)), NOT_APPROVED, 'f'.repeat(16)).approvedOutcomes.size).toBe(0);
});

test('later outcomes are proposed separately', () => {
  const begun = approved(visioOn(1));
  const more = advanceApproval(planOf(visioOn(1), visioOn(2)), begun, begun.lastApproved);
  expect([...more.approvedOutcomes]).toEqual([`${ws(1)} loses ${VISIO}`]);
  expect([...(more.proposed?.outcome ?? [])]).toEqual([`${ws(2)} loses ${VISIO}`]);
  const both = advanceApproval(planOf(visioOn(1), visioOn(2)), more, planIdOf(more));
  expect(both.approvedOutcomes.size).toBe(2);
});

test('a used approval does not approve the same outcome again', () => {
  const begun = approved(visioOn(1));
  const done = advanceApproval(planOf(), begun, begun.lastApproved);
  const again = advanceApproval(planOf(visioOn(1)), done, begun.lastApproved);
  expect(again.approvedOutcomes.size).toBe(0);
  expect(planIdOf(again)).not.toBe(begun.lastApproved);
});

test('a new process restores an approval only for its remaining outcomes', () => {
  const begun = approved(visioOn(1), visioOn(2));
  const recorded = {
    lastApproved: begun.lastApproved,
    remainder: encodeRemaining(planOf(visioOn(1), visioOn(2)), begun),
  };
  const now = planOf(visioOn(1, 'ERROR'), visioOn(2, 'UNINSTALLING'), visioOn(3));
  expect(restoreApproval(now, recorded).approvedOutcomes).toEqual(new Set([`${ws(2)} loses ${VISIO}`]));
  expect(restoreApproval(planOf(visioOn(2), visioOn(3)), recorded).approvedOutcomes).toEqual(
    new Set([`${ws(2)} loses ${VISIO}`]),
  );
  expect(restoreApproval(now, { lastApproved: undefined, remainder: undefined }).approvedOutcomes.size).toBe(0);
});

test('an approval of thousands of outcomes is restored if the same outcomes remain', () => {
  const ids = Array.from({ length: 1_200 }, (_, n) => n + 1);
  const fleet = (states: (n: number) => string) =>
    planChanges(
      policy(),
      [policy()],
      snapshot(
        ids.map((n) => workspace(ws(n))),
        ids.map((n) => visioOn(n, states(n))),
      ),
      NOW,
      planInputs(policy()),
    );
  const plan = fleet(() => 'COMPLETED');
  const begun = advanceApproval(plan, NOT_APPROVED, planIdOf(advanceApproval(plan, NOT_APPROVED, undefined)));
  const before = fleet((n) => (n === 1 ? 'UNINSTALLING' : 'COMPLETED'));
  const recorded = { lastApproved: begun.lastApproved, remainder: encodeRemaining(before, begun) };
  expect(recorded.remainder?.length).toBeLessThan(64);
  expect(
    restoreApproval(
      fleet((n) => (n === 1 ? 'REMOVED' : 'COMPLETED')),
      recorded,
    ).approvedOutcomes.size,
  ).toBe(1_199);
  expect(
    restoreApproval(
      fleet((n) => (n < 3 ? 'REMOVED' : 'COMPLETED')),
      recorded,
    ).approvedOutcomes.size,
  ).toBe(0);
});
