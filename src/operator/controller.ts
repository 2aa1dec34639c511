import type { Logger } from 'pino';
import type { Clock } from '../clock.ts';
import { messageOf } from '../kube/apiError.ts';
import { type EventRecorder, referenceTo } from '../kube/events.ts';
import type { WorkQueue } from '../kube/queue.ts';
import type { Reflector } from '../kube/reflector.ts';
import { type KubeObject, objectKey } from '../kube/resource.ts';
import type { StatusWriter } from '../kube/statusWriter.ts';
import type { Change } from '../kube/store.ts';
import { InvalidPolicyError } from '../policy/parse.ts';
import { printable } from '../printable.ts';
import { type FleetContext, type Memory, type Reconciliation, reconcile } from '../reconcile.ts';
import type { PolicyEvent } from '../status/events.ts';
import type { PolicyStatus } from '../status/resource.ts';
import { invalidStatus, isWorthWriting } from '../status/status.ts';
import type { PolicyBook } from './policyBook.ts';
import { POLICIES, type PolicyObject } from './resources.ts';

export interface ControllerOptions {
  readonly fleet: FleetContext;
  readonly reflector: Reflector<PolicyObject>;
  readonly queue: WorkQueue;
  readonly book: PolicyBook;
  readonly statuses: StatusWriter<PolicyObject>;
  readonly events: EventRecorder;
  readonly clock: Clock;
  readonly random: () => number;
  readonly log: Logger;
  /** Aborted when the process stops. */
  readonly stopping: AbortSignal;
}

/** A policy's change may concern every other: they are planned again after so long, in milliseconds, once for many changes. */
const OTHERS_AFTER = 500;

/** How long a status shows a change before it is made, in milliseconds: policies that are applied together are seen together. */
const SHOW_FOR = 5_000;
/** Without a word from the API server for so long, in milliseconds, nothing is changed: a policy may have been suspended meanwhile. */
const IN_TOUCH = 3 * 60_000;
/** How long the last status may take to be written when the process stops, in milliseconds. */
const LAST_WRITE = 5_000;

/** Takes keys of policies from the queue, reconciles them and reports. Level-triggered: what a key's event was makes no difference. */
export class Controller {
  readonly #options: ControllerOptions;
  readonly #memories = new Map<string, { readonly uid: string; readonly memory: Memory }>();
  /** Policies of which the last status couldn't be written: nobody would see what is done. */
  readonly #unwritten = new Set<string>();
  /** What was written last, until the watch has caught up with it. */
  readonly #written = new Map<string, PolicyObject>();

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
    const changed = type === 'Deleted' ? (book.delete(key) ? 'Spec' : 'Nothing') : book.put(key, object);
    if (changed !== 'Nothing' && type !== 'Deleted') {
      queue.add(key);
    }
    if (changed === 'Spec' && reflector.hasSynced()) {
      const { protectedUntil } = book;
      for (const other of book.keys().filter((one) => one !== key)) {
        queue.addAfter(other, OTHERS_AFTER);
      }
      if (protectedUntil !== undefined) {
        this.#replanAllAt(protectedUntil);
      }
    }
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
    const { book, clock } = this.#options;
    const object = this.#latest(key);
    const entry = book.get(key);
    if (object === undefined || entry === undefined || object.metadata.uid !== entry.uid) {
      return undefined;
    }
    const { parsed: policy, request } = entry;
    if (policy instanceof InvalidPolicyError) {
      const generation = object.metadata.generation ?? 0;
      const message = printable(policy.message, 1024);
      await this.#write(object, invalidStatus(generation, request, object.status, message, clock.now()));
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
        policies: () => book.policies(),
        mayAct: () => !stopping.aborted && this.#isInTouch() && !this.#unwritten.has(key),
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
    this.#unwritten.add(key);
    await this.#write(object, result.status);
    this.#unwritten.delete(key);
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
    this.#written.delete(key);
    this.#unwritten.delete(key);
    fleet.deploying.delete(key);
    fleet.attempts.forget(key);
  }

  #replanAllAt(time: Date): void {
    const { book, queue, clock } = this.#options;
    for (const key of book.keys()) {
      queue.addAfter(key, time.getTime() - clock.now().getTime());
    }
  }

  #report(key: string, object: PolicyObject, { events, outcome }: Reconciliation): void {
    const log = this.#options.log.child({ policy: key });
    for (const { action, workspace, applications } of outcome.made) {
      const names = applications.map(({ name, applicationId }) => printable(name ?? applicationId));
      log.info({ action, workspaceId: workspace.workspaceId, applications: names }, 'change made');
    }
    for (const { change, error } of outcome.failures) {
      const { workspaceId } = change.finding.workspace;
      const { requestId } = error.details;
      log.warn(
        { action: change.action, workspaceId, requestId, reason: printable(error.message, 1024) },
        'change failed',
      );
    }
    for (const { change, reason, message } of outcome.held) {
      const { workspaceId } = change.finding.workspace;
      log.info({ action: change.action, workspaceId, reason, message: printable(message, 1024) }, 'change dropped');
    }
    this.#record(object, events);
  }

  #record(object: KubeObject, events: readonly PolicyEvent[]): void {
    for (const { type, reason, message } of events) {
      this.#options.events.record(referenceTo(POLICIES, object), type, reason, message);
    }
  }

  async #write(object: PolicyObject, status: PolicyStatus): Promise<void> {
    const { statuses, clock, stopping } = this.#options;
    const key = objectKey(object.metadata);
    // The object may have changed during the run; its newest version is what the status is compared with and applied to.
    const latest = this.#latest(key) ?? object;
    if (latest.metadata.uid !== object.metadata.uid || !isWorthWriting(latest.status, status, clock.now())) {
      return;
    }
    const signal = stopping.aborted ? AbortSignal.timeout(LAST_WRITE) : undefined;
    const written = await statuses.apply(latest.metadata, status, signal);
    if (written !== 'NotFound') {
      const { name, namespace, uid, resourceVersion, generation } = written.metadata;
      const metadata = { name, namespace, uid, resourceVersion, generation } as PolicyObject['metadata'];
      this.#written.set(key, { metadata, status: written.status } as PolicyObject);
    }
  }

  /** The newest version that is known: the watch may lag behind a write of ours. */
  #latest(key: string): PolicyObject | undefined {
    const watched = this.#options.reflector.get(key);
    const written = this.#written.get(key);
    if (watched === undefined || written === undefined) {
      return watched;
    }
    if (watched.metadata.uid === written.metadata.uid && versionOf(watched) < versionOf(written)) {
      return written;
    }
    this.#written.delete(key);
    return watched;
  }
}

/** Versions of one resource are numbers that grow (KEP-5504). */
function versionOf({ metadata }: KubeObject): bigint {
  return /^\d+$/.test(metadata.resourceVersion ?? '') ? BigInt(metadata.resourceVersion ?? 0) : 0n;
}
