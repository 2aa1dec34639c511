import type { WorkspaceDocument } from '../../src/simulator/seedDocument.ts';
import type { Dice } from './dice.ts';
import type { Entry, PolicySpec } from './manifests.ts';
import { APPLICATIONS, MINUTE } from './schedule.ts';
import { BEGINNING } from './time.ts';

/** A policy that takes something away everywhere, as soon as it can. */
export function plainSpec(dice: Dice): PolicySpec {
  return {
    fleetRef: { name: 'emea' },
    enforcement: dice.one(['Enforce', 'Enforce', 'Enforce', 'Approve']),
    interval: '30s',
    workspaceSelector: { all: true },
    applications: {
      denied: [{ id: 'wsa-visio0000' }, ...(dice.chance(0.5) ? [{ name: 'Microsoft Office*' }] : [])],
      ...(dice.chance(0.3) && { required: [{ id: 'wsa-project00' }] }),
    },
    rollout: {
      userSessions: dice.one(['Wait', 'Interrupt']),
      ...(dice.chance(0.3) && { maxInProgress: dice.one([1, 2]) }),
    },
    safeguards: { maxAffectedWorkspaces: '100%' },
  };
}

/** Any policy. */
export function policySpec(dice: Dice, workspaces: readonly WorkspaceDocument[]): PolicySpec {
  const entry = (): Entry => {
    const { applicationID, name } = dice.one(APPLICATIONS);
    return dice.one<Entry>([{ id: applicationID }, { id: applicationID }, { name }, { name: 'Microsoft Office*' }]);
  };
  const exact = (): Entry => ({ id: dice.one(APPLICATIONS.slice(0, 3)).applicationID });
  const denied = dice.chance(0.85) ? unique([entry(), ...(dice.chance(0.4) ? [entry()] : [])]) : [];
  const isFree = (one: Entry) => !denied.some((other) => JSON.stringify(other) === JSON.stringify(one));
  const required = dice.chance(0.35) ? [exact()].filter(isFree) : [];
  const allowed = dice.chance(0.3)
    ? [entry()].filter((one) => isFree(one) && !required.some((other) => JSON.stringify(other) === JSON.stringify(one)))
    : [];
  return {
    fleetRef: { name: 'emea' },
    enforcement: dice.one(['Enforce', 'Enforce', 'Enforce', 'Enforce', 'Enforce', 'Enforce', 'Approve', 'Audit']),
    priority: dice.one([0, 0, 0, 1]),
    interval: dice.one(['30s', '1m', '2m', '3m', '5m', '10m']),
    workspaceSelector: selectorOf(dice, workspaces),
    applications: {
      ...(required.length > 0 && { required }),
      ...(allowed.length > 0 && { allowed }),
      ...(denied.length > 0 && { denied }),
      unlisted: dice.chance(denied.length === 0 ? 0.7 : 0.15) ? 'Disassociate' : 'Keep',
    },
    ...(dice.chance(0.2) && { exceptions: [exceptionOf(dice, workspaces, exact())] }),
    rollout: {
      ...(dice.chance(0.15) && {
        maintenanceWindows: [{ cron: dice.one(['0 0-23/2 * * *', '0 1-23/2 * * *']), duration: '1h' }],
      }),
      ...(dice.chance(0.08) && { deploy: 'Manual' }),
      userSessions: dice.one(['Wait', 'Interrupt']),
      ...(dice.chance(0.25) && { maxInProgress: dice.one([1, 2, '30%']) }),
    },
    safeguards: {
      maxAffectedWorkspaces: dice.one(['100%', '100%', '100%', '100%', '50%', 2]),
      allowUninstallOnly: dice.chance(0.2),
      unmanagedPendingChanges: dice.one(['Hold', 'Hold', 'Hold', 'Deploy']),
    },
    retry: { limit: 5, backoff: { duration: '10s', factor: 2, maxDuration: '5m' } },
  };
}

function selectorOf(dice: Dice, workspaces: readonly WorkspaceDocument[]): PolicySpec['workspaceSelector'] {
  const some = dice.some(workspaces, 0.6).map(({ workspaceID }) => workspaceID);
  return dice.one<() => PolicySpec['workspaceSelector']>([
    () => ({ all: true }),
    () => ({ all: true }),
    () => ({ all: true }),
    () => ({ all: true }),
    () => ({ all: true, ...(some.length > 0 && { exclude: { workspaceIDs: some.slice(0, 2) } }) }),
    () => (some.length > 0 ? { workspaceIDs: some } : { all: true }),
    () => ({ directoryIDs: ['d-0000000001'] }),
    () => ({ bundleIDs: ['wsb-00000001'] }),
    () => ({ userNames: ['user1', 'user2', 'user3*'] }),
    () => ({ tags: { matchTags: { Department: 'Finance' } } }),
  ])();
}

function exceptionOf(dice: Dice, workspaces: readonly WorkspaceDocument[], application: Entry) {
  return {
    workspaceIDs: [dice.one(workspaces).workspaceID],
    application,
    reason: 'audit',
    ...(dice.chance(0.5) && { expiresAt: new Date(BEGINNING + dice.number(3, 14) * MINUTE).toISOString() }),
  };
}

function unique(entries: readonly Entry[]): Entry[] {
  return [...new Map(entries.map((one) => [JSON.stringify(one), one])).values()];
}

/** A spec of which one part is another. */
export function anotherSpec(dice: Dice, workspaces: readonly WorkspaceDocument[], spec: PolicySpec): PolicySpec {
  const other = policySpec(dice, workspaces);
  const part = dice.one([
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
