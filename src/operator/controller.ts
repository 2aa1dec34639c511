import type { Logger } from 'pino';
import type { Clock } from '../clock.ts';
import type { FleetContext } from '../execute/context.ts';
import { messageOf } from '../kube/apiError.ts';
import { type EventRecorder, referenceTo } from '../kube/events.ts';
import type { WorkQueue } from '../kube/queue.ts';
import type { Reflector } from '../kube/reflector.ts';
import { type KubeObject, objectKey } from '../kube/resource.ts';
import type { Change } from '../kube/store.ts';
import { InvalidPolicyError } from '../policy/invalid.ts';
import { mayShareWorkspaces } from '../policy/overlap.ts';
import type { WorkspaceSelector } from '../policy/policy.ts';
import { printable } from '../printable.ts';
import { type ReconcileContext, type Reconciliation, reconcile } from '../reconcile.ts';
import type { PolicyEvent } from '../status/events.ts';
import type { Memory } from '../status/memory.ts';
import { invalidStatus } from '../status/status.ts';
import { logOutcome } from './outcomeLog.ts';
import type { PolicyBook } from './policyBook.ts';
import type { PolicyStatuses } from './policyStatuses.ts';
import { POLICIES, type PolicyObject } from './resources.ts';

export interface ControllerOptions {
  readonly fleet: Pick<ReconcileContext, keyof FleetContext | 'deploying'>;
  readonly reflector: Pick<Reflector<PolicyObject>, 'hasSynced' | 'heardAt'>;
  readonly queue: WorkQueue;
  readonly book: PolicyBook;
  readonly statuses: PolicyStatuses;
  readonly events: Pick<EventRecorder, 'record'>;
  readonly clock: Clock;
  readonly random: () => number;
  readonly log: Logger;
  /** Aborted when the process stops. */
  readonly stopping: AbortSignal;
}

/** A policy's change concerns those that share WorkSpaces with it: they are planned again after so long, in milliseconds, once for many changes. */
const OTHERS_AFTER = 500;

/** How long a status shows a change before it is made, in milliseconds: policies that are applied together are seen together. */
const SHOW_FOR = 5_000;
/** Without a word from the API server for so long, in milliseconds, nothing is changed: a policy may have been suspended meanwhile. */
const IN_TOUCH = 3 * 60_000;

/** Takes keys of policies from the queue, reconciles them and reports. Level-triggered: what a key's event was makes no difference. */
export class Controller {
  readonly #options: ControllerOptions;
  readonly #memories = new Map<string, { readonly uid: string; readonly memory: Memory }>();

  constructor(options: ControllerOptions) {
    this.#options = options;
  }

  /** A handler of the watch: only notes the change and enqueues keys. */
  observe({ type, object }: Change<PolicyObject>): void {
    const { book, queue, reflector } = this.#options;
    const key = objectKey(object.metadata);
    if (type === 'Deleted') {
      this.#forget(key);
    }
    const before = book.selectorOf(key);
    const changed = type === 'Deleted' ? (book.delete(key) ? 'Spec' : 'Nothing') : book.put(key, object);
    if (changed !== 'Nothing' && type !== 'Deleted') {
      queue.add(key);
    }
    if (changed === 'Spec' && reflector.hasSynced()) {
      const { protectedUntil } = book;
      for (const other of this.#sharingWith(key, before, book.selectorOf(key))) {
        queue.addAfter(other, OTHERS_AFTER);
      }
      if (protectedUntil !== undefined) {
        this.#replanAllAt(protectedUntil);
      }
    }
  }

  /** The other policies that may be about a WorkSpace of these selectors. */
  #sharingWith(key: string, ...selectors: readonly (WorkspaceSelector | undefined)[]): string[] {
    const { book } = this.#options;
    return book.keys().filter((other) => {
      const own = book.selectorOf(other);
      return other !== key && own && selectors.some((one) => one && mayShareWorkspaces(one, own));
    });
  }

  /** Works until the queue is shut down. Several may run at once. */
  async work(): Promise<void> {
    const { queue, log, stopping } = this.#options;
    for (let key = await queue.get(); key !== undefined; key = await queue.get()) {
      if (stopping.aborted) {
        queue.done(key);
        continue;
      }
      try {
        const again = await this.#process(key);
        queue.forget(key);
        if (again !== undefined) {
          queue.addAfter(key, again);
        }
      } catch (error) {
        log.error({ policy: key, error: printable(messageOf(error), 1024) }, 'the run failed; it will be tried again');
        log.debug({ policy: key, err: error }, 'details of the failed run');
        queue.addRateLimited(key);
      } finally {
        queue.done(key);
      }
    }
  }

  /** Returns the milliseconds until the policy is due again; undefined if it is gone. */
  async #process(key: string): Promise<number | undefined> {
    const { book, statuses, clock } = this.#options;
    const object = statuses.latest(key);
    const entry = book.get(key);
    if (object === undefined || entry === undefined || object.metadata.uid !== entry.uid) {
      return undefined;
    }
    const { parsed: policy, request } = entry;
    if (policy instanceof InvalidPolicyError) {
      const generation = object.metadata.generation ?? 0;
      const message = printable(policy.message, 1024);
      await statuses.write(object, invalidStatus(generation, request, object.status, message, clock.now()));
      return undefined;
    }
    const { fleet, stopping, random } = this.#options;
    const remembered = this.#memories.get(key);
    const result = await reconcile(
      policy,
      request,
      object.status,
      remembered?.uid === policy.uid ? remembered.memory : undefined,
      {
        ...fleet,
        policiesConcerning: (one) => book.concerning(one),
        mayAct: () => !stopping.aborted && this.#isInTouch() && !statuses.isUnwritten(key),
        showFor: SHOW_FOR,
        clock,
        random,
      },
    );
    if (stopping.aborted && result.outcome.made.length === 0) {
      return undefined;
    }
    this.#report(key, object, result);
    if (book.get(key)?.uid !== policy.uid) {
      this.#forget(key);
      return undefined;
    }
    await statuses.write(object, result.status);
    // Only what was written was shown.
    this.#memories.set(key, { uid: policy.uid, memory: result.memory });
    return result.runAgainAfter;
  }

  /** Whether the operator would know if a person had changed a policy. */
  #isInTouch(): boolean {
    const { reflector, clock } = this.#options;
    return clock.monotonic() - reflector.heardAt < IN_TOUCH;
  }

  #forget(key: string): void {
    const { fleet } = this.#options;
    this.#memories.delete(key);
    this.#options.statuses.forget(key);
    fleet.deploying.delete(key);
    fleet.attempts.forget(key);
    fleet.repeated.retain(key, []);
  }

  #replanAllAt(time: Date): void {
    const { book, queue, clock } = this.#options;
    for (const key of book.keys()) {
      queue.addAfter(key, time.getTime() - clock.now().getTime());
    }
  }

  #report(key: string, object: Pick<KubeObject, 'metadata'>, { events, outcome }: Reconciliation): void {
    logOutcome(this.#options.log.child({ policy: key }), outcome);
    this.#record(object, events);
  }

  #record(object: Pick<KubeObject, 'metadata'>, events: readonly PolicyEvent[]): void {
    for (const { type, reason, message } of events) {
      this.#options.events.record(referenceTo(POLICIES, object), type, reason, message);
    }
  }
}
