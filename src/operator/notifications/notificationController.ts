import type { Logger } from 'pino';
import type { Backoff } from '../../backoff.ts';
import type { Clock } from '../../clock.ts';
import type { ApiClient } from '../../kube/apiClient.ts';
import { ApiError, messageOf } from '../../kube/apiError.ts';
import type { Informer } from '../../kube/informer.ts';
import { WorkQueue } from '../../kube/queue.ts';
import { isOlder, type KubeObject } from '../../kube/resource.ts';
import { type PolicyObject, PROVIDERS, type ProviderObject } from '../../kube/resources.ts';
import type { WatchChange } from '../../kube/store.ts';
import { TEST_REQUESTED_AT_ANNOTATION } from '../../policy/annotations.ts';
import { sanitize } from '../../sanitize.ts';
import type { NoticeStore } from './noticeStore.ts';
import type { NotificationLease } from './notificationLease.ts';
import type { ProviderReconciler } from './providerReconciler.ts';
import { StatusNotWrittenError } from './providerStatusWriter.ts';

export interface NotificationControllerOptions {
  readonly providers: Informer<ProviderObject>;
  readonly client: Pick<ApiClient, 'request'>;
  readonly notices: NoticeStore;
  readonly reconciler: Pick<ProviderReconciler, 'reconcile' | 'forget'>;
  readonly lease: Pick<NotificationLease, 'mayAct'>;
  readonly clock: Clock;
  readonly random: () => number;
  readonly log: Logger;
  readonly stopping: AbortSignal;
}

/**
 * Time for which notices are collected for one message, from the first of them, in milliseconds. A request for approval must reach its
 * receiver within 10 seconds, which leaves time for the requests to the API server.
 */
const GROUPING_MS = 3_000;

/** Interval at which a provider is checked while this replica may not send, in milliseconds. */
const STANDBY_MS = 2_000;

/** Backoff after errors of the API server, after whose recovery a waiting notification must not wait long. */
const BACKOFF: Backoff = { baseMs: 5, maxMs: 30_000 };

/** Runs the providers when they, or the notices of policies, change. Only the replica that holds the lease sends. */
export class NotificationController {
  readonly #options: NotificationControllerOptions;
  readonly queue: WorkQueue;
  /** Objects as this process wrote them, until the watch has caught up. */
  readonly #written = new Map<string, ProviderObject>();

  constructor(options: NotificationControllerOptions) {
    this.#options = options;
    this.queue = new WorkQueue({ ...options, backoff: BACKOFF });
  }

  /** Returns the newest known version of a provider. */
  latest(name: string): ProviderObject | undefined {
    const watched = this.#options.providers.get(name);
    const written = this.#written.get(name);
    const isAhead =
      watched !== undefined &&
      written !== undefined &&
      watched.metadata.uid === written.metadata.uid &&
      isOlder(watched, written);
    if (!isAhead) {
      this.#written.delete(name);
    }
    return isAhead ? written : watched;
  }

  /** Returns the names of all providers. */
  names(): string[] {
    return this.#options.providers.list().map(({ metadata }) => metadata.name);
  }

  /** Handles a change of a provider, or a request for a test message. A change of its status triggers nothing. */
  observeProvider({ type, object, previous }: WatchChange<ProviderObject>): void {
    const { name, uid = '', generation, annotations } = object.metadata;
    const isTestRequested =
      annotations?.[TEST_REQUESTED_AT_ANNOTATION] !== previous?.metadata.annotations?.[TEST_REQUESTED_AT_ANNOTATION];
    if (type === 'Deleted') {
      this.#written.delete(name);
      this.#options.reconciler.forget(uid);
    } else if (isTestRequested || previous?.metadata.generation !== generation || previous?.metadata.uid !== uid) {
      this.queue.add(name);
    }
  }

  observePolicy(change: WatchChange<PolicyObject>): void {
    if (this.#options.notices.observe(change)) {
      this.#enqueueAll(GROUPING_MS);
    }
  }

  /** Handles a change of a namespace, whose labels providers select. */
  observeNamespace({ type, object, previous }: WatchChange<KubeObject>): void {
    const labelsOf = (one: KubeObject | undefined) => JSON.stringify(one?.metadata.labels ?? {});
    if (type === 'Deleted' || labelsOf(object) !== labelsOf(previous)) {
      this.#enqueueAll(GROUPING_MS);
    }
  }

  /** Called when this replica starts to send. */
  onGained(): void {
    this.#enqueueAll(GROUPING_MS);
  }

  /** Processes the queue until it is shut down. Waits for the providers, which a cluster without their CRD never has. */
  async runWorker(): Promise<void> {
    const { providers, stopping } = this.#options;
    await providers.waitForSync(stopping).catch(() => {});
    for (let name = await this.queue.get(); name !== undefined; name = await this.queue.get()) {
      await this.#process(name);
      this.queue.done(name);
    }
  }

  #enqueueAll(delayMs: number): void {
    for (const name of this.names()) {
      this.queue.addAfter(name, delayMs);
    }
  }

  async #process(name: string): Promise<void> {
    const { lease, reconciler, log, stopping } = this.#options;
    const object = this.latest(name);
    if (object === undefined || stopping.aborted) {
      return;
    }
    if (!lease.mayAct) {
      // Another replica sends, or a renewal of the lease is late.
      this.queue.addAfter(name, STANDBY_MS);
      return;
    }
    try {
      const { object: written, requeueAfterMs } = await reconciler.reconcile(object);
      if (written !== object) {
        this.#written.set(name, written);
      }
      this.queue.forget(name);
      this.queue.addAfter(name, requeueAfterMs);
    } catch (error) {
      if (error instanceof StatusNotWrittenError) {
        // The lease may only be late, which nothing else reports.
        this.queue.addAfter(name, STANDBY_MS);
        return;
      }
      const level = error instanceof ApiError ? 'debug' : 'error';
      log[level]({ provider: name, error: sanitize(messageOf(error), 1024) }, 'provider not reconciled; retrying');
      log.debug({ err: error }, 'details of the failed run');
      await this.#readAgain(name);
      this.queue.addRateLimited(name);
    }
  }

  /** Reads a provider again, because the watch may lag behind the change that caused a conflict. */
  async #readAgain(name: string): Promise<void> {
    const { client } = this.#options;
    try {
      this.#written.set(name, await client.request<ProviderObject>({ verb: 'get', resource: PROVIDERS, name }));
    } catch {
      // The next run fails as well, or finds the version of the watch.
    }
  }
}
