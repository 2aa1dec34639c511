import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { type Clock, systemClock } from '../clock.ts';
import { type Call, CallLog } from './callLog.ts';
import { Endpoint } from './endpoint.ts';
import { EventBus } from './eventBus.ts';
import { Faults } from './faults.ts';
import { createHttpServer } from './http.ts';
import { seededRandom } from './random.ts';
import { type RateLimit, SimulatedRateLimiter } from './rateLimit.ts';
import { eventQueueNames, milliseconds, type Seed } from './seed.ts';
import { SimulatedAccounts, type SimulatedScope } from './simulatedAccounts.ts';
import { createQueues } from './simulatedQueue.ts';
import { SimulatedWorkSpaces } from './simulatedWorkspaces.ts';
import { Sqs } from './sqs.ts';
import { Sts } from './sts.ts';

export interface SimulatorOptions {
  readonly seed: Seed;
  /** Seeds of further accounts and regions behind the same address. */
  readonly otherSeeds?: readonly Seed[];
  /** Port. Defaults to 0, which selects a free one. */
  readonly port?: number;
  /** Host to listen on. Defaults to 127.0.0.1 because the simulator has no authentication. */
  readonly host?: string;
  /** Overrides the rate limit of the seed. No limit also applies to the Resource Groups Tagging API. */
  readonly rateLimit?: Partial<RateLimit>;
  readonly clock?: Clock;
  /** Returns numbers in [0, 1) for faults with a probability. Defaults to a generator with the seed's `randomSeed`. */
  readonly random?: () => number;
  /** Called after each call. */
  readonly onCall?: (call: Call) => void;
}

/** Running simulator with the scope of the first seed and all others. */
export interface Simulator extends SimulatedScope {
  /** Value for `AWS_ENDPOINT_URL`. It also serves the Resource Groups Tagging API, STS, and SQS. */
  readonly url: string;
  readonly others: readonly SimulatedScope[];
  /** Closes all connections, including those that a fault keeps waiting. */
  close(): Promise<void>;
}

/** Starts the simulator on this machine. Rejects if it can't listen. */
export async function startSimulator(options: SimulatorOptions): Promise<Simulator> {
  const { seed, otherSeeds = [], port = 0, host = '127.0.0.1', clock = systemClock } = options;
  const first = createScope(seed, options);
  const others = otherSeeds.map((other) => createScope(other, options));
  const sts = new Sts([seed, ...otherSeeds], () => clock.now());

  const closing = new AbortController();
  const server = createHttpServer(new SimulatedAccounts([first, ...others], sts), closing.signal);
  server.listen(port, host);
  await once(server, 'listening');
  const address = server.address() as AddressInfo;
  const hostname = address.family === 'IPv6' ? `[${address.address}]` : address.address;
  return {
    url: `http://${hostname}:${address.port}`,
    ...first,
    others,
    close: async () => {
      closing.abort(new Error('the simulator is closing'));
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}

function createScope(seed: Seed, { clock = systemClock, random, rateLimit, onCall }: SimulatorOptions): SimulatedScope {
  const randomNumber = random ?? seededRandom(seed.randomSeed);
  const faults = new Faults(seed.faults, randomNumber);
  const queues = createQueues(seed.queues, milliseconds, { clock, random: randomNumber });
  const eventQueues = eventQueueNames(seed).flatMap((name) => queues.get(name) ?? []);
  const events = new EventBus({ account: seed, queues: eventQueues, faults, clock });
  const calls = new CallLog(onCall);
  const limiter = new SimulatedRateLimiter({ ...seed.rateLimit, ...rateLimit }, clock, seed.undocumented.rateLimitPer);
  const taggingRate =
    rateLimit?.callsPerSecond === 0 ? { ...seed.taggingRateLimit, ...rateLimit } : seed.taggingRateLimit;
  const taggingLimiter = new SimulatedRateLimiter(taggingRate, clock);
  const simulated = new SimulatedWorkSpaces({
    seed,
    clock,
    failureOf: faults.failureOf,
    onAction: (action) => events.publishAction(action),
  });
  const { iamPolicy } = seed;
  const endpoint = new Endpoint({
    simulated,
    limiter,
    taggingLimiter,
    faults,
    calls,
    account: seed,
    iamPolicy,
    clock,
    events,
  });
  const sqs = new Sqs({ account: seed, queues, faults, iamPolicy, clock });
  return { accountID: seed.accountID, region: seed.region, simulated, faults, calls, queues, endpoint, sqs };
}
