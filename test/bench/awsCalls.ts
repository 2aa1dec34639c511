import { policy } from '../builders.ts';
import { LoadedCore, type LoadedCoreOptions } from './loadedCore.ts';
import { applicationID, type FleetShape, RARE, workspaceID } from './syntheticAws.ts';

/** AWS's documented limit for an account and region. */
const DOCUMENTED: LoadedCoreOptions = { callsPerSecond: 2, burst: 5 };
const HOUR = 3_600_000;
/** Time after which 475 of 1,001 policies had a status on 77f25b6 (ms). */
const REPORTED_WITHIN_MS = 97_000;

const denyingRare = (name = 'no-rare', spec: Parameters<typeof policy>[1] = {}) =>
  policy(name, { applications: { denied: [{ id: RARE }] }, ...spec });

/** Returns a fleet with 25 applications, three of them on each WorkSpace, and RARE on some. */
function fleetOf(workspaces: number, rare: number): FleetShape {
  return { workspaces, applications: 25, perWorkspace: 3, rare };
}

/** Returns lists in which all applications except RARE are allowed. */
function listedApplications({ applications }: FleetShape) {
  const allowed = Array.from({ length: applications }, (_, n) => ({ id: applicationID(n) }));
  return { applications: { allowed, unlisted: 'Disassociate' as const } };
}

/** Returns a policy that removes RARE because it is in no list, so that it reads the whole fleet. */
function keepingListed(shape: FleetShape) {
  return policy('only-listed', listedApplications(shape));
}

/** Returns the calls of a rollout, in total and after its first inventory. */
async function rollOut(core: LoadedCore, removals: number) {
  let inventory: number | undefined;
  await core.runUntil(() => {
    inventory ??= core.calls;
    return core.pages.completed === removals;
  });
  const { calls } = core;
  return {
    calls,
    hours: core.clock.monotonic() / HOUR,
    callsPerRemoval: (calls - (inventory ?? calls)) / removals,
  };
}

/** Measures 200 removals from 10,000 WorkSpaces by a policy that reads the whole fleet. */
export function measureUnlistedRollout() {
  const shape = fleetOf(10_000, 200);
  return rollOut(new LoadedCore(shape, [keepingListed(shape)], DOCUMENTED), 200);
}

/** Measures 200 removals from 1,000 WorkSpaces by a policy that denies one application. */
export function measureRemovals(options: Partial<LoadedCoreOptions> = {}) {
  return rollOut(new LoadedCore(fleetOf(1_000, 200), [denyingRare()], { ...DOCUMENTED, ...options }), 200);
}

/** Measures 60 removals from 200 WorkSpaces, from the first call until AWS has made the last change. */
export function measureSmallRollout() {
  return rollOut(new LoadedCore(fleetOf(200, 60), [denyingRare()], DOCUMENTED), 60);
}

/** Measures the first inventory of policies for two WorkSpaces each, and of one policy for all of them. */
export async function measureSmallPolicies(count = 500) {
  const shape = fleetOf(2 * count, 0);
  const { applications } = listedApplications(shape);
  const small = Array.from({ length: count }, (_, n) =>
    policy(`p${n}`, {
      enforcement: 'Audit',
      workspaceSelector: { workspaceIDs: [workspaceID(2 * n), workspaceID(2 * n + 1)] },
      applications,
    }),
  );
  const callsOf = async (policies: readonly ReturnType<typeof policy>[]) => {
    const core = new LoadedCore(shape, policies, DOCUMENTED);
    const done = new Set<string>();
    await core.runUntil((_, { key }) => done.add(key).size === policies.length);
    return { calls: core.calls, estimated: core.lastInventory?.queries?.calls ?? 0 };
  };
  const many = await callsOf(small);
  const one = await callsOf([policy('all', { enforcement: 'Audit', applications })]);
  return { calls: many.calls, estimated: many.estimated, callsOfOne: one.calls, ratio: many.calls / one.calls };
}

/** Measures the first run of a policy that denies one application of 10,000 WorkSpaces, and again after a restart. */
export async function measureRestart() {
  const denying = denyingRare('no-rare', { safeguards: { maxAffectedWorkspaces: '20%' } });
  const core = new LoadedCore(fleetOf(10_000, 1_200), [denying], DOCUMENTED);
  await core.run(denying);
  const first = core.calls;
  core.restart();
  const { status, outcome } = await core.run(denying);
  return {
    firstRun: first,
    afterRestart: core.calls - first,
    changes: outcome.made.length,
    selected: status.compliance?.selected ?? 0,
  };
}

/** Measures the time until the first change if the users of 199 of 200 WorkSpaces are connected, in seconds. */
export async function measureConnectedUsers(maxInProgress: number | undefined) {
  const rollout = maxInProgress === undefined ? {} : { rollout: { maxInProgress } };
  const options = { ...DOCUMENTED, isConnected: (n: number) => n < 199 };
  const core = new LoadedCore(fleetOf(200, 200), [denyingRare('no-rare', rollout)], options);
  await core.runUntil(({ outcome }) => outcome.made.length > 0);
  return { seconds: core.clock.monotonic() / 1000, calls: core.calls };
}

/** Measures the share of the account's rate that a fleet at rest uses within a day, after the first hour. */
async function shareAtRest(core: LoadedCore) {
  await core.runUntil(() => core.clock.monotonic() >= HOUR);
  const [calls, startedAt] = [core.calls, core.clock.monotonic()];
  await core.runUntil(() => core.clock.monotonic() >= 24 * HOUR);
  const seconds = (core.clock.monotonic() - startedAt) / 1000;
  return { callsPerHour: (3_600 * (core.calls - calls)) / seconds, share: (core.calls - calls) / (2 * seconds) };
}

/** Measures 300 protected WorkSpaces of 1,000 that have a denied application. */
export function measureProtected() {
  const options = { ...DOCUMENTED, isProtected: (n: number) => n % 3 === 0 };
  return shareAtRest(new LoadedCore(fleetOf(1_000, 300), [denyingRare()], options));
}

/** Measures 700 WorkSpaces on which AWS rejects a required application. */
export function measureIncompatible() {
  const requiring = policy('rare', { applications: { required: [{ id: RARE }] } });
  return shareAtRest(new LoadedCore(fleetOf(700, 0), [requiring], DOCUMENTED));
}

/** Measures a full inventory of 10,000 WorkSpaces at rest. */
export function measureFullInventoryAtRest() {
  const shape = fleetOf(10_000, 0);
  return shareAtRest(new LoadedCore(shape, [keepingListed(shape)], DOCUMENTED));
}

/**
 * Measures 1,000 Audit policies with the same change, which is held for a connected user: until all have a status, and
 * one hour afterward. Counts the policies that have no status after 97 seconds.
 */
export async function measureHeldAudits() {
  const policies = Array.from({ length: 1_000 }, (_, n) =>
    denyingRare(`p${n}`, { enforcement: 'Audit', workspaceSelector: { workspaceIDs: [workspaceID(0)] } }),
  );
  const enforcing = denyingRare('enforcing', { workspaceSelector: { workspaceIDs: [workspaceID(0)] } });
  const core = new LoadedCore(fleetOf(100, 1), [enforcing, ...policies], { ...DOCUMENTED, isConnected: () => true });
  const evaluated = new Set<string>();
  let unreported = 1_001;
  await core.runUntil((_, { key }) => {
    evaluated.add(key);
    if (core.clock.monotonic() <= REPORTED_WITHIN_MS) {
      unreported = 1_001 - evaluated.size;
    }
    return evaluated.size === 1_001;
  });
  const { calls } = core;
  const seconds = core.clock.monotonic() / 1000;
  await core.runUntil(() => core.clock.monotonic() >= HOUR);
  return { calls, seconds, unreported, callsPerHour: core.calls - calls };
}

/**
 * Measures two policies that remove one application each from the same 200 WorkSpaces without a rate limit, in seconds
 * from the start of each rollout to its last deployment. The second policy is created when the first is finished
 * sending.
 */
export async function measureTwoPolicies() {
  const shape: FleetShape = { workspaces: 200, applications: 1, perWorkspace: 1, rare: 200 };
  const [first, second] = [
    denyingRare('first'),
    policy('second', { applications: { denied: [{ id: applicationID(0) }] } }),
  ];
  const options = { callsPerSecond: 1_000, deploymentMs: 2_000 };
  const core = new LoadedCore(shape, [first, second], options);
  const lastDeployment = new Map<string, number>();
  const deployed = new Map<string, number>();
  await core.runUntil(({ outcome }, { key }) => {
    const deployments = outcome.made.filter(({ action }) => action === 'Deploy').length;
    if (deployments > 0) {
      lastDeployment.set(key, core.clock.monotonic() / 1000);
      deployed.set(key, (deployed.get(key) ?? 0) + deployments);
    }
    return deployed.get(first.key) === 200 && deployed.get(second.key) === 200;
  });
  const [a = 0, b = 0] = [lastDeployment.get(first.key), lastDeployment.get(second.key)];
  return { first: a, second: b, calls: core.calls };
}

/** Measurements of `npm run bench` at AWS's documented limit, in simulated time. */
export const AWS_CALLS: Readonly<Record<string, { readonly title: string; readonly measure: () => Promise<object> }>> =
  {
    'unlisted rollout': {
      title: '200 removals from 10,000 WorkSpaces by a policy with unlisted: Disassociate',
      measure: measureUnlistedRollout,
    },
    'denied rollout': { title: '200 removals from 1,000 WorkSpaces', measure: () => measureRemovals() },
    'small rollout': { title: '60 removals from 200 WorkSpaces, from start to end', measure: measureSmallRollout },
    'small policies': {
      title: '500 policies for two of 1,000 WorkSpaces each, and one policy for all',
      measure: () => measureSmallPolicies(),
    },
    restart: {
      title: 'First run of a policy that denies an application of 10,000 WorkSpaces',
      measure: measureRestart,
    },
    'connected users': {
      title: 'First change with maxInProgress: 1 and 199 of 200 users connected',
      measure: () => measureConnectedUsers(1),
    },
    protected: { title: '300 protected WorkSpaces at rest', measure: measureProtected },
    incompatible: { title: '700 WorkSpaces that reject a required application, at rest', measure: measureIncompatible },
    'full inventory': { title: 'Full inventory of 10,000 WorkSpaces at rest', measure: measureFullInventoryAtRest },
    'held audits': { title: '1,000 Audit policies with one change on hold for a user', measure: measureHeldAudits },
    'two policies': {
      title: 'Two policies in a row over 200 WorkSpaces, without a rate limit',
      measure: measureTwoPolicies,
    },
  };
