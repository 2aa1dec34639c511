import type { Application, Association, Workspace } from '../src/fleet/model.ts';
import { DisassociationQuota } from '../src/history/disassociationQuota.ts';
import type { Snapshot } from '../src/inventory/snapshot.ts';
import { type Approval, advanceApproval } from '../src/plan/approval.ts';
import { applyHolds } from '../src/plan/holds/index.ts';
import { type Plan, planChanges } from '../src/plan/plan.ts';
import type { WorkspaceFleet } from '../src/policy/fleetResource.gen.ts';
import { parsePolicy } from '../src/policy/parse.ts';
import { parseFleet } from '../src/policy/parseFleet.ts';
import type { Policy } from '../src/policy/policy.ts';
import type { WorkspaceApplicationPolicy } from '../src/policy/resource.gen.ts';
import { ambientFleet, type FleetLimits } from '../src/policy/workspaceFleet.ts';

export const VISIO = 'wsa-visio0000';
export const OFFICE = 'wsa-office000';
export const PROJECT = 'wsa-project00';

/** Where the fleet of the tests is. */
export const FLEET_LOCATION = { name: undefined, accountID: '123456789012', region: 'eu-central-1' };

/** What a fleet allows that restricts nothing. */
export const NO_LIMITS: FleetLimits = ambientFleet({ callsPerSecond: 2, burst: 5 }).limits;
export const WITHOUT_LIMITS = { limits: NO_LIMITS, quota: new DisassociationQuota(undefined, [], async () => {}) };

/** The id of the n-th WorkSpace. */
export function ws(n: number): string {
  return `ws-${String(n).padStart(9, '0')}`;
}

type Spec = WorkspaceApplicationPolicy['spec'];

/** A policy as the API server would hold it: by default it denies Visio everywhere, and acts on any number of WorkSpaces. */
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
      ...spec,
    },
  };
}

type FleetSpec = WorkspaceFleet['spec'];

/** A fleet as the API server would hold it. */
export function fleetObject(name = 'emea', spec: Partial<FleetSpec> = {}) {
  return {
    apiVersion: 'wsap.dev/v1alpha1',
    kind: 'WorkspaceFleet',
    metadata: { name, uid: `uid-of-${name}`, generation: 1 },
    spec: { region: 'eu-central-1', ...spec },
  };
}

export function fleetNamed(name?: string, spec?: Partial<FleetSpec>) {
  return parseFleet(fleetObject(name, spec));
}

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

/** A complete snapshot of these. */
export function snapshot(
  workspaces: readonly Workspace[],
  associations: readonly Association[],
  applications: readonly Application[] = APPLICATIONS,
): Snapshot {
  const byWorkspace = new Map<string, Map<string, Association>>();
  for (const one of associations) {
    const ofWorkspace = byWorkspace.get(one.workspaceID) ?? new Map<string, Association>();
    byWorkspace.set(one.workspaceID, ofWorkspace.set(one.applicationID, one));
  }
  return {
    askedAt: 0,
    listedAt: 0,
    refreshDueAt: undefined,
    failedOperation: () => undefined,
    workspaces: new Map(workspaces.map((one) => [one.workspaceID, one])),
    applications: new Map(applications.map((one) => [one.applicationID, one])),
    associations: byWorkspace,
    failures: [],
  };
}

/** Before a person has approved anything. */
export const NOT_APPROVED: Approval = { approvedOutcomes: new Set(), proposed: undefined, lastApproved: undefined };

/** The plan of a policy, without what holds back. Nothing has failed before, and no other policy deploys anything. */
export function guardedPlan(first: Policy, policies: readonly Policy[], fleet: Snapshot, now: Date): Plan {
  const context = {
    policy: first,
    snapshot: fleet,
    now,
    backoff: new Map(),
    retries: { get: () => undefined },
    removals: { size: 0, timesOf: () => [] },
    isClaimedByOther: () => false,
    ...WITHOUT_LIMITS,
  };
  const plan = planChanges(first, policies, fleet, now);
  return applyHolds(plan, { ...context, approval: advanceApproval(plan, NOT_APPROVED, undefined) });
}
