import type { WorkspaceDocument } from '../../src/simulator/seedDocument.ts';
import { APPLICATIONS } from './applications.ts';
import type { Entry, MaintenanceWindow, PolicySpec } from './manifests.ts';
import type { Rng } from './rng.ts';
import { MINUTE } from './schedule.ts';
import { START_TIME } from './time.ts';

/** Draws a policy that removes applications everywhere as soon as possible. */
export function removalSpec(rng: Rng): PolicySpec {
  return {
    fleetRef: { name: 'emea' },
    enforcement: rng.one(['Enforce', 'Enforce', 'Enforce', 'Approve']),
    interval: '30s',
    workspaceSelector: { all: true },
    applications: {
      denied: [{ id: 'wsa-visio0000' }, ...(rng.chance(0.5) ? [{ name: 'Microsoft Office*' }] : [])],
      ...(rng.chance(0.3) && { required: [{ id: 'wsa-project00' }] }),
    },
    rollout: {
      userSessions: rng.one(['Wait', 'Interrupt']),
      ...(rng.chance(0.3) && { maxInProgress: rng.one([1, 2]) }),
      ...(rng.chance(0.1) && { maintenanceWindows: closingWindows(rng) }),
    },
    safeguards: { maxAffectedWorkspaces: '100%' },
  };
}

/** Draws any policy. */
export function randomSpec(rng: Rng, workspaces: readonly WorkspaceDocument[]): PolicySpec {
  const entry = (): Entry => {
    const { applicationID, name } = rng.one(APPLICATIONS);
    return rng.one<Entry>([{ id: applicationID }, { id: applicationID }, { name }, { name: 'Microsoft Office*' }]);
  };
  const exact = (): Entry => ({ id: rng.one(APPLICATIONS.slice(0, 3)).applicationID });
  const denied = rng.chance(0.85) ? unique([entry(), ...(rng.chance(0.4) ? [entry()] : [])]) : [];
  const isFree = (one: Entry) => !denied.some((other) => JSON.stringify(other) === JSON.stringify(one));
  const required = rng.chance(0.35) ? [exact()].filter(isFree) : [];
  const allowed = rng.chance(0.3)
    ? [entry()].filter((one) => isFree(one) && !required.some((other) => JSON.stringify(other) === JSON.stringify(one)))
    : [];
  return {
    fleetRef: { name: 'emea' },
    enforcement: rng.one(['Enforce', 'Enforce', 'Enforce', 'Enforce', 'Enforce', 'Enforce', 'Approve', 'Audit']),
    priority: rng.one([0, 0, 0, 1]),
    interval: rng.one(['30s', '1m', '2m', '3m', '5m', '10m']),
    workspaceSelector: selectorOf(rng, workspaces),
    applications: {
      ...(required.length > 0 && { required }),
      ...(allowed.length > 0 && { allowed }),
      ...(denied.length > 0 && { denied }),
      unlisted: rng.chance(denied.length === 0 ? 0.7 : 0.15) ? 'Disassociate' : 'Keep',
    },
    ...(rng.chance(0.2) && { exceptions: [exceptionOf(rng, workspaces, exact())] }),
    rollout: {
      ...(rng.chance(0.15) && {
        maintenanceWindows: rng.chance(0.5)
          ? closingWindows(rng)
          : [{ cron: rng.one(EVERY_OTHER_HOUR), duration: '1h' }],
      }),
      ...(rng.chance(0.08) && { deploy: 'Manual' }),
      userSessions: rng.one(['Wait', 'Interrupt']),
      ...(rng.chance(0.25) && { maxInProgress: rng.one([1, 2, '30%']) }),
    },
    safeguards: {
      maxAffectedWorkspaces: rng.one(['100%', '100%', '100%', '100%', '50%', 2]),
      allowUninstallOnly: rng.chance(0.2),
      unmanagedPendingChanges: rng.one(['Hold', 'Hold', 'Hold', 'Deploy']),
    },
    retry: { limit: 5, backoff: { duration: '10s', factor: 2, maxDuration: '5m' } },
  };
}

const EVERY_OTHER_HOUR = ['0 0-23/2 * * *', '0 1-23/2 * * *'];

/** Draws windows of which one closes during the schedule, and one stays open after its end. */
function closingWindows(rng: Rng): MaintenanceWindow[] {
  return [
    { cron: '0 10 * * *', duration: `${rng.number(1, 10)}m` },
    { cron: '20 10 * * *', duration: '6h' },
  ];
}

function selectorOf(rng: Rng, workspaces: readonly WorkspaceDocument[]): PolicySpec['workspaceSelector'] {
  const some = rng.some(workspaces, 0.6).map(({ workspaceID }) => workspaceID);
  return rng.one<() => PolicySpec['workspaceSelector']>([
    () => ({ all: true }),
    () => ({ all: true }),
    () => ({ all: true }),
    () => ({ all: true }),
    () => ({ all: true, ...(some.length > 0 && { exclude: { workspaceIDs: some.slice(0, 2) } }) }),
    () => ({ all: true, exclude: { userNames: rng.one([['user1'], ['user2', 'svc-*'], ['*3']]) } }),
    () => ({ all: true, exclude: { tags: { matchTags: { Department: rng.one(['Finance', 'Sales']) } } } }),
    () => (some.length > 0 ? { workspaceIDs: some } : { all: true }),
    () => ({ directoryIDs: ['d-0000000001'] }),
    () => ({ bundleIDs: ['wsb-00000001'] }),
    () => ({ userNames: ['user1', 'user2', 'user3*'] }),
    () => ({ tags: { matchTags: { Department: 'Finance' } } }),
  ])();
}

function exceptionOf(rng: Rng, workspaces: readonly WorkspaceDocument[], application: Entry) {
  return {
    workspaceIDs: [rng.one(workspaces).workspaceID],
    application,
    reason: 'audit',
    ...(rng.chance(0.5) && { expiresAt: new Date(START_TIME + rng.number(3, 14) * MINUTE).toISOString() }),
  };
}

function unique(entries: readonly Entry[]): Entry[] {
  return [...new Map(entries.map((one) => [JSON.stringify(one), one])).values()];
}

/** Draws a spec that reverses what another one requests. */
export function reversedSpec(rng: Rng, spec: PolicySpec): PolicySpec {
  const { required = [], allowed = [], denied = [], unlisted = 'Keep' } = spec.applications;
  // A name may match several applications, so it can't be required.
  const [byID, byName] = [denied.filter(({ id }) => id !== undefined), denied.filter(({ id }) => id === undefined)];
  return rng.one<() => PolicySpec>([
    () => ({ ...spec, applications: { required: byID, allowed: unique([...allowed, ...byName]), denied: required } }),
    () => ({ ...spec, applications: { required, allowed: unique([...allowed, ...denied]), unlisted: 'Keep' } }),
    () => ({
      ...spec,
      applications: { ...spec.applications, unlisted: unlisted === 'Keep' ? 'Disassociate' : 'Keep' },
    }),
    () => ({ ...spec, enforcement: spec.enforcement === 'Audit' ? 'Enforce' : 'Audit' }),
  ])();
}

/** Draws a spec that differs from another one in one field. */
export function editedSpec(rng: Rng, workspaces: readonly WorkspaceDocument[], spec: PolicySpec): PolicySpec {
  const other = randomSpec(rng, workspaces);
  const part = rng.one([
    'enforcement',
    'priority',
    'interval',
    'workspaceSelector',
    'applications',
    'applications',
    'exceptions',
    'rollout',
    'safeguards',
    'retry',
  ] as const);
  const { [part]: _, ...rest } = spec;
  return { ...rest, ...(other[part] !== undefined && { [part]: other[part] }) } as PolicySpec;
}
