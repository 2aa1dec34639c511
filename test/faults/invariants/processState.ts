import type { SentCall } from '../cloud/traffic.ts';
import type { ObservedState } from '../observedState.ts';
import type { ProcessLedger } from '../processLedger.ts';
import type { UntimedViolation } from '../violation.ts';

const MAX_API_SILENCE_MS = 3 * 60_000;
const RENEW_DEADLINE_MS = 40_000;

/**
 * Checks that the process may make changes: it holds both leases, it has heard from the API server, and it isn't
 * stopping.
 */
export function processViolations(
  { process }: SentCall,
  { lastContactAt }: ProcessLedger,
  observed: ObservedState,
): UntimedViolation[] {
  const { time } = observed;
  const violations = ['wsap.fleet.', 'wsap.scope.'].flatMap(
    (kind) => leaseViolation(kind, process.identity, observed) ?? [],
  );
  if (process.isStopping) {
    violations.push({ rule: 'ChangeAfterStop', message: 'the process is stopping' });
  }
  for (const plural of ['workspaceapplicationpolicies', 'workspacefleets', 'namespaces']) {
    const silence = time.elapsed - (lastContactAt.get(plural) ?? Number.NEGATIVE_INFINITY);
    if (silence > MAX_API_SILENCE_MS) {
      violations.push({
        rule: 'ApiServerSilence',
        message: `the last contact of the watch of ${plural} was ${silence} ms ago`,
      });
    }
  }
  return violations;
}

function leaseViolation(
  kind: string,
  identity: string,
  { time, faults, cluster }: ObservedState,
): UntimedViolation | undefined {
  const lease = cluster.list('leases').find(({ metadata }) => metadata.name.startsWith(kind));
  const holder = (lease?.spec as { holderIdentity?: string } | undefined)?.holderIdentity;
  const age = time.elapsed - (cluster.writtenAt('leases', `wsap-system/${lease?.metadata.name}`) ?? 0);
  if (holder !== identity) {
    return { rule: 'LostLease', message: `the holder of the lease ${kind}… is ${holder ?? 'nobody'}` };
  }
  return age >= RENEW_DEADLINE_MS && !faults.isOver
    ? { rule: 'LostLease', message: `the lease ${kind}… was last renewed ${age} ms ago` }
    : undefined;
}
