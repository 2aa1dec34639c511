import { once } from 'node:events';
import { networkInterfaces } from 'node:os';
import process from 'node:process';
import { sanitize } from '../../sanitize.ts';
import type { Call } from '../../simulator/callLog.ts';
import { isMutation } from '../../simulator/endpoint.ts';
import type { Fault } from '../../simulator/faults.ts';
import { seedOfInventory } from '../../simulator/fromInventory.ts';
import { eventQueueNames, readIamPolicy, readSeed, type Seed, SeedError, seedFrom } from '../../simulator/seed.ts';
import { type Simulator, startSimulator } from '../../simulator/start.ts';
import type { Undocumented } from '../../simulator/undocumented.ts';
import { EXIT } from '../exit.ts';
import { readInventoryFile } from './inventory/read.ts';

/** Flags of `wsap simulate`. */
export interface SimulateFlags {
  readonly seed: readonly string[];
  readonly from: readonly string[];
  readonly port: number;
  readonly host: string;
  readonly callsPerSecond?: number;
  readonly burst?: number;
  readonly fault: readonly Fault[];
  readonly undocumented: Partial<Undocumented>;
  readonly iamPolicy?: string;
}

/** Serves the simulated API until SIGINT or SIGTERM. Prints how to use it, then each change. */
export async function simulate(flags: SimulateFlags): Promise<void> {
  let simulator: Simulator;
  let seeds: readonly Seed[];
  try {
    seeds = await readSeeds(flags);
    simulator = await start(seeds, flags);
  } catch (error) {
    if (!(error instanceof SeedError) && !isListenError(error)) {
      throw error;
    }
    process.stderr.write(`wsap: ${error.message}\n`);
    process.exitCode = EXIT.error;
    return;
  }
  const stopped = Promise.race([once(process, 'SIGINT'), once(process, 'SIGTERM')]);
  process.stdout.write(banner(reachableURL(simulator.url), seeds));
  await stopped;
  await simulator.close();
}

async function readSeeds({ seed, from, fault, undocumented, iamPolicy }: SimulateFlags): Promise<readonly Seed[]> {
  const seeds = await Promise.all([...seed.map(readSeed), ...from.map(seedOfInventoryFile)]);
  const permissions = iamPolicy === undefined ? undefined : await readIamPolicy(iamPolicy);
  if (seeds.length === 0) {
    throw new SeedError(['no fleet to simulate; set --seed FILE or --from INVENTORY']);
  }
  const duplicate = seeds.find((one, index) => seeds.findIndex((other) => isSameScope(one, other)) < index);
  if (duplicate !== undefined) {
    throw new SeedError([
      `two of the fleets use account ${duplicate.accountID} in ${duplicate.region}; change the region of one of them`,
    ]);
  }
  return seeds.map((one) => ({
    ...one,
    faults: [...one.faults, ...fault],
    undocumented: { ...one.undocumented, ...undocumented },
    iamPolicy: permissions ?? one.iamPolicy,
  }));
}

async function seedOfInventoryFile(file: string): Promise<Seed> {
  const inventory = await readInventoryFile(file);
  try {
    return seedFrom(seedOfInventory(inventory));
  } catch (error) {
    throw error instanceof SeedError
      ? new SeedError(error.problems.map((problem) => `${sanitize(file)}: ${problem}`))
      : error;
  }
}

function isSameScope(a: Seed, b: Seed): boolean {
  return a.accountID === b.accountID && a.region === b.region;
}

function start(seeds: readonly Seed[], { port, host, callsPerSecond, burst }: SimulateFlags): Promise<Simulator> {
  const [seed, ...otherSeeds] = seeds as [Seed, ...Seed[]];
  return startSimulator({
    seed,
    otherSeeds,
    port,
    host,
    rateLimit: {
      ...(callsPerSecond !== undefined && { callsPerSecond }),
      ...(burst !== undefined && { burst }),
    },
    onCall: (call) => {
      const line = mutationLine(call, seeds);
      if (line !== undefined) {
        process.stdout.write(`${line}\n`);
      }
    },
  });
}

function isListenError(error: unknown): error is NodeJS.ErrnoException {
  return error instanceof Error && (error as NodeJS.ErrnoException).syscall !== undefined;
}

/**
 * Replaces an address that stands for all addresses of this machine, which clients can't connect to, with the first external one. Without
 * an external address, it is the loopback address.
 */
function reachableURL(url: string): string {
  const { hostname, port } = new URL(url);
  if (hostname !== '0.0.0.0' && hostname !== '[::]') {
    return url;
  }
  const external = Object.values(networkInterfaces())
    .flatMap((addresses) => addresses ?? [])
    .find(({ internal, family }) => !internal && family === 'IPv4');
  return `http://${external?.address ?? '127.0.0.1'}:${port}`;
}

/** Returns a shell script that sets the environment, with comments that describe the simulator. */
function banner(url: string, seeds: readonly Seed[]): string {
  const [{ region } = { region: '' }, ...others] = seeds;
  const variables = `AWS_ENDPOINT_URL=${url} AWS_REGION=${region} AWS_ACCESS_KEY_ID=simulated AWS_SECRET_ACCESS_KEY=simulated`;
  return [
    ...seeds.map((one) => {
      const account = others.length > 0 ? `account ${one.accountID} in ` : '';
      return `# Simulating ${one.workspaces.length} WorkSpaces and ${one.applications.length} applications in ${account}${one.region}.`;
    }),
    '# To use the simulator, set these variables in another terminal:',
    `export ${variables}`,
    `# Faults, calls, and state: ${url}/_simulator/{faults,calls,workspaces,queues}`,
    ...seeds.flatMap(eventQueueLines),
    ...others.map(
      (one) =>
        `# The same for account ${one.accountID} in ${one.region}: ${url}/_simulator/${one.accountID}/${one.region}/{faults,calls,workspaces,queues}`,
    ),
    '# Changes are shown below. To stop the simulator, press Ctrl-C.',
    '',
  ].join('\n');
}

/** Returns a line for each queue that receives events. AWS_ENDPOINT_URL decides where requests for it go, not its host. */
function eventQueueLines(seed: Seed): string[] {
  const { accountID, region } = seed;
  return eventQueueNames(seed).map(
    (name) => `# Queue for spec.events.queueURL: https://sqs.${region}.amazonaws.com/${accountID}/${name}`,
  );
}

/** Returns a line for a call that makes a change or tries to; undefined for a read. */
function mutationLine(call: Call, seeds: readonly Seed[]): string | undefined {
  if (!isMutation(call.operation)) {
    return undefined;
  }
  const workspaces = seeds.flatMap((seed) => seed.workspaces);
  const applications = seeds.flatMap((seed) => seed.applications);
  const { WorkspaceId, ApplicationId } = (call.input ?? {}) as { WorkspaceId?: string; ApplicationId?: string };
  const user = workspaces.find(({ workspaceID }) => workspaceID === WorkspaceId)?.userName;
  const nameOf = (id: unknown) =>
    applications.find(({ applicationID }) => applicationID === id)?.name ?? String(id ?? '');
  const states = (call.associations ?? []).map((association) =>
    ApplicationId === undefined
      ? `${nameOf(association.AssociatedResourceId)} ${association.State}`
      : association.State,
  );
  const result = call.error ?? (states.length > 0 ? states.join(', ') : 'not carried out');
  const cells = [
    call.time.slice(11, 19),
    call.operation,
    `${WorkspaceId ?? ''}${user === undefined ? '' : ` (${user})`}`,
    ...(ApplicationId === undefined ? [] : [nameOf(ApplicationId)]),
    `→ ${result}`,
    ...(call.fault === undefined ? [] : [`[fault ${call.fault}]`]),
  ];
  return sanitize(cells.join('  '), 400);
}
