import type { ApiRequest } from '../../../src/kube/apiClient.ts';
import { ApiError } from '../../../src/kube/apiError.ts';
import type { FaultKind } from '../faults.ts';
import type { SimulatedProcess } from '../process.ts';
import type { WatchEvent } from './simulatedCluster.ts';
import { type ApiParts, LATENCY_MS } from './traffic.ts';

/** Waits of one watch. */
interface Waits {
  readonly wait: (ms: number, plural?: string) => Promise<void>;
  readonly end: () => void;
}

/** Watches of processes, subject to the active faults. */
export class Watches {
  /** Time between bookmarks (ms). */
  bookmarkIntervalMs = 80_000;
  readonly #cluster: ApiParts['cluster'];
  readonly #time: ApiParts['time'];
  readonly #faults: ApiParts['faults'];
  readonly #observer: ApiParts['observer'];

  constructor({ cluster, time, faults, observer }: ApiParts) {
    this.#cluster = cluster;
    this.#time = time;
    this.#faults = faults;
    this.#observer = observer;
  }

  /** Yields the lines of a watch until it ends, or until nothing has arrived for `idleTimeoutMs` milliseconds. */
  async *lines(
    process: SimulatedProcess,
    request: ApiRequest,
    idleTimeoutMs: number,
    onOpen: (() => void) | undefined,
  ): AsyncGenerator<string, void, undefined> {
    const { signal } = request;
    const wait = this.#waits(process, signal);
    try {
      yield* this.#events(process, request, idleTimeoutMs, onOpen, wait);
    } finally {
      wait.end();
    }
  }

  async *#events(
    process: SimulatedProcess,
    request: ApiRequest,
    idleTimeoutMs: number,
    onOpen: (() => void) | undefined,
    { wait }: Waits,
  ): AsyncGenerator<string, void, undefined> {
    const { query = {} } = request;
    const { plural } = request.resource;
    const events = this.#cluster.events(plural);
    await wait(LATENCY_MS);
    let position = Number(query.resourceVersion);
    if (['ApiSilent', 'ApiErrors', 'DeafWatches'].some((kind) => this.#faults.hit(kind as FaultKind))) {
      throw ApiError.unanswered(request, 'the connection was refused');
    }
    if (position < this.#cluster.expiredAt) {
      throw new ApiError(request, { code: 410, reason: 'Expired', text: 'too old resource version' });
    }
    onOpen?.();
    this.#observer.contacted(process, plural);
    const opened = this.#time.elapsed;
    const endsAt = opened + Number(query.timeoutSeconds) * 1_000;
    let bookmarkAt = opened + this.bookmarkIntervalMs;
    let lastContactAt = opened;
    let index = events.findIndex(({ revision }) => revision > position);
    index = index === -1 ? events.length : index;
    for (;;) {
      const now = this.#time.elapsed;
      if (now >= endsAt || now - lastContactAt >= idleTimeoutMs) {
        return;
      }
      if (position < this.#cluster.expiredAt && this.#cluster.expiredAt > Number(query.resourceVersion)) {
        yield JSON.stringify({
          type: 'ERROR',
          object: { kind: 'Status', code: 410, message: 'too old resource version' },
        });
        return;
      }
      const event = events[index];
      const lag = this.#faults.hit('LateEvents')?.amount ?? LATENCY_MS;
      const dueAt = event === undefined ? Number.POSITIVE_INFINITY : event.at + lag;
      const isSilent = (this.#faults.hit('ApiSilent') ?? this.#faults.hit('DeafWatches')) !== undefined;
      if (!isSilent && event !== undefined && dueAt <= now) {
        index++;
        position = event.revision;
        lastContactAt = now;
        if (plural !== 'leases') {
          this.#report(process, plural, event);
        }
        yield `{"type":"${event.type}","object":${event.json()}}`;
        continue;
      }
      if (!isSilent && bookmarkAt <= now) {
        bookmarkAt = now + this.bookmarkIntervalMs;
        lastContactAt = now;
        if (event === undefined) {
          position = this.#cluster.revision;
        }
        this.#observer.contacted(process, plural);
        yield JSON.stringify({ type: 'BOOKMARK', object: { metadata: { resourceVersion: String(position) } } });
        continue;
      }
      const next = isSilent ? now + 5_000 : Math.min(dueAt, bookmarkAt);
      await wait(Math.min(next, endsAt, lastContactAt + idleTimeoutMs) - now, plural);
    }
  }

  #report(process: SimulatedProcess, plural: string, { type, object }: WatchEvent): void {
    if (type === 'DELETED') {
      this.#observer.objectDeleted(process, plural, object);
    } else {
      this.#observer.objectsReceived(process, plural, [object], false);
    }
  }

  /** Returns waits that end early on an event of a resource. They reject after the signal is aborted. */
  #waits(process: SimulatedProcess, signal: AbortSignal | undefined): Waits {
    let wake: (() => void) | undefined;
    const onAbort = () => wake?.();
    signal?.addEventListener('abort', onAbort, { once: true });
    return {
      wait: (ms, plural) =>
        new Promise((resolve, reject) => {
          if (signal?.aborted) {
            reject(signal.reason);
            return;
          }
          const end = () => {
            cancel();
            stopListening?.();
            wake = undefined;
            process.deliver(() => (signal?.aborted ? reject(signal.reason) : resolve()));
          };
          wake = end;
          const cancel = this.#time.after(ms, end);
          const stopListening = plural === undefined ? undefined : this.#cluster.onEvent(plural, end);
        }),
      end: () => signal?.removeEventListener('abort', onAbort),
    };
  }
}
