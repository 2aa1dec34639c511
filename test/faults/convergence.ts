import type { SimulatedWorkspace } from '../../src/simulator/simulatedResources.ts';
import { APPLICATIONS } from './applications.ts';
import type { SimulatedCloud } from './cloud/simulatedCloud.ts';
import type { SimulatedCluster } from './cluster/simulatedCluster.ts';
import { type FleetSpec, isInvalid, type PolicySpec } from './manifests.ts';
import { type PolicyContext, requestsChange } from './policyContext.ts';

import type { Watcher } from './watcher.ts';

interface Assessment {
  readonly workspaceID: string;
  readonly associatedResourceID: string;
  readonly holdReason?: string;
}

/** Reasons for which a change may still be held after the faults have ended. */
export type PermittedHolds = ReadonlySet<string>;

/** Reasons that can last forever, although every proposed plan is approved. */
export const PERMANENT_HOLDS: PermittedHolds = new Set([
  'UnmanagedChangesPending',
  'UserConnected',
  'WorkspaceNotReady',
  'Flapping',
  'ManualDeploy',
  'AmbiguousApplication',
]);

/** Reasons that can last forever, and reasons that can end at any time. */
export const ALL_PERMITTED_HOLDS: PermittedHolds = new Set([
  ...PERMANENT_HOLDS,
  'AwaitingApproval',
  'SafeguardExceeded',
  'HourlyLimitReached',
]);

/** States in which a WorkSpace stays until someone changes it, and in which the operator makes no change. */
const PERMANENT_STATES: ReadonlySet<string> = new Set(['MAINTENANCE', 'ERROR', 'UNHEALTHY', 'IMPAIRED', 'SUSPENDED']);

/**
 * Returns every difference from what the policies request, long after the faults have ended, that no permitted
 * hold explains.
 */
export function convergenceProblems(
  cluster: SimulatedCluster,
  cloud: SimulatedCloud,
  watcher: Watcher,
  now: number,
  permittedHolds: PermittedHolds,
): string[] {
  const objects = cluster.list('workspaceapplicationpolicies');
  const policies = objects.map((object) => ({
    key: `${object.metadata.namespace}/${object.metadata.name}`,
    spec: object.spec as unknown as PolicySpec,
    object,
  }));
  const context: PolicyContext = {
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
        `the status of ${policy.key} has generation ${policy.object.status?.observedGeneration} instead of ${generation}`,
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
          requestsChange(one, policy, context, workspace, application),
        );
        const isReached = goal === undefined || (goal === 'Remove' ? state === 'REMOVED' : state === 'COMPLETED');
        const pair = `${workspace.workspaceID} ${applicationID}`;
        const held = rows.find((row) => `${row.workspaceID} ${row.associatedResourceID}` === pair)?.holdReason;
        const cannotBeInstalled = goal === 'Install' && 'state' in application;
        // With `deploy: Manual`, the WorkSpaces of a budget stay in progress until a user deploys them.
        const waitsForManualDeployment = held === 'BudgetExhausted' && policy.spec.rollout?.deploy === 'Manual';
        // A status shows the first of several reasons, so the hold may have another reason than the state of the
        // WorkSpace.
        const waitsForWorkspace = held !== undefined && PERMANENT_STATES.has(workspace.state);
        const isPermitted = permittedHolds.has(held ?? '') && (held !== 'UserConnected' || mayBeConnected(workspace));
        const isHeld = isPermitted || waitsForManualDeployment || waitsForWorkspace;
        const hasFailed = cloud.failedOn.has(workspace.workspaceID) && (state === 'ERROR' || held === 'Rejected');
        const isRejected = workspace.workspaceID === cloud.rejectsChangesOf && held === 'Rejected';
        if (!isReached && !cannotBeInstalled && !hasFailed && !isRejected && !watcher.flapping.has(pair) && !isHeld) {
          problems.push(
            `${policy.key} requests ${goal} for ${pair}, but its state is ${state}${held === undefined ? '' : ` (${held})`}`,
          );
        }
      }
    }
  }
  return problems;
}

/** Whether AWS can't rule out that the user is connected, until someone changes that. */
function mayBeConnected({
  connection,
  isConnectionChecked,
  runningMode,
}: Pick<SimulatedWorkspace, 'connection' | 'isConnectionChecked' | 'runningMode'>): boolean {
  return connection !== 'DISCONNECTED' || !isConnectionChecked || runningMode === 'MANUAL';
}
