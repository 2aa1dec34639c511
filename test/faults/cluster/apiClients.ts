import type { ApiClient, ApiRequest } from '../../../src/kube/apiClient.ts';
import { ApiError } from '../../../src/kube/apiError.ts';
import type { SimulatedProcess } from '../process.ts';
import { ApiServer } from './apiServer.ts';
import type { Stored } from './simulatedCluster.ts';
import { type ApiParts, LATENCY } from './traffic.ts';
import { Watches } from './watches.ts';

/** The API server as processes reach it. Every request takes its time, and meets the faults that are at work. */
export class ApiClients {
  readonly watches: Watches;
  readonly #server: ApiServer;
  readonly #time: ApiParts['time'];
  readonly #faults: ApiParts['faults'];
  readonly #observer: ApiParts['observer'];
  readonly #boundary: ApiParts['boundary'];

  constructor(parts: ApiParts) {
    this.watches = new Watches(parts);
    this.#server = new ApiServer(parts);
    this.#time = parts.time;
    this.#faults = parts.faults;
    this.#observer = parts.observer;
    this.#boundary = parts.boundary;
  }

  /** A client of a process. Where no answer comes, it gives up after `timeoutMs` milliseconds. */
  clientOf(process: SimulatedProcess, timeoutMs: number): ApiClient {
    const client = {
      request: (request: ApiRequest) => this.#request(process, timeoutMs, request),
      lines: (request: ApiRequest, idleTimeoutMs: number, onOpen?: () => void) =>
        this.watches.lines(process, request, idleTimeoutMs, onOpen),
    };
    return client as unknown as ApiClient;
  }

  #request(process: SimulatedProcess, timeoutMs: number, request: ApiRequest): Promise<unknown> {
    const { signal } = request;
    return new Promise((resolve, reject) => {
      if (!process.isAlive || this.#boundary(process)) {
        return;
      }
      if (signal?.aborted) {
        reject(signal.reason);
        return;
      }
      const sentAt = this.#time.elapsed;
      let isOpen = true;
      const end = (action: () => void) => {
        if (isOpen) {
          isOpen = false;
          signal?.removeEventListener('abort', onAbort);
          action();
        }
      };
      const onAbort = () => end(() => reject(signal?.reason));
      signal?.addEventListener('abort', onAbort, { once: true });
      const answer = (ms: number, action: () => void) =>
        this.#time.after(ms, () =>
          process.deliver(() => {
            end(action);
            this.#boundary(process);
          }),
        );
      const unanswered = (ms: number) =>
        answer(ms, () => reject(ApiError.unanswered(request, 'the connection was lost')));
      this.#time.after(LATENCY, () => {
        if (this.#faults.strikes('ApiSilent') ?? (request.verb === 'list' && this.#faults.strikes('DeafWatches'))) {
          unanswered(timeoutMs);
          return;
        }
        const isStatus = request.subresource === 'status';
        if (this.#faults.strikes('ApiErrors') || (isStatus && this.#faults.strikes('StatusRefused'))) {
          answer(LATENCY, () => reject(new ApiError(request, { code: 500, text: 'etcdserver: no leader' })));
          return;
        }
        let result: unknown;
        try {
          result = this.#server.carryOut(process, request, sentAt);
        } catch (error) {
          answer(LATENCY, () => reject(error));
          return;
        }
        if (process.isAlive && this.#boundary(process)) {
          return;
        }
        if (request.verb !== 'list' && request.verb !== 'get' && this.#faults.strikes('LostWrites')) {
          unanswered(1_000);
          return;
        }
        answer(LATENCY, () => {
          if (request.verb === 'list' && request.resource.plural !== 'leases') {
            const { items } = result as { items: Stored[] };
            this.#observer.learnt(process, request.resource.plural, items, true);
          }
          resolve(result);
        });
      });
    });
  }
}
