import type { SimulatedCloud } from './cloud.ts';
import type { SimulatedCluster } from './cluster.ts';
import { asksFor, type FleetSpec, isInvalid, type PolicySpec, type Rules } from './rules.ts';
import { APPLICATIONS } from './schedule.ts';
import type { Watcher } from './watcher.ts';

interface Row {
  readonly workspaceId: string;
  readonly associatedResourceId: string;
  readonly heldBecause?: string;
}

/** What only waits for something that may come any time, or for a person. Everything else has to be done once nothing goes wrong any more. */
const MAY_WAIT: ReadonlySet<string> = new Set([
  'AwaitingApproval',
  'SafeguardExceeded',
  'OthersPendingChanges',
  'UserConnected',
  'WorkspaceNotReady',
  'Flapping',
  'ManualDeploy',
  'AmbiguousApplication',
  'HourlyLimitReached',
]);

/** What isn't as the policies ask for long after the faults have ended, without a reason that may last. */
export function outcomeProblems(
  cluster: SimulatedCluster,
  cloud: SimulatedCloud,
  watcher: Watcher,
  now: number,
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
    const rows = ((policy.object.status?.associations ?? []) as Row[]).filter(
      ({ heldBecause }) => heldBecause !== undefined,
    );
    for (const workspace of cloud.workspaces) {
      for (const application of APPLICATIONS) {
        const { applicationId } = application;
        const state = workspace.associations.get(applicationId)?.state ?? 'REMOVED';
        const goal = (['Remove', 'Install'] as const).find((one) =>
          asksFor(one, policy, rules, workspace, application),
        );
        const isReached = goal === undefined || (goal === 'Remove' ? state === 'REMOVED' : state === 'COMPLETED');
        const pair = `${workspace.workspaceId} ${applicationId}`;
        const held = rows.find((row) => `${row.workspaceId} ${row.associatedResourceId}` === pair)?.heldBecause;
        const isOver = goal === 'Install' && 'state' in application;
        // With deploy: Manual the WorkSpaces of a budget are in progress until a person deploys.
        const waitsForPerson = held === 'BudgetExhausted' && policy.spec.rollout?.deploy === 'Manual';
        const mayWait = MAY_WAIT.has(held ?? '') || waitsForPerson;
        if (!isReached && !isOver && !watcher.flapping.has(pair) && !mayWait) {
          problems.push(
            `${policy.key} asks to ${goal} ${pair}, which is ${state}${held === undefined ? '' : ` (${held})`}`,
          );
        }
      }
    }
  }
  return problems;
}
