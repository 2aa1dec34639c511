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
  readonly #cloud: AwsParts['cloud'];
  readonly #time: AwsParts['time'];
  readonly #faults: AwsParts['faults'];
  readonly #observer: AwsParts['observer'];
  readonly #boundary: AwsParts['boundary'];
  readonly #crash: AwsParts['crash'];
  readonly #random: AwsParts['random'];
  #requests = 0;

  constructor(parts: AwsParts) {
    this.#endpoint = new FaultyEndpoint(parts);
    this.#cloud = parts.cloud;
    this.#time = parts.time;
    this.#faults = parts.faults;
    this.#observer = parts.observer;
    this.#boundary = parts.boundary;
    this.#crash = parts.crash;
    this.#random = parts.random;
  }

  /** Returns a connection from a process to a fleet. */
  connection(process: SimulatedProcess, clock: Clock, signal: AbortSignal) {
    const { accountID, region } = this.#cloud.seed;
    return {
      identify: async () => {
        await this.#delay(process, 2 * LATENCY_MS.most);
        if (this.#faults.hit('NoIdentity')) {
          throw new FleetError({ kind: 'Unavailable', operation: 'GetCallerIdentity', reason: 'no answer in time' });
        }
        return { accountID: accountID, arn: `arn:aws:iam::${accountID}:role/wsap`, region };
      },
      fleet: (rateLimiter: RateLimiter): AwsFleet => {
        const client = {
          send: (command: object, { abortSignal }: { abortSignal?: AbortSignal } = {}) =>
            this.#send(process, command, abortSignal),
        };
        const clients = { workspaces: client, tagging: client } as unknown as Clients;
        return awsFleetOver(clients, { rateLimiter, clock, random: this.#random, signal });
      },
    };
  }

  #send(process: SimulatedProcess, command: object, signal: AbortSignal | undefined): Promise<unknown> {
    const operation = command.constructor.name.replace(/Command$/, '');
    const { input } = command as { input: Record<string, unknown> };
    return new Promise((resolve, reject) => {
      if (!process.isAlive || this.#boundary(process)) {
        return;
      }
      if (signal?.aborted) {
        reject(aborted());
        return;
      }
      const sent: SentCall = { process, operation, input, at: this.#time.elapsed };
      this.#observer.callSent(sent);
      const onAbort = () => process.deliver(() => reject(aborted()));
      signal?.addEventListener('abort', onAbort, { once: true });
      const deliver = (ms: number, action: () => void) =>
        this.#time.after(ms, () =>
          process.deliver(() => {
            signal?.removeEventListener('abort', onAbort);
            action();
            this.#boundary(process);
          }),
        );
      this.#time.after(this.#latency(), async () => {
        const isLate = this.#faults.hit('Timeout') !== undefined;
        const isReached = !isLate || this.#random() < 0.5;
        const answer = isReached ? await this.#endpoint.handle(sent) : undefined;
        if (process.isAlive && (this.#boundary(process) || this.#isKilledBy(sent))) {
          return;
        }
        const delayMs = this.#faults.hit('SlowAnswers')?.amount ?? 0;
        if (isLate || answer === undefined) {
          deliver(TIMEOUT_MS, () => reject(Object.assign(new Error('no answer'), { name: 'TimeoutError' })));
          return;
        }
        deliver(this.#latency() + delayMs, () => {
          const outcome = outcomeOf(answer, this.#requestId());
          if ('output' in outcome) {
            this.#observer.responseReceived(sent, outcome.output);
            resolve(outcome.output);
          } else {
            reject(outcome.error);
          }
        });
      });
    });
  }

  /** Resolves in a process after `ms` milliseconds. */
  #delay(process: SimulatedProcess, ms: number): Promise<void> {
    return new Promise((resolve) => {
      this.#time.after(ms, () => process.deliver(resolve));
    });
  }

  #latency(): number {
    return LATENCY_MS.least + this.#random() * (LATENCY_MS.most - LATENCY_MS.least);
  }

  /** Kills the process if a fault demands it for this call. Returns whether it did. */
  #isKilledBy({ process, operation }: SentCall): boolean {
    const isKilled =
      operation === 'DisassociateWorkspaceApplication' && this.#faults.hit('CrashOnRemoval') !== undefined;
    if (isKilled) {
      this.#crash(process);
    }
    return isKilled;
  }

  #requestId(): string {
    return `request-${++this.#requests}`;
  }
}
