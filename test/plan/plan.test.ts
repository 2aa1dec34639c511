import fc from 'fast-check';
import { expect, test } from 'vitest';
import { ASSOCIATION_STATES } from '../../src/fleet/model.ts';
import { affectedWorkspaces } from '../../src/plan/plan.ts';
import { stepsOf } from '../../src/plan/steps.ts';
import { association, OFFICE, PROJECT, planInputs, policy, snapshot, VISIO, workspace, ws } from '../builders.ts';
import { planChanges } from '../completed.ts';
import { NOW } from '../fixtures.ts';

const both = policy('p', { applications: { denied: [{ id: VISIO }, { id: PROJECT }] } });
const fleet = snapshot(
  [workspace(ws(2)), workspace(ws(1))],
  [association(ws(2), VISIO), association(ws(1), VISIO), association(ws(1), PROJECT), association(ws(1), OFFICE)],
);

test('a plan lists removals in the order of IDs', () => {
  const plan = planChanges(both, [both], fleet, NOW, planInputs(both));
  expect(
    plan.changes.map(({ action, finding }) => [
      action,
      finding.association.workspaceID,
      finding.association.applicationID,
    ]),
  ).toEqual([
    ['Disassociate', ws(1), PROJECT],
    ['Disassociate', ws(1), VISIO],
    ['Disassociate', ws(2), VISIO],
  ]);
  expect(affectedWorkspaces(plan.findings)).toBe(2);
});

test('each WorkSpace is deployed once for all its changes', () => {
  const steps = [...stepsOf(planChanges(both, [both], fleet, NOW, planInputs(both)), both)];
  expect(steps.map(({ associations, deploy }) => [associations.length, deploy.length])).toEqual([
    [2, 2],
    [1, 1],
  ]);
});

test('with deploy: Manual, nothing is deployed', () => {
  const manual = policy('p', { rollout: { deploy: 'Manual' } });
  expect(
    [...stepsOf(planChanges(manual, [manual], fleet, NOW, planInputs(manual)), manual)].flatMap(({ deploy }) => deploy),
  ).toEqual([]);
});

test('the order of pages and policies does not change the plan', () => {
  const workspaces = fc.uniqueArray(fc.integer({ min: 1, max: 20 }), { maxLength: 10 });
  const associations = fc.array(
    fc.tuple(
      fc.integer({ min: 1, max: 20 }),
      fc.constantFrom(VISIO, OFFICE, PROJECT),
      fc.constantFrom(...ASSOCIATION_STATES),
    ),
    { maxLength: 30 },
  );
  const allowing = policy('q', { applications: { allowed: [{ id: OFFICE }], unlisted: 'Disassociate' } });
  fc.assert(
    fc.property(workspaces, associations, (ids, pairs) => {
      const unique = new Map(pairs.map((id) => [`${id[0]} ${id[1]}`, id]));
      const listed = [...unique.values()].map(([id, application, state]) =>
        association(ws(id), application, { state }),
      );
      const one = planChanges(
        both,
        [both, allowing],
        snapshot(
          ids.map((id) => workspace(ws(id))),
          listed,
        ),
        NOW,
        planInputs(both, allowing),
      );
      const other = planChanges(
        both,
        [allowing, both],
        snapshot(ids.map((id) => workspace(ws(id))).reverse(), listed.reverse()),
        NOW,
        planInputs(allowing, both),
      );
      expect(JSON.stringify(other)).toBe(JSON.stringify(one));
    }),
  );
});
