import type { Sent } from '../cloud/traffic.ts';
import type { Knowledge } from '../knowledge.ts';
import type { Objection, Seen } from '../seen.ts';

const IN_TOUCH = 3 * 60_000;
const RENEW_DEADLINE = 40_000;

/** Whether the process may change anything at all: both leases are its own and young, it is in touch with the API server, and wasn't asked to stop. */
export function processObjections({ process }: Sent, { heardAt }: Knowledge, seen: Seen): Objection[] {
  const { time } = seen;
  const objections = ['wsap.fleet.', 'wsap.place.'].flatMap(
    (kind) => leaseObjection(kind, process.identity, seen) ?? [],
  );
  if (process.isStopping) {
    objections.push({ rule: 'Stopping', message: 'the process was asked to stop' });
  }
  for (const plural of ['workspaceapplicationpolicies', 'workspacefleets', 'namespaces']) {
    const silence = time.elapsed - (heardAt.get(plural) ?? Number.NEGATIVE_INFINITY);
    if (silence > IN_TOUCH) {
      objections.push({ rule: 'InTouch', message: `nothing was heard of ${plural} for ${silence} ms` });
    }
  }
  return objections;
}

function leaseObjection(kind: string, identity: string, { time, faults, cluster }: Seen): Objection | undefined {
  const lease = cluster.list('leases').find(({ metadata }) => metadata.name.startsWith(kind));
  const holder = (lease?.spec as { holderIdentity?: string } | undefined)?.holderIdentity;
  const age = time.elapsed - (cluster.writtenAt('leases', `wsap-system/${lease?.metadata.name}`) ?? 0);
  if (holder !== identity) {
    return { rule: 'Lease', message: `the lease ${kind}… is ${holder ?? 'nobody'}'s` };
  }
  return age >= RENEW_DEADLINE && !faults.isOver
    ? { rule: 'Lease', message: `the lease ${kind}… was renewed ${age} ms ago` }
    : undefined;
}
