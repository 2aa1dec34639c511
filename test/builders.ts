import type { Application, Association, Workspace } from '../src/fleet/model.ts';
import { DisassociationQuota } from '../src/history/disassociationQuota.ts';
import type { Snapshot } from '../src/inventory/snapshot.ts';
import type { AmbientFleet } from '../src/operator/fleetStore.ts';
import { NO_APPROVAL } from '../src/plan/approval.ts';
import type { PastChanges } from '../src/plan/backoff.ts';
import type { HoldContext } from '../src/plan/holds/hold.ts';
import type { Plan } from '../src/plan/plan.ts';
import type { StartedView } from '../src/plan/reverts.ts';
import type { StartedInputs } from '../src/plan/unrequested.ts';
import type { WorkspaceFleet } from '../src/policy/fleetResource.gen.ts';
import { parsePolicy } from '../src/policy/parse.ts';
import { parseFleet } from '../src/policy/parseFleet.ts';
import type { Policy } from '../src/policy/policy.ts';
import type { WorkspaceApplicationPolicy } from '../src/policy/resource.gen.ts';
import { ambientFleet, type FleetLimits } from '../src/policy/workspaceFleet.ts';
import { advanceApproval, planChanges, withHolds } from './completed.ts';
import { OFFICE, PROJECT, VISIO } from './fixtures.ts';

export { OFFICE, PROJECT, VISIO };

/** Account and region of the fleet in tests. */
export const FLEET_LOCATION = { name: undefined, accountID: '123456789012', region: 'eu-central-1' };

/** Ambient fleet that serves all namespaces and was used. */
export const AMBIENT: AmbientFleet = {
  config: ambientFleet({ callsPerSecond: 2, burst: 5 }),
  serves: () => true,
  areFleetsKnown: () => true,
  hasEnded: () => false,
  wasUsed: () => true,
};

/** Limits of a fleet that restricts nothing. */
export const NO_LIMITS: FleetLimits = ambientFleet({ callsPerSecond: 2, burst: 5 }).limits;

/** Returns the ID of the n-th WorkSpace. */
export function ws(n: number): string {
  return `ws-${String(n).padStart(9, '0')}`;
}

type Spec = WorkspaceApplicationPolicy['spec'];

/** Returns the resource of a policy. By default, the policy denies Visio on all WorkSpaces, without limits. */
export function policyObject(name = 'no-visio', spec: Partial<Spec> = {}) {
  return {
    apiVersion: 'wsap.dev/v1alpha1',
    kind: 'WorkspaceApplicationPolicy',
    metadata: { name, namespace: 'desktops', uid: `uid-of-${name}`, generation: 1 },
    spec: {
      enforcement: 'Enforce' as const,
      workspaceSelector: { all: true },
      applications: { denied: [{ id: VISIO }] },
      safeguards: { maxAffectedWorkspaces: '100%' },
      retry: { limit: 5 },
      ...spec,
      rollout: { maxFailures: '100%', ...spec.rollout },
    },
  };
}

type FleetSpec = WorkspaceFleet['spec'];

/** Returns the resource of a fleet. */
export function fleetObject(name = 'emea', spec: Partial<FleetSpec> = {}) {
  return {
    apiVersion: 'wsap.dev/v1alpha1',
    kind: 'WorkspaceFleet',
    metadata: { name, uid: `uid-of-${name}`, generation: 1 },
    spec: { region: 'eu-central-1', allowedNamespaces: { from: 'All' as const }, ...spec },
  };
}

/** Returns a parsed fleet. */
export function fleetNamed(name?: string, spec?: Partial<FleetSpec>) {
  return parseFleet(fleetObject(name, spec));
}

/** Returns a parsed policy. */
export function policy(name?: string, spec?: Partial<Spec>): Policy {
  return parsePolicy(policyObject(name, spec));
}

export function workspace(workspaceID: string, more: Partial<Workspace> = {}): Workspace {
  return { workspaceID, directoryID: 'd-9a67b1c4e2', userName: `user-of-${workspaceID}`, state: 'AVAILABLE', ...more };
}

export const APPLICATIONS: readonly Application[] = [
  { applicationID: VISIO, name: 'Microsoft Visio LTSC Professional 2021', owner: 'AMAZON', state: 'AVAILABLE' },
  { applicationID: OFFICE, name: 'Microsoft Office LTSC Professional Plus 2021', owner: 'AMAZON', state: 'AVAILABLE' },
  { applicationID: PROJECT, name: 'Microsoft Project Professional 2021', owner: 'AMAZON', state: 'AVAILABLE' },
];

export function association(workspaceID: string, applicationID: string, more: Partial<Association> = {}): Association {
  return { workspaceID, applicationID, state: 'COMPLETED', ...more };
}

/** Returns a complete snapshot. */
export function snapshot(
  workspaces: readonly Workspace[],
  associations: readonly Association[],
  applications: readonly Application[] = APPLICATIONS,
): Snapshot {
  const byWorkspace = new Map<string, Map<string, Association>>();
  for (const item of associations) {
    const byApplication = byWorkspace.get(item.workspaceID) ?? new Map<string, Association>();
    byWorkspace.set(item.workspaceID, byApplication.set(item.applicationID, item));
  }
  return {
    askedAt: 0,
    renewAt: 0,
    effectiveInterval: 0,
    listedAt: 0,
    refreshDueAt: undefined,
    failedOperation: () => undefined,
    failedAt: ({ state, lastUpdatedTime }) => (state === 'ERROR' ? lastUpdatedTime?.getTime() : undefined),
    workspaces: new Map(workspaces.map((item) => [item.workspaceID, item])),
    applications: new Map(applications.map((item) => [item.applicationID, item])),
    associations: byWorkspace,
    failures: [],
  };
}

/** No pending changes of the operator. All failed deployments are its own. */
export const NOTHING_STARTED: StartedView = {
  isStartedBy: () => false,
  isStarted: () => false,
  idsStartedBy: () => [],
  hasStarted: () => true,
  mayRepeatInstallation: () => false,
};

/** Returns the inputs of a plan without started changes. */
export function planInputs(...peers: readonly Policy[]): StartedInputs {
  return { started: NOTHING_STARTED, peers };
}

/** No earlier changes. */
export const NO_HISTORY: PastChanges = {
  backoff: new Map(),
  retries: { get: () => undefined },
  removals: { size: 0, timesOf: () => [] },
  started: NOTHING_STARTED,
  expectations: { isPending: () => false },
};

/** Returns the context of holds for a plan without limits, earlier failures, earlier removals, and deployments of other policies. */
export function holdContext(
  plan: Plan,
  overrides: Pick<HoldContext, 'policy' | 'snapshot' | 'now'> & Partial<HoldContext>,
): HoldContext {
  return {
    approval: advanceApproval(overrides.policy, plan, NO_APPROVAL, undefined),
    history: NO_HISTORY,
    isClaimedByOther: () => false,
    isAbandoned: () => false,
    hasStarter: () => false,
    isPartial: () => false,
    requesterOf: () => undefined,
    isCompleting: false,
    rollout: undefined,
    limits: NO_LIMITS,
    quota: new DisassociationQuota(undefined, [], async () => {}),
    ...overrides,
  };
}

/** Returns the plan of a policy with its held changes, in the context of `holdContext`. */
export function guardedPlan(first: Policy, policies: readonly Policy[], fleet: Snapshot, now: Date): Plan {
  const plan = planChanges(first, policies, fleet, now, planInputs(...policies));
  return withHolds(plan, holdContext(plan, { policy: first, snapshot: fleet, now }));
}
