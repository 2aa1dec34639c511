import { type AwsFleet, awsFleetOver, type Clients } from '../../../src/aws/createAwsFleet.ts';
import type { RateLimiter } from '../../../src/aws/rateLimiter.ts';
import type { Clock } from '../../../src/clock.ts';
import { FleetError } from '../../../src/fleet/errors.ts';
import type { SimulatedProcess } from '../process.ts';
import { FaultyEndpoint } from './faultyEndpoint.ts';
import { aborted, outcomeOf } from './sdkOutcome.ts';
import type { AwsParts, SentCall } from './traffic.ts';

/** Latency of a call in each direction (ms). */
const LATENCY_MS = { least: 5, most: 40 };
const TIMEOUT_MS = 30_000;

/**
 * AWS as processes reach it: behind the operator's own adapter, without the HTTP of the SDK. Every call has
 * latency and is subject to the active faults.
 */
export class AwsConnections {
  readonly #endpoint: FaultyEndpoint;
  readonly #parts: AwsParts;
  #requests = 0;

  constructor(parts: AwsParts) {
    this.#parts = parts;
    this.#endpoint = new FaultyEndpoint(parts);
  }

  /** Returns a connection from a process to a fleet. */
  connection(process: SimulatedProcess, clock: Clock, signal: AbortSignal) {
    const { accountID, region } = this.#parts.cloud.seed;
    return {
      identify: async () => {
        await this.#delay(process, 2 * LATENCY_MS.most);
        if (this.#parts.faults.hit('NoIdentity')) {
          throw new FleetError({ kind: 'Unavailable', operation: 'GetCallerIdentity', reason: 'no answer in time' });
        }
        return { accountID: accountID, arn: `arn:aws:iam::${accountID}:role/wsap`, region };
      },
      eventQueue: (_queueURL: string) => this.#parts.events?.queueOf(process, this.#parts.boundary),
      fleet: (rateLimiter: RateLimiter, _identity?: object, onChange?: (requestID: string) => void): AwsFleet => {
        const location = { partition: 'aws', accountID, region };
        const client = {
          send: (command: object, { abortSignal }: { abortSignal?: AbortSignal } = {}) =>
            this.#send(process, command, abortSignal),
        };
        const clients = { workspaces: client, tagging: client } as unknown as Clients;
        return awsFleetOver(clients, { rateLimiter, clock, random: this.#parts.random, signal, location, onChange });
      },
    };
  }

  #send(process: SimulatedProcess, command: object, signal: AbortSignal | undefined): Promise<unknown> {
    const operation = command.constructor.name.replace(/Command$/, '');
    const { input } = command as { input: Record<string, unknown> };
    return new Promise((resolve, reject) => {
      if (!process.isAlive || this.#parts.boundary(process)) {
        return;
      }
      if (signal?.aborted) {
        reject(aborted());
        return;
      }
      const requestID = this.#requestId();
      const sent: SentCall = { process, operation, input, at: this.#parts.time.elapsed, requestID };
      this.#parts.observer.callSent(sent);
      const onAbort = () => process.deliver(() => reject(aborted()));
      signal?.addEventListener('abort', onAbort, { once: true });
      const deliver = (ms: number, action: () => void) =>
        this.#parts.time.after(ms, () =>
          process.deliver(() => {
            signal?.removeEventListener('abort', onAbort);
            action();
            this.#parts.boundary(process);
          }),
        );
      this.#parts.time.after(this.#latency(), async () => {
        const isLate = this.#parts.faults.hit('Timeout') !== undefined;
        const isReached = !isLate || this.#parts.random() < 0.5;
        const answer = isReached ? await this.#endpoint.handle(sent) : undefined;
        if (process.isAlive && (this.#parts.boundary(process) || this.#isKilledBy(sent))) {
          return;
        }
        const delayMs = this.#parts.faults.hit('SlowResponses')?.amount ?? 0;
        if (isLate || answer === undefined) {
          deliver(TIMEOUT_MS, () => reject(Object.assign(new Error('no answer'), { name: 'TimeoutError' })));
          return;
        }
        deliver(this.#latency() + delayMs, () => {
          const outcome = outcomeOf(answer, requestID);
          if ('output' in outcome) {
            this.#parts.observer.responseReceived(sent, outcome.output);
            resolve(outcome.output);
          } else {
            this.#parts.observer.errorReceived(sent, outcome.error);
            reject(outcome.error);
          }
        });
      });
    });
  }

  /** Resolves in a process after `ms` milliseconds. */
  #delay(process: SimulatedProcess, ms: number): Promise<void> {
    return new Promise((resolve) => {
      this.#parts.time.after(ms, () => process.deliver(resolve));
    });
  }

  #latency(): number {
    return LATENCY_MS.least + this.#parts.random() * (LATENCY_MS.most - LATENCY_MS.least);
  }

  /** Kills the process if a fault demands it for this call. Returns whether it did. */
  #isKilledBy({ process, operation }: SentCall): boolean {
    const isKilled =
      operation === 'DisassociateWorkspaceApplication' && this.#parts.faults.hit('CrashOnRemoval') !== undefined;
    if (isKilled) {
      this.#parts.crash(process);
    }
    return isKilled;
  }

  #requestId(): string {
    return `request-${++this.#requests}`;
  }
}
