import type { ApiClient, ApiRequest } from '../../../src/kube/apiClient.ts';
import { ApiError } from '../../../src/kube/apiError.ts';
import type { SimulatedProcess } from '../process.ts';
import { ApiServer } from './apiServer.ts';
import type { StoredObject } from './simulatedCluster.ts';
import { type ApiParts, LATENCY_MS } from './traffic.ts';
import { Watches } from './watches.ts';

/** API server as processes reach it. Every request has latency and is subject to the active faults. */
export class ApiClients {
  readonly watches: Watches;
  readonly #server: ApiServer;
  readonly #parts: ApiParts;

  constructor(parts: ApiParts) {
    this.#parts = parts;
    this.watches = new Watches(parts);
    this.#server = new ApiServer(parts);
  }

  /** Returns the client of a process. A request without a response times out after `timeoutMs` milliseconds. */
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
      if (!process.isAlive || this.#parts.boundary(process)) {
        return;
      }
      if (signal?.aborted) {
        reject(signal.reason);
        return;
      }
      const sentAt = this.#parts.time.elapsed;
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
        this.#parts.time.after(ms, () =>
          process.deliver(() => {
            end(action);
            this.#parts.boundary(process);
          }),
        );
      const loseConnection = (ms: number) =>
        answer(ms, () => reject(ApiError.unanswered(request, 'the connection was lost')));
      this.#parts.time.after(LATENCY_MS, () => {
        if (
          this.#parts.faults.hit('ApiSilence') ??
          (request.verb === 'list' && this.#parts.faults.hit('SilentWatches'))
        ) {
          loseConnection(timeoutMs);
          return;
        }
        const isStatus = request.subresource === 'status';
        const rejected = isStatus ? this.#parts.faults.hit('StatusRejected') : undefined;
        if (this.#parts.faults.hit('ApiErrors') ?? rejected) {
          // A status that the CRD doesn't permit is rejected with 422, which isn't temporary.
          const code = rejected?.amount === 422 ? 422 : 500;
          answer(LATENCY_MS, () => reject(new ApiError(request, { code, text: 'etcdserver: no leader' })));
          return;
        }
        let result: unknown;
        try {
          result = this.#server.carryOut(process, request, sentAt);
        } catch (error) {
          answer(LATENCY_MS, () => reject(error));
          return;
        }
        if (process.isAlive && this.#parts.boundary(process)) {
          return;
        }
        if (request.verb !== 'list' && request.verb !== 'get' && this.#parts.faults.hit('LostWrites')) {
          loseConnection(1_000);
          return;
        }
        answer(LATENCY_MS, () => {
          if (request.verb === 'list' && request.resource.plural !== 'leases') {
            const { items } = result as { items: StoredObject[] };
            this.#parts.observer.objectsReceived(process, request.resource.plural, items, true);
          }
          resolve(result);
        });
      });
    });
  }
}
