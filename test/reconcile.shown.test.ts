import fc from 'fast-check';
import { expect, test } from 'vitest';
import { planDocument } from '../src/cli/actions/plan/document.ts';
import { OfflinePlanner } from '../src/cli/actions/plan/offlinePlanner.ts';
import { Inventory } from '../src/inventory/inventory.ts';
import type { PolicyObject } from '../src/kube/resources.ts';
import { parsePolicy } from '../src/policy/parse.ts';
import type { Policy } from '../src/policy/policy.ts';
import { approvalPreview } from '../src/status/approvalPreview.ts';
import type { Reconciliation } from '../src/status/report.ts';
import type { PolicyStatus } from '../src/status/resource.ts';
import { waitingPlanID } from '../src/status/waitingPlan.ts';
import { association } from './builders.ts';
import { FakeOperator } from './fakeOperator.ts';
import type { FakeCall } from './fakes/faults.ts';
import { MINUTE } from './fixtures.ts';
import { fuzzRuns } from './fuzzRuns.ts';
import { fleetWith, type Given, given, type Manifest } from './plan/arbitraries.ts';

/** What happens before a run. */
const step = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({ kind: fc.constant('Wait' as const), minutes: fc.constantFrom(0.2, 1, 11, 61, 40_000) }),
  },
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('Approve' as const), policy: fc.nat() }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('Drift' as const), index: fc.nat() }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('Suspend' as const), suspend: fc.boolean() }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('Edit' as const), policy: fc.nat(), by: fc.nat() }) },
  { weight: 1, arbitrary: fc.constant({ kind: 'Restart' as const }) },
);
/** Fleets in which many changes are possible, and others. */
const rollouts = fc.constantFrom(
  {},
  {},
  { maintenanceWindows: [{ cron: '0 * * * *', timeZone: 'UTC', duration: '20m' }] },
  { removeBefore: 'EndOfMonth' },
);
const possible = fc.tuple(given, fc.boolean(), rollouts).map(([all, isCalm, more]): Given => {
  const policies = all.policies.map((one) => ({
    ...one,
    spec: { ...one.spec, rollout: { ...one.spec.rollout, ...more } },
  })) as Manifest[];
  return isCalm
    ? {
        workspaces: all.workspaces.map((one) => ({ ...one, state: 'AVAILABLE' })),
        applications: all.applications.map((one) => ({ ...one, state: 'AVAILABLE' })),
        associations: all.associations.map((one) => ({ ...one, state: 'COMPLETED' })),
        policies: policies.map((one, priority) => ({ ...one, spec: { ...one.spec, suspend: false, priority } })),
      }
    : { ...all, policies };
});
const scenario = fc.record({ all: possible, steps: fc.array(step, { minLength: 6, maxLength: 25, size: 'max' }) });

const NAMES: Readonly<Record<string, string>> = {
  disassociateWorkspaceApplication: 'Disassociate',
  associateWorkspaceApplication: 'Associate',
};

const listed = (status: PolicyStatus | undefined) => status?.associations ?? [];
const pairOf = (one: { workspaceID: string; associatedResourceID: string }) =>
  `${one.workspaceID} ${one.associatedResourceID}`;

/** Returns the changes of a run that the status before it did not show. */
function unshown(made: readonly FakeCall[], before: PolicyStatus | undefined, policy: Policy): string[] {
  return made
    .filter(({ method, workspaceID, applicationID }) => {
      if (before?.observedGeneration !== policy.generation) {
        return true;
      }
      return !listed(before).some(
        (one) =>
          one.workspaceID === workspaceID &&
          one.action !== 'None' &&
          (applicationID === undefined || (one.associatedResourceID === applicationID && one.action === NAMES[method])),
      );
    })
    .map(({ method, workspaceID, applicationID }) => `${method} ${workspaceID} ${applicationID}`);
}

/** Returns the changes that a status showed without a hold, that the next run did not make, and whose hold its status does not show. */
function skipped(before: PolicyStatus | undefined, made: readonly FakeCall[], after: PolicyStatus): string[] {
  return listed(before)
    .filter(({ action, holdReason }) => action !== 'None' && holdReason === undefined)
    .filter((one) => {
      const isMade = made.some(
        ({ workspaceID, applicationID }) =>
          workspaceID === one.workspaceID && (applicationID ?? one.associatedResourceID) === one.associatedResourceID,
      );
      const now = listed(after).find((other) => pairOf(other) === pairOf(one));
      return !isMade && now?.action === one.action && now.holdReason === undefined;
    })
    .map((one) => `${pairOf(one)} ${one.action}`);
}

/** Checks that all views of a run agree. */
function checkViews({ status, assessments, held }: Reconciliation, policy: Policy): void {
  if (assessments === undefined) {
    return;
  }
  const { plan, associations = [], compliance, summary = [] } = status;
  expect(status.associationsOmitted).toBe(0);
  const of = (action: string) => associations.filter((one) => one.action === action);
  expect(plan).toMatchObject({
    disassociate: of('Disassociate').length,
    associate: of('Associate').length,
    held: associations.filter(({ action, holdReason }) => action !== 'None' && holdReason !== undefined).length,
  });
  const changing = associations.filter(({ action }) => action !== 'None');
  const workspaces = new Set(changing.map(({ workspaceID }) => workspaceID));
  expect(plan?.deploy).toBeLessThanOrEqual(workspaces.size);
  expect((compliance?.compliant ?? 0) + (compliance?.drifted ?? 0) + (compliance?.unknown ?? 0)).toBe(
    compliance?.selected,
  );
  const heldCount = [...(held?.values() ?? [])].reduce((sum, count) => sum + count, 0);
  expect(heldCount).toBeGreaterThanOrEqual(plan?.held ?? 0);
  const rows = summary.slice(1).filter((line) => !line.startsWith('rollout: ') && !line.startsWith('and '));
  for (const row of rows) {
    const [workspaceID = ''] = row.split(' ');
    expect(associations.some((one) => one.workspaceID === workspaceID)).toBe(true);
  }
  const unapproved = associations.filter((one) => one.unapproved === true);
  if (plan?.unapproved === undefined) {
    expect(unapproved).toEqual([]);
    expect(
      associations.filter(({ holdReason }) => holdReason === 'AwaitingApproval' || holdReason === 'SafeguardExceeded'),
    ).toEqual([]);
  } else {
    expect(plan.unapproved.remove + plan.unapproved.install).toBe(unapproved.length);
    const preview = approvalPreview({ metadata: { namespace: policy.namespace, name: policy.name }, status });
    expect(preview).toContain(`Plan: ${plan.unapproved.remove} to remove, ${plan.unapproved.install} to install.`);
    for (const one of unapproved) {
      expect(preview).toContain(one.workspaceID);
    }
    const ready = status.conditions?.find(({ type }) => type === 'Ready');
    const isExceeded = ready?.message.includes('are allowed') === true;
    if (isExceeded) {
      expect(preview).toContain('Exceeds maxAffectedWorkspaces');
    }
  }
}

test('statuses show each change before it is made, and agree with each other and with approvals', async () => {
  await fc.assert(
    fc.asyncProperty(scenario, async ({ all, steps }) => {
      const fleet = fleetWith(all);
      // Otherwise, an application that comes back looks like a read from before its removal.
      fleet.reportsUpdates = true;
      const manifests = all.policies.map((one) => structuredClone(one));
      const operator = new FakeOperator(fleet, ...manifests.map(parsePolicy));
      operator.gracePeriodMs = 5_000;
      const approved = new Map<string, Set<string>>();
      let stepCount = 0;
      let policies = manifests.map(parsePolicy);
      for (const one of [...steps, { kind: 'Wait' as const, minutes: 1 }]) {
        let isQuiet = false;
        switch (one.kind) {
          case 'Wait':
            await operator.clock.advance(one.minutes * MINUTE);
            isQuiet = true;
            break;
          case 'Approve': {
            const waiting = policies.flatMap((policy) => {
              const status = operator.statuses.get(policy.key);
              const { uid, enforcement } = policy;
              const id =
                status &&
                waitingPlanID({ metadata: { uid }, spec: { enforcement }, status } as unknown as PolicyObject);
              return id === undefined ? [] : [{ policy, status, id }];
            });
            const { policy, status, id } = waiting[one.policy % waiting.length] ?? {};
            if (policy !== undefined) {
              operator.approvedPlan = id;
              const pairs = approved.get(policy.key) ?? new Set();
              for (const shown of listed(status)) {
                if (shown.unapproved === true) {
                  pairs.add(pairOf(shown));
                }
              }
              approved.set(policy.key, pairs);
            }
            break;
          }
          case 'Drift': {
            const given = all.associations[one.index % Math.max(1, all.associations.length)];
            if (given !== undefined) {
              fleet.put(association(given.workspaceID, given.applicationID));
            }
            break;
          }
          case 'Suspend':
            operator.limits = { ...operator.limits, suspend: one.suspend };
            break;
          case 'Edit': {
            const index = one.policy % manifests.length;
            const edited = manifests[index] as Manifest;
            const other = all.policies[one.by % all.policies.length] as Manifest;
            edited.spec = structuredClone(other.spec);
            edited.metadata.generation++;
            policies = manifests.map(parsePolicy);
            operator.policies = policies;
            break;
          }
          case 'Restart':
            operator.restart();
            break;
        }
        await operator.clock.advance(6_000);
        const isFresh = ++stepCount % 2 === 0;
        if (isFresh) {
          operator.requestedAt = String(stepCount);
        }
        for (const policy of policies) {
          const before = operator.statuses.get(policy.key);
          const count = fleet.mutations.length;
          const result = await operator.run(policy);
          const made = fleet.mutations.slice(count);
          expect(unshown(made, before, policy)).toEqual([]);
          if (isQuiet && before?.observedGeneration === policy.generation) {
            expect(skipped(before, made, result.status)).toEqual([]);
          }
          checkViews(result, policy);
          if (policy.enforcement === 'Approve') {
            const pairs = approved.get(policy.key) ?? new Set();
            const isRevert = ({ workspaceID, applicationID }: FakeCall) =>
              listed(before).some(
                (one) =>
                  pairOf(one) === `${workspaceID} ${applicationID}` &&
                  !['Required', 'Denied', 'Unlisted'].includes(one.verdict),
              );
            const others = made.filter(
              (call) =>
                call.applicationID !== undefined &&
                !pairs.has(`${call.workspaceID} ${call.applicationID}`) &&
                !isRevert(call),
            );
            expect(others).toEqual([]);
          }
          if (isFresh) {
            await expectSamePlanOffline(operator, manifests, result, policy);
          }
        }
        fleet.advance();
      }
    }),
    fuzzRuns(15),
  );
});

/** Compares what `wsap plan` shows after a run that read everything with the status of the run. */
async function expectSamePlanOffline(
  { clock, fleet, limits, statuses }: FakeOperator,
  manifests: readonly Manifest[],
  { status, assessments }: Reconciliation,
  policy: Policy,
): Promise<void> {
  if (assessments === undefined || limits.suspend) {
    return;
  }
  const inventory = new Inventory(fleet, clock);
  const objects = manifests.map((one) => ({ ...one, status: statuses.get(`desktops/${one.metadata.name}`) }));
  const planner = new OfflinePlanner({
    policies: objects as unknown as PolicyObject[],
    fleets: [],
    namespaces: undefined,
    clock,
    inventoryOf: async () => inventory,
  });
  const { policies, summary } = planDocument(await planner.preview(({ key }) => key === policy.key));
  const [planned] = policies;
  const offline = (planned?.changes ?? [])
    .filter(({ action }) => action !== 'None')
    .map(({ workspaceID, applicationID, action }) => `${workspaceID} ${applicationID} ${action}`);
  const online = listed(status)
    .filter(({ action }) => action !== 'None')
    .map((one) => `${pairOf(one)} ${one.action}`);
  expect(offline.sort()).toEqual(online.sort());
  const { disassociate, associate, deploy } = status.plan ?? {};
  expect(summary).toMatchObject({ disassociate, associate, deploy });
  if (status.plan?.unapproved !== undefined) {
    expect(planned?.planID).toBe(status.plan.id);
  }
}
