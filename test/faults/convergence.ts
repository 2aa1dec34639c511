import type { SimulatedCloud } from './cloud/simulatedCloud.ts';
import type { SimulatedCluster } from './cluster/simulatedCluster.ts';
import { type FleetSpec, isInvalid, type PolicySpec } from './manifests.ts';
import { asksFor, type Rules } from './rules.ts';
import { APPLICATIONS } from './schedule.ts';
import type { Watcher } from './watcher.ts';

interface Assessment {
  readonly workspaceID: string;
  readonly associatedResourceID: string;
  readonly holdReason?: string;
}

/** The reasons for which something may be held although nothing goes wrong any more. */
export type MayWait = ReadonlySet<string>;

/** For what lasts, while people approve whatever is proposed. */
export const NOTHING_MORE: MayWait = new Set([
  'UnmanagedChangesPending',
  'UserConnected',
  'WorkspaceNotReady',
  'Flapping',
  'ManualDeploy',
  'AmbiguousApplication',
]);

/** For what may end any time, too. */
export const MAY_COME: MayWait = new Set([
  ...NOTHING_MORE,
  'AwaitingApproval',
  'SafeguardExceeded',
  'HourlyLimitReached',
]);

/** States of a WorkSpace that don't pass by themselves, and in which nothing is changed. */
const LASTING: ReadonlySet<string> = new Set(['MAINTENANCE', 'ERROR', 'UNHEALTHY', 'IMPAIRED', 'SUSPENDED']);

/** What isn't as the policies ask for long after the faults have ended, without a reason that may last. */
export function outcomeProblems(
  cluster: SimulatedCluster,
  cloud: SimulatedCloud,
  watcher: Watcher,
  now: number,
  mayWait: MayWait,
): string[] {
  const objects = cluster.list('workspaceapplicationpolicies');
  const policies = objects.map((object) => ({
    key: `${object.metadata.namespace}/${object.metadata.name}`,
    spec: object.spec as unknown as PolicySpec,
    object,
  }));
  const rules: Rules = {
    policies,
    ended: [],
    fleet: cluster.get('workspacefleets', 'emea')?.spec as FleetSpec | undefined,
    namespaceLabels: cluster.get('namespaces', 'desktops')?.metadata.labels,
    now,
    accountID: cloud.accountID,
    applications: APPLICATIONS,
  };
  const problems: string[] = [];
  for (const policy of policies) {
    const { generation } = policy.object.metadata;
    if (policy.object.status?.observedGeneration !== generation) {
      problems.push(
        `the status of ${policy.key} is of generation ${policy.object.status?.observedGeneration}, not ${generation}`,
      );
    }
    if (isInvalid(policy.spec)) {
      continue;
    }
    const rows = ((policy.object.status?.associations ?? []) as Assessment[]).filter(
      ({ holdReason }) => holdReason !== undefined,
    );
    for (const workspace of cloud.workspaces) {
      for (const application of APPLICATIONS) {
        const { applicationID } = application;
        const state = workspace.associations.get(applicationID)?.state ?? 'REMOVED';
        const goal = (['Remove', 'Install'] as const).find((one) =>
          asksFor(one, policy, rules, workspace, application),
        );
        const isReached = goal === undefined || (goal === 'Remove' ? state === 'REMOVED' : state === 'COMPLETED');
        const pair = `${workspace.workspaceID} ${applicationID}`;
        const held = rows.find((row) => `${row.workspaceID} ${row.associatedResourceID}` === pair)?.holdReason;
        const isOver = goal === 'Install' && 'state' in application;
        // With deploy: Manual the WorkSpaces of a budget are in progress until a person deploys.
        const waitsForPerson = held === 'BudgetExhausted' && policy.spec.rollout?.deploy === 'Manual';
        // The first of several reasons is told.
        const waitsForWorkspace = held !== undefined && LASTING.has(workspace.state);
        const isHeld = mayWait.has(held ?? '') || waitsForPerson || waitsForWorkspace;
        const isStuck = cloud.failedOn.has(workspace.workspaceID) && (state === 'ERROR' || held === 'Rejected');
        const isRefused = workspace.workspaceID === cloud.refuses && held === 'Rejected';
        if (!isReached && !isOver && !isStuck && !isRefused && !watcher.flapping.has(pair) && !isHeld) {
          problems.push(
            `${policy.key} asks to ${goal} ${pair}, which is ${state}${held === undefined ? '' : ` (${held})`}`,
          );
        }
      }
    }
  }
  return problems;
}
