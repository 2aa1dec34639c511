import type { Logger } from 'pino';
import { messageOf } from '../kube/apiError.ts';
import { referenceTo } from '../kube/events.ts';
import { POLICIES } from '../kube/resources.ts';
import { canSucceedLater, requestRetryDelay } from '../kube/retry.ts';
import type { Policy } from '../policy/policy.ts';
import { sanitize } from '../sanitize.ts';
import { type Backlog, isEvaluated, waitingStatus } from '../status/notEvaluated.ts';
import type { PolicyStatus } from '../status/resource.ts';
import type { OwnedFleet } from './ownership/ownedFleet.ts';
import type { PolicyReconcilerOptions } from './policyReconcilerOptions.ts';
import type { RunWaits } from './runWaits.ts';
import type { WithStatus } from './statusCache.ts';

/** Delay until a status is written again after the lease was too old to write it. The lease may be renewed by then. */
const STATUS_RETRY_MS = 5_000;

type PolicyStatusWriterOptions = Pick<
  PolicyReconcilerOptions,
  'statusCache' | 'events' | 'outages' | 'clock' | 'random'
>;

/** Writes the statuses of policies during their runs, and the Events about policies that are not ready. */
export class PolicyStatusWriter {
  readonly #options: PolicyStatusWriterOptions;

  constructor(options: PolicyStatusWriterOptions) {
    this.#options = options;
  }

  /**
   * Writes a status, and retries a write that can succeed later. The run keeps its result meanwhile, so that an API server that throttles
   * requests doesn't cost another run.
   *
   * @param write resolves with whether the policy has the status
   */
  async write(write: () => Promise<boolean>, waits: RunWaits, log: Logger): Promise<boolean> {
    const { outages, random } = this.#options;
    for (let failures = 0; ; failures++) {
      try {
        return await write();
      } catch (error) {
        const delay = requestRetryDelay(error, failures, random, canSucceedLater);
        if (delay === undefined || waits.areOver) {
          throw error;
        }
        const level = failures > 0 || outages?.suppresses(error) ? 'debug' : 'warn';
        log[level]({ error: sanitize(messageOf(error), 1024), failures }, 'the status was not written; retrying');
        // If the run becomes outdated meanwhile, the status is written once more, because it may show changes.
        await waits.pause(delay).catch(() => {});
      }
    }
  }

  /** Shows in the status of a policy that was never evaluated how long the reads of its fleet take. */
  async showWaiting(
    policy: Policy,
    object: WithStatus<PolicyStatus>,
    {
      ownedFleet,
      log,
      backlog,
    }: { readonly ownedFleet: OwnedFleet; readonly log: Logger; readonly backlog: () => Backlog },
  ): Promise<void> {
    const { statusCache, clock } = this.#options;
    const { key, generation } = policy;
    const previous = statusCache.latest(key)?.status;
    if (isEvaluated(previous, generation)) {
      return;
    }
    const status = waitingStatus(policy, previous, backlog(), clock.now());
    try {
      await statusCache.write(object, status, () => ownedFleet.mayWriteStatus && !ownedFleet.isReleasing);
    } catch (error) {
      log.debug({ error: sanitize(messageOf(error), 1024) }, 'the status does not show that the policy waits');
    }
  }

  /** Records an Event when a policy starts to be not ready, or when its reason changes. */
  recordNotReady(object: WithStatus<PolicyStatus>, status: PolicyStatus, log: Logger): void {
    const [before, after] = [object.status, status].map((version) =>
      version?.conditions?.find(({ type }) => type === 'Ready'),
    );
    if (after?.status === 'False' && before?.reason !== after.reason) {
      log.warn({ reason: after.reason, message: after.message }, 'policy not evaluated');
      this.#options.events.record(referenceTo(POLICIES, object), 'Warning', after.reason, after.message);
    }
  }
}

/** Returns the delay until an unwritten status is written, or undefined if another replica writes it. */
export function statusRetryDelay({ isReleasing, lease }: OwnedFleet): number | undefined {
  return isReleasing || lease.ended.aborted ? undefined : STATUS_RETRY_MS;
}
