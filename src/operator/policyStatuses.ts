import type { Clock } from '../clock.ts';
import type { Reflector } from '../kube/reflector.ts';
import { objectKey } from '../kube/resource.ts';
import type { StatusWriter } from '../kube/statusWriter.ts';
import type { PolicyStatus } from '../status/resource.ts';
import { isWorthWriting } from '../status/status.ts';
import type { PolicyObject } from './resources.ts';

/** How long the last status may take to be written when the process stops, in milliseconds. */
const LAST_WRITE = 5_000;

type Stated = Pick<PolicyObject, 'metadata' | 'status'>;

/** The statuses of policies: reads what was written last, also before the watch has caught up with it, and writes what has changed. */
export class PolicyStatuses {
  readonly #writer: Pick<StatusWriter<PolicyObject>, 'apply'>;
  readonly #reflector: Pick<Reflector<PolicyObject>, 'get'>;
  readonly #clock: Clock;
  readonly #stopping: AbortSignal;
  readonly #written = new Map<string, Stated>();
  readonly #unwritten = new Set<string>();

  constructor(
    writer: Pick<StatusWriter<PolicyObject>, 'apply'>,
    reflector: Pick<Reflector<PolicyObject>, 'get'>,
    clock: Clock,
    stopping: AbortSignal,
  ) {
    this.#writer = writer;
    this.#reflector = reflector;
    this.#clock = clock;
    this.#stopping = stopping;
  }

  /** The newest version that is known. */
  latest(key: string): Stated | undefined {
    const watched = this.#reflector.get(key);
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

  /** Whether the last status couldn't be written: then nobody would see what is done. */
  isUnwritten(key: string): boolean {
    return this.#unwritten.has(key);
  }

  /** Writes the status of an object as it was read, if it is worth it. Rejects with ApiError. */
  async write(object: Stated, status: PolicyStatus): Promise<void> {
    const key = objectKey(object.metadata);
    // The object may have changed meanwhile; its newest version is what the status is compared with and applied to.
    const latest = this.latest(key) ?? object;
    if (latest.metadata.uid !== object.metadata.uid || !isWorthWriting(latest.status, status, this.#clock.now())) {
      this.#unwritten.delete(key);
      return;
    }
    this.#unwritten.add(key);
    const signal = this.#stopping.aborted ? AbortSignal.timeout(LAST_WRITE) : undefined;
    const written = await this.#writer.apply(latest.metadata, status, signal);
    this.#unwritten.delete(key);
    if (written !== 'NotFound') {
      this.#written.set(key, { metadata: { ...latest.metadata, ...versionIn(written) }, ...statusIn(written) });
    }
  }

  forget(key: string): void {
    this.#written.delete(key);
    this.#unwritten.delete(key);
  }
}

function versionIn({ metadata: { resourceVersion } }: PolicyObject) {
  return resourceVersion === undefined ? {} : { resourceVersion };
}

function statusIn({ status }: PolicyObject) {
  return status === undefined ? {} : { status };
}

/** Versions of one resource are numbers that grow (KEP-5504). */
function versionOf({ metadata: { resourceVersion = '' } }: Stated): bigint {
  return /^\d+$/.test(resourceVersion) ? BigInt(resourceVersion) : 0n;
}
