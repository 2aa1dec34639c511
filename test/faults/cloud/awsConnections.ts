import { type AwsFleet, awsFleetOver, type Clients } from '../../../src/aws/createAwsFleet.ts';
import type { RateLimiter } from '../../../src/aws/rateLimiter.ts';
import type { Clock } from '../../../src/clock.ts';
import { FleetError } from '../../../src/fleet/errors.ts';
import type { SimulatedProcess } from '../process.ts';
import { FaultyEndpoint } from './faultyEndpoint.ts';
import { aborted, outcomeOf } from './sdkOutcome.ts';
import type { AwsParts, Sent } from './traffic.ts';

/** Milliseconds that a call takes on its way, each way. */
const LATENCY = { least: 5, most: 40 };
const TIMEOUT = 30_000;

/**
 * AWS as processes reach it: behind the operator's own adapter, but for the SDK's wire. Every call takes its time, and meets the faults
 * that are at work.
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

  /** A connection of a process to a fleet. */
  connection(process: SimulatedProcess, clock: Clock, signal: AbortSignal) {
    const { accountID, region } = this.#cloud.seed;
    return {
      identify: async () => {
        await this.#trip(process, 2 * LATENCY.most);
        if (this.#faults.strikes('NoIdentity')) {
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
      const sent: Sent = { process, operation, input, at: this.#time.elapsed };
      this.#observer.sending(sent);
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
        const isLate = this.#faults.strikes('Timeout') !== undefined;
        const isReached = !isLate || this.#random() < 0.5;
        const answer = isReached ? await this.#endpoint.handle(sent) : undefined;
        if (process.isAlive && (this.#boundary(process) || this.#isKilledBy(sent))) {
          return;
        }
        const slow = this.#faults.strikes('SlowAnswers')?.amount ?? 0;
        if (isLate || answer === undefined) {
          deliver(TIMEOUT, () => reject(Object.assign(new Error('no answer'), { name: 'TimeoutError' })));
          return;
        }
        deliver(this.#latency() + slow, () => {
          const outcome = outcomeOf(answer, this.#requestId());
          if ('output' in outcome) {
            this.#observer.answered(sent, outcome.output);
            resolve(outcome.output);
          } else {
            reject(outcome.error);
          }
        });
      });
    });
  }

  /** Resolves in a process after so many milliseconds. */
  #trip(process: SimulatedProcess, ms: number): Promise<void> {
    return new Promise((resolve) => {
      this.#time.after(ms, () => process.deliver(resolve));
    });
  }

  #latency(): number {
    return LATENCY.least + this.#random() * (LATENCY.most - LATENCY.least);
  }

  /** Whether a process is killed for what has been done for it. */
  #isKilledBy({ process, operation }: Sent): boolean {
    const isHit =
      operation === 'DisassociateWorkspaceApplication' && this.#faults.strikes('CrashOnRemoval') !== undefined;
    if (isHit) {
      this.#crash(process);
    }
    return isHit;
  }

  #requestId(): string {
    return `request-${++this.#requests}`;
  }
}
