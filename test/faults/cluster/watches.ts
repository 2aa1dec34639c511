import type { ApiRequest } from '../../../src/kube/apiClient.ts';
import { ApiError } from '../../../src/kube/apiError.ts';
import type { FaultKind } from '../faults.ts';
import type { SimulatedProcess } from '../process.ts';
import type { Happened } from './simulatedCluster.ts';
import { type ApiParts, LATENCY } from './traffic.ts';

/** Waits of one watch. */
interface Pauses {
  readonly pause: (ms: number, plural?: string) => Promise<void>;
  readonly end: () => void;
}

/** The watches of processes: the events of a cluster, and what faults make of them. */
export class Watches {
  /** Milliseconds between the bookmarks of a watch. */
  bookmarksEvery = 80_000;
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

  /** The lines that a watch of a process answers with, until it ends or nothing has come for `idleTimeoutMs` milliseconds. */
  async *lines(
    process: SimulatedProcess,
    request: ApiRequest,
    idleTimeoutMs: number,
    onOpen: (() => void) | undefined,
  ): AsyncGenerator<string, void, undefined> {
    const { signal } = request;
    const pause = this.#pauses(process, signal);
    try {
      yield* this.#events(process, request, idleTimeoutMs, onOpen, pause);
    } finally {
      pause.end();
    }
  }

  async *#events(
    process: SimulatedProcess,
    request: ApiRequest,
    idleTimeoutMs: number,
    onOpen: (() => void) | undefined,
    { pause }: Pauses,
  ): AsyncGenerator<string, void, undefined> {
    const { query = {} } = request;
    const { plural } = request.resource;
    const events = this.#cluster.events(plural);
    await pause(LATENCY);
    let position = Number(query.resourceVersion);
    if (['ApiSilent', 'ApiErrors', 'DeafWatches'].some((kind) => this.#faults.strikes(kind as FaultKind))) {
      throw ApiError.unanswered(request, 'the connection was refused');
    }
    if (position < this.#cluster.expiredAt) {
      throw new ApiError(request, { code: 410, reason: 'Expired', text: 'too old resource version' });
    }
    onOpen?.();
    this.#observer.heard(process, plural);
    const opened = this.#time.elapsed;
    const endsAt = opened + Number(query.timeoutSeconds) * 1_000;
    let bookmarkAt = opened + this.bookmarksEvery;
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
      const lag = this.#faults.strikes('LateEvents')?.amount ?? LATENCY;
      const dueAt = event === undefined ? Number.POSITIVE_INFINITY : event.at + lag;
      const isSilent = (this.#faults.strikes('ApiSilent') ?? this.#faults.strikes('DeafWatches')) !== undefined;
      if (!isSilent && event !== undefined && dueAt <= now) {
        index++;
        position = event.revision;
        lastContactAt = now;
        if (plural !== 'leases') {
          this.#tell(process, plural, event);
        }
        yield `{"type":"${event.type}","object":${event.json()}}`;
        continue;
      }
      if (!isSilent && bookmarkAt <= now) {
        bookmarkAt = now + this.bookmarksEvery;
        lastContactAt = now;
        if (event === undefined) {
          position = this.#cluster.revision;
        }
        this.#observer.heard(process, plural);
        yield JSON.stringify({ type: 'BOOKMARK', object: { metadata: { resourceVersion: String(position) } } });
        continue;
      }
      const next = isSilent ? now + 5_000 : Math.min(dueAt, bookmarkAt);
      await pause(Math.min(next, endsAt, lastContactAt + idleTimeoutMs) - now, plural);
    }
  }

  #tell(process: SimulatedProcess, plural: string, { type, object }: Happened): void {
    if (type === 'DELETED') {
      this.#observer.forgot(process, plural, object);
    } else {
      this.#observer.learnt(process, plural, [object], false);
    }
  }

  /** Waits in a process, each at most until something has happened to a kind. They reject once the signal is aborted. */
  #pauses(process: SimulatedProcess, signal: AbortSignal | undefined): Pauses {
    let wake: (() => void) | undefined;
    const onAbort = () => wake?.();
    signal?.addEventListener('abort', onAbort, { once: true });
    return {
      pause: (ms, plural) =>
        new Promise((resolve, reject) => {
          if (signal?.aborted) {
            reject(signal.reason);
            return;
          }
          const end = () => {
            callOff();
            stopListening?.();
            wake = undefined;
            process.deliver(() => (signal?.aborted ? reject(signal.reason) : resolve()));
          };
          wake = end;
          const callOff = this.#time.after(ms, end);
          const stopListening = plural === undefined ? undefined : this.#cluster.onEvent(plural, end);
        }),
      end: () => signal?.removeEventListener('abort', onAbort),
    };
  }
}
