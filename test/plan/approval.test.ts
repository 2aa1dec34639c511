import { describe, expect, test } from 'vitest';
import type { Association, Workspace } from '../../src/fleet/model.ts';
import {
  type Approval,
  carriedOutPlanID,
  isIgnored,
  NO_APPROVAL,
  planIdOf,
  type RecordedApproval,
} from '../../src/plan/approval.ts';
import type { Plan } from '../../src/plan/plan.ts';
import type { Policy } from '../../src/policy/policy.ts';
import { association, OFFICE, planInputs, policy, snapshot, VISIO, workspace, ws } from '../builders.ts';
import {
  advanceApproval,
  encodeOutcomes,
  planChanges,
  restoreApproval,
  workspacesToCheckForProtection,
} from '../completed.ts';
import { NOW } from '../fixtures.ts';

const NO_TAGS: ReadonlyMap<string, string> = new Map();
const PROTECTED: ReadonlyMap<string, string> = new Map([['wsap.dev/protect', '']]);

const first = policy('p', {
  enforcement: 'Approve',
  applications: { denied: [{ id: VISIO }], required: [{ id: OFFICE }] },
});
const untagged = (n: number) => workspace(ws(n), { tags: NO_TAGS });
/** Returns the plan for three WorkSpaces with Office and the given associations. */
const planWith = (tags: readonly Workspace['tags'][], ...associations: Association[]) => {
  const ids = [1, 2, 3];
  const office = ids.map((n) => association(ws(n), OFFICE));
  const workspaces = ids.map((n) => (n - 1 in tags ? workspace(ws(n), { tags: tags[n - 1] }) : untagged(n)));
  return planChanges(first, [first], snapshot(workspaces, [...office, ...associations]), NOW, planInputs(first));
};
const planOf = (...associations: Association[]) => planWith([], ...associations);
const visioOn = (n: number, state = 'COMPLETED') => association(ws(n), VISIO, { state });
const loses = (...ids: number[]) => ids.map((n) => `${ws(n)} loses ${VISIO}`);
const advance = (plan: Plan, before: Approval = NO_APPROVAL, annotation?: string, shownPlanID = planIdOf(before)) =>
  advanceApproval(first, plan, before, annotation === undefined ? undefined : { planID: annotation, shownPlanID });
const proposed = (...associations: Association[]) => advance(planOf(...associations));
/** Approves the whole plan. */
const approved = (...associations: Association[]): Approval => {
  const before = proposed(...associations);
  return advance(planOf(...associations), before, planIdOf(before));
};
/** Returns what a status records about an approval. */
const recorded = (plan: Plan, { approvedOutcomes, proposed: proposal, ...rest }: Approval): RecordedApproval => ({
  ...rest,
  remainder: encodeOutcomes(plan, approvedOutcomes),
  proposal: proposal && { id: proposal.id, outcome: encodeOutcomes(plan, proposal.outcome) ?? '' },
});

describe('the ID of a plan', () => {
  test('is absent without outcomes', () => {
    expect(planIdOf(proposed(visioOn(1, 'REMOVED')))).toBeUndefined();
  });

  test('does not depend on its progress', () => {
    const ids = ['COMPLETED', 'PENDING_UNINSTALL_DEPLOYMENT', 'UNINSTALLING'].map((state) =>
      planIdOf(proposed(visioOn(1, state))),
    );
    expect(new Set(ids).size).toBe(1);
    expect(ids[0]).toMatch(/^[0-9a-f]{16}$/);
  });

  test('depends on the object, its revision, its WorkSpaces, applications, and outcomes', () => {
    const gains = planChanges(first, [first], snapshot([untagged(1)], []), NOW, planInputs(first));
    const denied = policy('p', { enforcement: 'Approve', applications: { denied: [{ id: OFFICE }] } });
    const installed = snapshot([untagged(1)], [association(ws(1), OFFICE)]);
    const removes = planChanges(denied, [denied], installed, NOW, planInputs(denied));
    const other: Policy = { ...first, uid: 'another' };
    const ids = [
      proposed(visioOn(1)),
      proposed(visioOn(2)),
      proposed(visioOn(1), visioOn(2)),
      advance(gains),
      advance(removes),
      advanceApproval(other, planOf(visioOn(1)), NO_APPROVAL, undefined),
      advance(planOf(visioOn(1)), { ...NO_APPROVAL, revision: 1 }),
    ].map(planIdOf);
    expect(new Set(ids).size).toBe(ids.length);
  });

  test('stays when the proposal shrinks, and changes when it grows', () => {
    const before = proposed(visioOn(1), visioOn(2));
    const less = advance(planOf(visioOn(2)), before);
    expect(less).toMatchObject({ revision: 1, proposed: { id: planIdOf(before), outcome: loses(2) } });
    expect(planIdOf(advance(planOf(visioOn(2), visioOn(3)), less))).not.toBe(planIdOf(before));
  });

  test('never comes back, however often outcomes come and go, also across restarts', () => {
    let approval: Approval = NO_APPROVAL;
    const ids: (string | undefined)[] = [];
    for (const restarts of [false, true, false, true]) {
      for (const on of [[1, 2, 3], [1, 2], [], [1, 2]]) {
        const plan = planOf(...on.map((n) => visioOn(n)));
        approval = advance(plan, restarts ? restoreApproval(plan, recorded(plan, approval)) : approval);
        ids.push(planIdOf(approval));
      }
    }
    const named = ids.filter((id, index) => id !== undefined && id !== ids[index - 1]);
    expect(new Set(named).size).toBe(named.length);
    expect(named).toHaveLength(8);
  });

  test('of a proposal that only shrank is the same after a restart', () => {
    const before = proposed(visioOn(1), visioOn(2), visioOn(3));
    const plan = planOf(visioOn(1), visioOn(2), visioOn(3));
    const less = planOf(visioOn(1), visioOn(3));
    expect(advance(less, restoreApproval(less, recorded(plan, before))).proposed).toEqual({
      id: planIdOf(before),
      outcome: loses(1, 3),
    });
  });
});

describe('an annotation', () => {
  const before = proposed(visioOn(1), visioOn(2));
  const id = planIdOf(before) ?? '';
  const plan = planOf(visioOn(1), visioOn(2));

  test.each<[string, Approval, boolean]>([
    ['approves the plan that the status showed', advance(plan, before, id), true],
    ['approves nothing with another ID', advance(plan, before, 'f'.repeat(16)), false],
    [
      'approves nothing if the status showed another plan when it appeared',
      advance(plan, before, id, 'another'),
      false,
    ],
    [
      'approves nothing if the status showed no plan when it appeared',
      advanceApproval(first, plan, before, { planID: id, shownPlanID: undefined }),
      false,
    ],
    [
      'approves nothing if the last written status shows another plan',
      advance(planOf(visioOn(1), visioOn(2), visioOn(3)), proposed(visioOn(3)), id, id),
      false,
    ],
    ['approves nothing a second time', advance(plan, { ...before, lastHandled: id }, id), false],
    ['approves nothing if nothing remains of the plan', advance(planOf(visioOn(3)), before, id), false],
  ])('%s', (_, after, approves) => {
    expect(after.approvedOutcomes.size > 0).toBe(approves);
    expect(after.lastHandled).toMatch(approves ? id : /./);
    expect(after.lastApproved).toBe(approves ? id : undefined);
    expect(isIgnored({ planID: after.lastHandled ?? '', shownPlanID: undefined }, after)).toBe(!approves);
    // A handled value is never the ID of a waiting plan, so setting it again has no effect either.
    expect(after.proposed?.id).not.toBe(after.lastHandled);
  });

  test.each(['Audit', 'Enforce'] as const)('approves nothing if no plan waits: %s', (enforcement) => {
    const other = { ...first, enforcement };
    const after = advanceApproval(other, plan, before, { planID: id, shownPlanID: id });
    expect(after).toMatchObject({ approvedOutcomes: new Set(), lastHandled: id, lastApproved: undefined });
    expect(after.proposed?.id).not.toBe(id);
  });

  test('with the predicted ID of a proposal changes the ID of the proposal', () => {
    const early = { planID: id, shownPlanID: undefined };
    const after = advanceApproval(first, plan, NO_APPROVAL, early);
    expect(after.proposed?.id).not.toBe(id);
    const removed = advanceApproval(first, planOf(), after, undefined);
    expect(planIdOf(advanceApproval(first, plan, { ...removed, revision: 0 }, undefined))).not.toBe(id);
  });

  test('approves what was shown, and what is new is proposed separately', () => {
    const grown = planOf(visioOn(1), visioOn(2), visioOn(3));
    const after = advance(grown, before, id);
    expect(after).toMatchObject({ approvedOutcomes: new Set(loses(1, 2)), lastApproved: id });
    expect(after.proposed?.outcome).toEqual(loses(3));
    expect(after.proposed?.id).not.toBe(id);
    const restored = restoreApproval(grown, recorded(plan, before));
    expect(advance(grown, restored, id)).toEqual(after);
  });

  test('approves what remains of a plan that shrank', () => {
    const less = planOf(visioOn(2));
    expect(advance(less, advance(less, before), id)).toMatchObject({
      approvedOutcomes: new Set(loses(2)),
      proposed: undefined,
    });
  });
});

describe('an approval', () => {
  test('covers its plan until all outcomes are reached', () => {
    const begun = approved(visioOn(1), visioOn(2));
    expect(begun).toMatchObject({ proposed: undefined, approvedOutcomes: new Set(loses(1, 2)) });
    const half = advance(planOf(visioOn(2, 'PENDING_UNINSTALL_DEPLOYMENT')), begun);
    expect(half).toMatchObject({ proposed: undefined, approvedOutcomes: new Set(loses(2)) });
    expect(planIdOf(half)).toBe(begun.lastApproved);
    expect(planIdOf(advance(planOf(), half))).toBeUndefined();
  });

  test('does not cover later outcomes', () => {
    const begun = approved(visioOn(1));
    const plan = planOf(visioOn(1), visioOn(2));
    const more = advance(plan, begun, begun.lastApproved);
    expect(more).toMatchObject({ approvedOutcomes: new Set(loses(1)), proposed: { outcome: loses(2) } });
    expect(advance(plan, more, planIdOf(more)).approvedOutcomes.size).toBe(2);
  });

  test('that was used does not approve the same outcome again', () => {
    const begun = approved(visioOn(1));
    const again = advance(planOf(visioOn(1)), advance(planOf(), begun, begun.lastApproved), begun.lastApproved);
    expect(again.approvedOutcomes.size).toBe(0);
    expect(planIdOf(again)).not.toBe(begun.lastApproved);
  });

  test('is restored only for its remaining outcomes', () => {
    const begun = approved(visioOn(1), visioOn(2));
    const record = recorded(planOf(visioOn(1), visioOn(2)), begun);
    const now = planOf(visioOn(1, 'ERROR'), visioOn(2, 'UNINSTALLING'), visioOn(3));
    expect(restoreApproval(now, record)).toMatchObject({
      approvedOutcomes: new Set(loses(2)),
      lastHandled: begun.lastHandled,
      revision: 1,
    });
    expect(restoreApproval(planOf(visioOn(2), visioOn(3)), record).approvedOutcomes).toEqual(new Set(loses(2)));
    expect(restoreApproval(now, { ...record, remainder: undefined }).approvedOutcomes.size).toBe(0);
  });

  test('names its plan in the history, also while another proposal waits', () => {
    const begun = approved(visioOn(1));
    const plan = planOf(visioOn(1), visioOn(2));
    const more = advance(plan, begun);
    const [one, two] = plan.findings.filter(({ desired }) => desired === 'Absent');
    expect(carriedOutPlanID(one === undefined ? [] : [one], more)).toBe(begun.lastApproved);
    expect(carriedOutPlanID(two === undefined ? [] : [two], more)).toBe(more.proposed?.id);
  });
});

describe('a protected WorkSpace', () => {
  const all = [visioOn(1), visioOn(2), visioOn(3)];

  test.each<[string, Workspace['tags']]>([
    ['with the tag', PROTECTED],
    ['whose tags were not read', undefined],
  ])('%s is not proposed, and is proposed when it is known to have no tag', (_, tags) => {
    const before = advance(planWith([tags], ...all));
    expect(before.proposed?.outcome).toEqual(loses(2, 3));
    const begun = advance(planWith([tags], ...all), before, planIdOf(before));
    expect(begun).toMatchObject({ approvedOutcomes: new Set(loses(2, 3)), proposed: undefined });
    const after = advance(planOf(...all), begun);
    expect(after).toMatchObject({ approvedOutcomes: new Set(loses(2, 3)), proposed: { outcome: loses(1) } });
  });

  test('loses its approval, and is proposed again without the tag', () => {
    const begun = approved(...all);
    const half = advance(planWith([PROTECTED], ...all), begun);
    expect(half).toMatchObject({ approvedOutcomes: new Set(loses(2, 3)), proposed: undefined });
    expect(advance(planOf(...all), half).proposed?.outcome).toEqual(loses(1));
  });

  test('whose tags can no longer be read keeps the ID of the proposal, and is not approved', () => {
    const before = proposed(...all);
    const unread = advance(planWith([undefined], ...all), before);
    expect(unread.proposed).toEqual(before.proposed);
    const after = advance(planWith([undefined], ...all), unread, planIdOf(before));
    expect(after.approvedOutcomes).toEqual(new Set(loses(2, 3)));
    expect(after.proposed?.outcome).toEqual(loses(1));
  });

  test('an annotation is handled after the tags were read', () => {
    const before = proposed(...all);
    const request = { planID: planIdOf(before) ?? '', shownPlanID: planIdOf(before) };
    const unread = advanceApproval(first, planWith([undefined, undefined, undefined], ...all), before, request);
    expect(unread).toEqual(before);
    expect(advanceApproval(first, planOf(...all), unread, request).approvedOutcomes.size).toBe(3);
  });

  test('does not make a plan exceed the safeguard', () => {
    const limited = { ...first, enforcement: 'Enforce' as const, maxAffectedWorkspaces: { count: 2 } };
    const check = (plan: Plan) => workspacesToCheckForProtection(limited, plan, NO_APPROVAL);
    expect(check(planWith([PROTECTED], ...all))).toEqual([]);
    expect(check(planWith([undefined], ...all))).toEqual([ws(1), ws(2), ws(3)]);
  });
});

describe('thousands of outcomes', () => {
  const ids = Array.from({ length: 1_200 }, (_, n) => n + 1);
  const fleet = (stateOf: (n: number) => string) =>
    planChanges(
      first,
      [first],
      snapshot(
        ids.map((n) => untagged(n)),
        ids.flatMap((n) => [visioOn(n, stateOf(n)), association(ws(n), OFFICE)]),
      ),
      NOW,
      planInputs(first),
    );
  const plan = fleet(() => 'COMPLETED');
  const waiting = advance(plan);

  test('stay approved after a restart if the same outcomes remain', () => {
    const begun = advance(plan, waiting, planIdOf(waiting));
    const record = recorded(
      fleet((n) => (n === 1 ? 'UNINSTALLING' : 'COMPLETED')),
      begun,
    );
    expect(record.remainder?.length).toBeLessThan(64);
    const restored = (removed: number) =>
      restoreApproval(
        fleet((n) => (n <= removed ? 'REMOVED' : 'COMPLETED')),
        record,
      ).approvedOutcomes.size;
    expect([restored(1), restored(2)]).toEqual([1_199, 0]);
  });

  test('stay proposed after a restart if the same outcomes remain', () => {
    const record = recorded(plan, waiting);
    expect(advance(plan, restoreApproval(plan, record))).toEqual(waiting);
    const less = fleet((n) => (n === 1 ? 'REMOVED' : 'COMPLETED'));
    const after = advance(less, restoreApproval(less, record), planIdOf(waiting), planIdOf(waiting));
    expect(after.approvedOutcomes.size).toBe(0);
    expect(after.proposed?.id).not.toBe(planIdOf(waiting));
  });
});
