import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { type Clock, systemClock } from '../clock.ts';
import { type Call, CallLog } from './callLog.ts';
import { Endpoint } from './endpoint.ts';
import { Faults } from './faults.ts';
import { createHttpServer } from './http.ts';
import { seededRandom } from './random.ts';
import { type RateLimit, SimulatedRateLimiter } from './rateLimit.ts';
import type { Seed } from './seed.ts';
import { SimulatedAccounts, type SimulatedScope } from './simulatedAccounts.ts';
import { SimulatedWorkSpaces } from './simulatedWorkspaces.ts';
import { Sts } from './sts.ts';

export interface SimulatorOptions {
  readonly seed: Seed;
  /** Further accounts and regions behind the same address. */
  readonly otherSeeds?: readonly Seed[];
  /** 0, the default, takes a free one. */
  readonly port?: number;
  /** 127.0.0.1 by default: the simulator asks nobody who they are. */
  readonly host?: string;
  /** In place of the seed's. */
  readonly rateLimit?: Partial<RateLimit>;
  readonly clock?: Clock;
  /** In [0, 1), for faults with a probability; by default determined by the seed. */
  readonly random?: () => number;
  /** Told of each call once it is answered. */
  readonly onCall?: (call: Call) => void;
}

/** The account and region of the first seed, and the others beside it. */
export interface Simulator extends SimulatedScope {
  /** What AWS_ENDPOINT_URL is to be: it also stands in for the Resource Groups Tagging API and for STS. */
  readonly url: string;
  readonly others: readonly SimulatedScope[];
  /** Closes every connection, those also that a fault keeps waiting. */
  close(): Promise<void>;
}

/** Starts the WorkSpaces endpoint on this machine. Rejects if it can't listen. */
export async function startSimulator(options: SimulatorOptions): Promise<Simulator> {
  const { seed, otherSeeds = [], port = 0, host = '127.0.0.1', clock = systemClock } = options;
  const first = placeFor(seed, options);
  const others = otherSeeds.map((other) => placeFor(other, options));
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

function placeFor(seed: Seed, { clock = systemClock, random, rateLimit, onCall }: SimulatorOptions): SimulatedScope {
  const faults = new Faults(seed.faults, random ?? seededRandom(seed.randomSeed));
  const calls = new CallLog(onCall);
  const limiter = new SimulatedRateLimiter({ ...seed.rateLimit, ...rateLimit }, clock);
  const simulated = new SimulatedWorkSpaces({ seed, clock, failureOf: faults.failureOf });
  const { iamPolicy } = seed;
  const endpoint = new Endpoint({ simulated, limiter, faults, calls, account: seed, iamPolicy, clock });
  return { accountID: seed.accountID, region: seed.region, simulated, faults, calls, endpoint };
}
