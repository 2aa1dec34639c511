import type { Clock } from '../clock.ts';
import type { Informer } from '../kube/informer.ts';
import { isOlder, type KubeObject, objectKey } from '../kube/resource.ts';
import type { StatusWriter } from '../kube/statusWriter.ts';

/** Timeout for writing the last status when the process stops. */
const SHUTDOWN_WRITE_TIMEOUT_MS = 5_000;

/** Object with a status. */
export type WithStatus<Status extends object> = Pick<KubeObject, 'metadata'> & { readonly status?: Status };

export interface StatusCacheOptions<Status extends object> {
  readonly writer: { apply: StatusWriter<KubeObject & WithStatus<Status>>['apply'] };
  readonly informer: Pick<Informer<KubeObject & WithStatus<Status>>, 'get'>;
  readonly clock: Clock;
  /** Aborted when the process stops. */
  readonly stopping: AbortSignal;
  /** Whether a status differs enough from the previous one to be written. */
  readonly statusChanged: (previous: Status | undefined, next: Status, now: Date) => boolean;
}

/**
 * Read-your-writes cache of the statuses of a resource. Reads return the last written status even before the watch has
 * caught up; only changed statuses are written.
 */
export class StatusCache<Status extends object> {
  readonly #options: StatusCacheOptions<Status>;
  readonly #written = new Map<string, WithStatus<Status>>();
  /** Status of the last write that has not succeeded yet, by the key of the object. */
  readonly #pendingWrites = new Map<string, Status>();

  constructor(options: StatusCacheOptions<Status>) {
    this.#options = options;
  }

  /** Returns the newest known version of an object. */
  latest(key: string): WithStatus<Status> | undefined {
    const watched = this.#options.informer.get(key);
    const written = this.#written.get(key);
    if (watched === undefined || written === undefined) {
      return watched;
    }
    if (watched.metadata.uid === written.metadata.uid && isOlder(watched, written)) {
      return written;
    }
    this.#written.delete(key);
    return watched;
  }

  /** Whether the last status couldn't be written. Users don't see current changes in that case. */
  hasPendingWrite(key: string): boolean {
    return this.#pendingWrites.has(key);
  }

  /**
   * Writes the status of an object if it changed and `mayWrite` returns true. Returns whether the object has this
   * status. Rejects with ApiError.
   */
  async write(object: WithStatus<Status>, status: Status, mayWrite: () => boolean): Promise<boolean> {
    const { writer, clock, stopping, statusChanged } = this.#options;
    const key = objectKey(object.metadata);
    // Compare and apply the status with the newest version because the object may have changed.
    const latest = this.latest(key) ?? object;
    const isSameObject = latest.metadata.uid === object.metadata.uid;
    if (!isSameObject || !statusChanged(latest.status, status, clock.now())) {
      this.#pendingWrites.delete(key);
      return isSameObject;
    }
    this.#pendingWrites.set(key, status);
    const signal = stopping.aborted ? AbortSignal.timeout(SHUTDOWN_WRITE_TIMEOUT_MS) : undefined;
    const result = await writer.apply(latest.metadata, status, { signal, mayWrite });
    // The object was forgotten during the write, so nothing about it must remain.
    if (result === 'GivenUp' || this.#pendingWrites.get(key) !== status) {
      return false;
    }
    this.#pendingWrites.delete(key);
    if (result === 'NotFound') {
      return false;
    }
    this.#written.set(key, { metadata: { ...latest.metadata, ...versionOf(result) }, ...statusOf(result) });
    return true;
  }

  forget(key: string): void {
    this.#written.delete(key);
    this.#pendingWrites.delete(key);
  }
}

function versionOf({ metadata: { resourceVersion } }: WithStatus<object>) {
  return resourceVersion === undefined ? {} : { resourceVersion };
}

function statusOf<Status extends object>({ status }: WithStatus<Status>) {
  return status === undefined ? {} : { status };
}
