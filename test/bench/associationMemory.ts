import process from 'node:process';
import { setFlagsFromString } from 'node:v8';
import { ResourceGroupsTaggingAPIClient } from '@aws-sdk/client-resource-groups-tagging-api';
import { WorkSpacesFleet } from '../../src/aws/fleet.ts';
import { RateLimitedClient } from '../../src/aws/rateLimitedClient.ts';
import { RateLimiter } from '../../src/aws/rateLimiter.ts';
import type { Clock } from '../../src/clock.ts';
import type { Fleet } from '../../src/fleet/ports.ts';
import type { Policy } from '../../src/policy/policy.ts';
import { ScaleFleet } from './scaleFleet.ts';
import { measureStretches } from './stretches.ts';
import { SyntheticPages, syntheticClient } from './syntheticAws.ts';

const SHAPE = { workspaces: 100_000, applications: 10, perWorkspace: 10, rare: 0 };
/** Allows the calls of a complete inventory within the interval of the policy. */
const LIMIT = { callsPerSecond: 100, burst: 100 };

/** Returns the adapter over a synthetic AWS that generates each page when it is requested, so that only the operator uses memory. */
function adapterOver(clock: Clock): Fleet {
  const options = {
    rateLimiter: new RateLimiter({ ...LIMIT, clock }),
    clock,
    random: () => 0.5,
    signal: new AbortController().signal,
  };
  return new WorkSpacesFleet(
    new RateLimitedClient({ ...options, client: syntheticClient(new SyntheticPages(SHAPE), clock, LIMIT) }),
    new RateLimitedClient({ ...options, client: new ResourceGroupsTaggingAPIClient({ region: 'eu-central-1' }) }),
    'inventory',
  );
}

/** Measures the memory of a process that runs a policy for one million associations twice. Requires `--expose-gc`. */
export async function memoryOfAssociations(policy: Policy) {
  // The operator sets the same flag.
  setFlagsFromString('--semi-space-growth-factor=1');
  const fleet = new ScaleFleet(adapterOver, [policy]);
  const runs: object[] = [];
  let [peak, peakOfColumns] = [0, 0];
  const timer = setInterval(() => {
    const { heapUsed, arrayBuffers } = process.memoryUsage();
    peak = Math.max(peak, heapUsed);
    peakOfColumns = Math.max(peakOfColumns, arrayBuffers);
  }, 5);
  for (let run = 0; run < 2; run++) {
    runs.push(await measureStretches(() => fleet.run(policy)));
  }
  clearInterval(timer);
  globalThis.gc?.();
  const megabytes = (bytes: number) => Math.round(bytes / 2 ** 20);
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return {
    'MB of heap': megabytes(heapUsed),
    'MB of columns': megabytes(arrayBuffers),
    'peak MB of heap': megabytes(peak),
    'peak MB of columns': megabytes(peakOfColumns),
    'peak MB of the process': Math.round(process.resourceUsage().maxRSS / 1024),
    plan: fleet.lastStatus(policy)?.plan,
    runs,
  };
}
