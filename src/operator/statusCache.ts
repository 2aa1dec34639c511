import type { Clock } from '../clock.ts';
import type { Informer } from '../kube/informer.ts';
import { isOlder, type KubeObject, objectKey } from '../kube/resource.ts';
import type { StatusWriter } from '../kube/statusWriter.ts';

/** How long the last status may take to be written when the process stops, in milliseconds. */
const LAST_WRITE = 5_000;

/** An object with a status. */
export type WithStatus<Status extends object> = Pick<KubeObject, 'metadata'> & { readonly status?: Status };

export interface StatusCacheOptions<Status extends object> {
  readonly writer: { apply: StatusWriter<KubeObject & WithStatus<Status>>['apply'] };
  readonly informer: Pick<Informer<KubeObject & WithStatus<Status>>, 'get'>;
  readonly clock: Clock;
  /** Aborted when the process stops. */
  readonly stopping: AbortSignal;
  /** Whether a status tells enough that the previous one doesn't. */
  readonly statusChanged: (previous: Status | undefined, next: Status, now: Date) => boolean;
}

/** The statuses of the objects of a resource: reads what was written last, also before the watch has caught up with it, and writes what has changed. */
export class StatusCache<Status extends object> {
  readonly #options: StatusCacheOptions<Status>;
  readonly #written = new Map<string, WithStatus<Status>>();
  readonly #pendingWrites = new Set<string>();

  constructor(options: StatusCacheOptions<Status>) {
    this.#options = options;
  }

  /** The newest version that is known. */
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

  /** Whether the last status couldn't be written: then nobody would see what is done. */
  hasPendingWrite(key: string): boolean {
    return this.#pendingWrites.has(key);
  }

  /**
   * Writes the status of an object as it was read, if it is worth it, and for as long as `mayWrite` says that it is this replica's to
   * write. Returns whether the object's status tells this now; rejects with ApiError.
   */
  async write(object: WithStatus<Status>, status: Status, mayWrite: () => boolean): Promise<boolean> {
    const { writer, clock, stopping, statusChanged } = this.#options;
    const key = objectKey(object.metadata);
    // The object may have changed meanwhile; its newest version is what the status is compared with and applied to.
    const latest = this.latest(key) ?? object;
    const isSame = latest.metadata.uid === object.metadata.uid;
    if (!isSame || !statusChanged(latest.status, status, clock.now())) {
      this.#pendingWrites.delete(key);
      return isSame;
    }
    this.#pendingWrites.add(key);
    const signal = stopping.aborted ? AbortSignal.timeout(LAST_WRITE) : undefined;
    const written = await writer.apply(latest.metadata, status, { signal, mayWrite });
    if (written === 'GivenUp') {
      return false;
    }
    this.#pendingWrites.delete(key);
    if (written === 'NotFound') {
      return false;
    }
    this.#written.set(key, { metadata: { ...latest.metadata, ...versionIn(written) }, ...statusIn(written) });
    return true;
  }

  forget(key: string): void {
    this.#written.delete(key);
    this.#pendingWrites.delete(key);
  }
}

function versionIn({ metadata: { resourceVersion } }: WithStatus<object>) {
  return resourceVersion === undefined ? {} : { resourceVersion };
}

function statusIn<Status extends object>({ status }: WithStatus<Status>) {
  return status === undefined ? {} : { status };
}
