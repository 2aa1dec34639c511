import type { Sent } from '../cloud/traffic.ts';
import type { ObservedState, RuleViolation } from '../observedState.ts';
import type { ProcessLedger } from '../processLedger.ts';

const MAX_API_SILENCE_MS = 3 * 60_000;
const RENEW_DEADLINE = 40_000;

/** Whether the process may change anything at all: both leases are its own and young, it is in touch with the API server, and wasn't asked to stop. */
export function processObjections(
  { process }: Sent,
  { lastContactAt }: ProcessLedger,
  observed: ObservedState,
): RuleViolation[] {
  const { time } = observed;
  const violations = ['wsap.fleet.', 'wsap.scope.'].flatMap(
    (kind) => leaseObjection(kind, process.identity, observed) ?? [],
  );
  if (process.isStopping) {
    violations.push({ rule: 'Stopping', message: 'the process was asked to stop' });
  }
  for (const plural of ['workspaceapplicationpolicies', 'workspacefleets', 'namespaces']) {
    const silence = time.elapsed - (lastContactAt.get(plural) ?? Number.NEGATIVE_INFINITY);
    if (silence > MAX_API_SILENCE_MS) {
      violations.push({ rule: 'InTouch', message: `nothing was heard of ${plural} for ${silence} ms` });
    }
  }
  return violations;
}

function leaseObjection(
  kind: string,
  identity: string,
  { time, faults, cluster }: ObservedState,
): RuleViolation | undefined {
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
