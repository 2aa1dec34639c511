import fc from 'fast-check';
import { expect, test } from 'vitest';
import { isTransitioning } from '../../src/fleet/states.ts';
import type { Plan } from '../../src/plan/plan.ts';
import { parsePolicy } from '../../src/policy/parse.ts';
import { guardedPlan, snapshot } from '../builders.ts';
import { assess, complianceOf } from '../completed.ts';
import { NOW } from '../fixtures.ts';
import { type Given, given } from './arbitraries.ts';
import { asksToRemove } from './oracle.ts';

const RUNS = { numRuns: 100 };

/** Returns the plan of each policy with its held changes. */
function plansOf({ workspaces, applications, associations, policies }: Given): Plan[] {
  const parsed = policies.map(parsePolicy);
  const fleet = snapshot(workspaces, associations, applications);
  return parsed.map((policy) => guardedPlan(policy, parsed, fleet, NOW));
}

const removals = ({ changes }: Pick<Plan, 'changes'>) => changes.filter(({ finding }) => finding.desired === 'Absent');

test('a plan removes only applications that the policy denies and no policy protects', () => {
  fc.assert(
    fc.property(given, (all) => {
      plansOf(all).forEach((plan, index) => {
        const policy = all.policies[index] ?? expect.unreachable();
        const asked = removals(plan).map(({ finding }) =>
          asksToRemove(policy, all, finding.workspace, finding.application, NOW),
        );
        expect(asked).not.toContain(false);
      });
    }),
    RUNS,
  );
});

test('a plan contains every requested removal, as a change or with a hold', () => {
  fc.assert(
    fc.property(given, (all) => {
      plansOf(all).forEach((plan, index) => {
        const policy = all.policies[index] ?? expect.unreachable();
        const planned = new Set(
          [...plan.changes, ...plan.held.map(({ change }) => change)].map(({ finding }) => finding.association),
        );
        const missed = all.associations.filter((association) => {
          const workspace = all.workspaces.find(({ workspaceID }) => workspaceID === association.workspaceID);
          const application = all.applications.find(({ applicationID }) => applicationID === association.applicationID);
          const isAsked = workspace && application && asksToRemove(policy, all, workspace, application, NOW);
          return isAsked && association.state === 'COMPLETED' && !planned.has(association);
        });
        expect(missed).toEqual([]);
      });
    }),
    RUNS,
  );
});

test('a plan never exceeds the budget, including other changes in progress', () => {
  const limits: Record<string, (selected: number) => number> = {
    1: () => 1,
    2: () => 2,
    '40%': (selected) => Math.max(1, Math.floor(selected * 0.4)),
  };
  fc.assert(
    fc.property(given, (all) => {
      plansOf(all).forEach(({ selected, changes }, index) => {
        const { spec } = all.policies[index] ?? expect.unreachable();
        const { maxInProgress } = (spec as { rollout?: { maxInProgress?: string } }).rollout ?? {};
        const limit = limits[maxInProgress ?? '']?.(selected.length) ?? Number.POSITIVE_INFINITY;
        const inFlight = selected.filter(
          ({ workspaceID, state }) =>
            state === 'UPDATING' ||
            all.associations.some((one) => one.workspaceID === workspaceID && isTransitioning(one)),
        );
        const changing = new Set(changes.map(({ finding }) => finding.workspace));
        const together = new Set([...changing, ...inFlight]);
        expect(changing.size === 0 || together.size <= limit).toBe(true);
      });
    }),
    RUNS,
  );
});

test('the order of policies, WorkSpaces, applications, and associations does not change the plan', () => {
  const sorted = (plans: Plan[], { policies }: Given) =>
    JSON.stringify(plans.map((plan, index) => [policies[index]?.metadata.name ?? '', plan]).sort());
  const shuffled = given.chain((all) =>
    fc
      .record({
        workspaces: shuffle(all.workspaces),
        applications: shuffle(all.applications),
        associations: shuffle(all.associations),
        policies: shuffle(all.policies),
      })
      .map((other) => [all, other] as const),
  );
  fc.assert(
    fc.property(shuffled, ([one, other]) => {
      expect(sorted(plansOf(other), other)).toBe(sorted(plansOf(one), one));
    }),
    RUNS,
  );
});

test('compliance counts each selected WorkSpace once', () => {
  fc.assert(
    fc.property(given, (all) => {
      for (const plan of plansOf(all)) {
        const { selected, compliant, drifted, ...subsets } = complianceOf(plan.selected, assess(plan));
        expect(compliant + drifted).toBe(selected);
        expect(Object.values(subsets).reduce((sum, count) => sum + count, 0)).toBeLessThanOrEqual(drifted);
        expect(selected).toBe(plan.selected.length);
      }
    }),
    RUNS,
  );
});

function shuffle<T>(items: readonly T[]): fc.Arbitrary<T[]> {
  return fc.shuffledSubarray([...items], { minLength: items.length, maxLength: items.length });
}
