import process from 'node:process';
import { ReplicaCluster } from './replicaCluster.ts';

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const REPLICAS = 3;
/** Removals in each fleet. */
const REMOVALS = 20;
/** Time at which a replica is killed, in the middle of the rollouts (ms). */
const CRASH_AT = MINUTE;
/** Period in which the load at rest is measured (ms). */
const REST_MS = MINUTE;

/**
 * Measures the fleets of three replicas at two calls per second for each fleet: the distribution of the fleets, the
 * load at rest, and the additional calls and seconds if one replica is killed during the rollouts.
 */
export async function measureReplicas(fleets = 100) {
  const undisturbed = await rollOut(fleets, false);
  const disturbed = await rollOut(fleets, true);
  return {
    ...undisturbed,
    crashCalls: (disturbed.calls - undisturbed.calls) / disturbed.lost,
    crashSeconds: disturbed.seconds - undisturbed.seconds,
    takeoverSeconds: disturbed.takeoverSeconds,
  };
}

async function rollOut(fleets: number, isKilled: boolean) {
  const cluster = new ReplicaCluster(fleets, { workspaces: 1_000, applications: 25, perWorkspace: 3, rare: REMOVALS });
  const { time, replicas } = cluster;
  cluster.start(REPLICAS);
  await time.runUntil(CRASH_AT);
  const held = replicas.map((replica) => cluster.fleetsOf(replica));
  const [killed] = replicas;
  let takeoverSeconds = 0;
  if (isKilled && killed !== undefined) {
    killed.kill();
    await cluster.runUntil(() => cluster.fleetsOf(killed) === 0, 10 * MINUTE);
    takeoverSeconds = (time.elapsed - CRASH_AT) / SECOND;
  }
  await cluster.runUntil(() => cluster.completed === fleets * REMOVALS, 30 * MINUTE);
  const { calls } = cluster;
  const seconds = time.elapsed / SECOND;
  const load = isKilled ? undefined : await loadAtRest(cluster);
  replicas.forEach((replica) => void replica.kill());
  return { calls, seconds, takeoverSeconds, lost: held[0] ?? 0, mostFleets: Math.max(...held), ...load };
}

/** Returns the load of the busiest replica while no fleet changes. */
async function loadAtRest(cluster: ReplicaCluster) {
  const { time, replicas } = cluster;
  const before = replicas.map((replica) => [cluster.callsOf(replica), cluster.requestsOf(replica)] as const);
  const startedAt = process.cpuUsage();
  await time.runUntil(time.elapsed + REST_MS);
  const { user, system } = process.cpuUsage(startedAt);
  const perSecond = (counts: readonly number[]) => (Math.max(...counts) / REST_MS) * SECOND;
  return {
    awsCallsPerSecond: perSecond(replicas.map((replica, n) => cluster.callsOf(replica) - (before[n]?.[0] ?? 0))),
    requestsPerSecond: perSecond(replicas.map((replica, n) => cluster.requestsOf(replica) - (before[n]?.[1] ?? 0))),
    /** CPU time of one replica, with its share of the simulation, as a percentage of a core. */
    cpuPercent: (100 * ((user + system) / 1000)) / REST_MS / REPLICAS,
  };
}
