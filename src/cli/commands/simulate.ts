import { once } from 'node:events';
import { Command, InvalidArgumentError, Option } from 'commander';
import { sanitize } from '../../sanitize.ts';
import type { Call } from '../../simulator/callLog.ts';
import { isMutation } from '../../simulator/endpoint.ts';
import type { Fault } from '../../simulator/faults.ts';
import { parseFault } from '../../simulator/faultText.ts';
import { readIamPolicy, readSeed, type Seed, SeedError, seedFrom } from '../../simulator/seed.ts';
import { type Simulator, startSimulator } from '../../simulator/start.ts';

interface SimulateOptions {
  readonly seed: readonly string[];
  readonly from: readonly string[];
  readonly port: number;
  readonly host: string;
  readonly callsPerSecond?: number;
  readonly burst?: number;
  readonly fault: readonly Fault[];
  readonly iamPolicy?: string;
}

/** `wsap simulate`: the WorkSpaces endpoint on this machine until SIGINT or SIGTERM. */
export function simulateCommand(): Command {
  return new Command('simulate')
    .description('stand in for Amazon WorkSpaces on this machine, to rehearse a policy')
    .addOption(
      new Option(
        '--seed <files...>',
        'the fleet to begin with, as deploy/simulator/fleet.yaml; several stand for as many accounts and regions',
      ).default([], 'none'),
    )
    .addOption(
      new Option(
        '--from <files...>',
        'inventories of real fleets to begin with, as wsap inventory writes them',
      ).default([], 'none'),
    )
    .addOption(new Option('--port <port>', 'port to listen on; 0 takes a free one').default(0).argParser(portNumber))
    .option('--host <address>', 'address to listen on', '127.0.0.1')
    .addOption(
      new Option('--calls-per-second <rate>', "the rate limit, in place of the seed's; 0 turns it off").argParser(rate),
    )
    .addOption(new Option('--burst <calls>', "calls that may come at once, in place of the seed's").argParser(burst))
    .addOption(
      new Option(
        '--fault <fault>',
        'switch a fault on, as LoseAnswer,operation=DeployWorkspaceApplications,times=1; repeatable',
      )
        .default([], 'none')
        .argParser(addFault),
    )
    .option('--iam-policy <file>', 'an IAM policy, as wsap iam prints it: what it does not allow is denied')
    .addHelpText(
      'after',
      `
Prints the environment variables that point the operator and the other commands at it, then each change that they make.

Examples:
  wsap simulate --from fleet.yaml
  wsap simulate --seed deploy/simulator/fleet.yaml --port 4599 --calls-per-second 0
  wsap iam --account 123456789012 --region eu-central-1 > audit.json
  wsap simulate --seed deploy/simulator/fleet.yaml --iam-policy audit.json`,
    )
    .action(simulate);
}

async function simulate(options: SimulateOptions): Promise<void> {
  let simulator: Simulator;
  let seeds: readonly Seed[];
  try {
    seeds = await Promise.all([...options.seed.map(readSeed), ...options.from.map(seedOf)]);
    const { port, host, callsPerSecond, burst: calls } = options;
    const iamPolicy = options.iamPolicy === undefined ? undefined : await readIamPolicy(options.iamPolicy);
    const [seed, ...otherSeeds] = seeds.map((one) => ({
      ...one,
      faults: [...one.faults, ...options.fault],
      iamPolicy: iamPolicy ?? one.iamPolicy,
    }));
    if (seed === undefined) {
      throw new SeedError(['name a fleet to begin with: --seed FILE, or --from INVENTORY']);
    }
    const twice = seeds.find((one, index) => seeds.findIndex((other) => isSamePlace(one, other)) < index);
    if (twice !== undefined) {
      throw new SeedError([
        `two of the seeds are of account ${twice.accountID} in ${twice.region}; give one another region`,
      ]);
    }
    simulator = await startSimulator({
      seed,
      otherSeeds,
      port,
      host,
      rateLimit: {
        ...(callsPerSecond === undefined ? {} : { callsPerSecond }),
        ...(calls === undefined ? {} : { burst: calls }),
      },
      onCall: (call) => {
        const line = mutationLine(call, seeds);
        if (line !== undefined) {
          process.stdout.write(`${line}\n`);
        }
      },
    });
  } catch (error) {
    if (!(error instanceof SeedError) && !isListenError(error)) {
      throw error;
    }
    process.stderr.write(`wsap: ${error.message}\n`);
    process.exitCode = 1;
    return;
  }
  const stopped = Promise.race([once(process, 'SIGINT'), once(process, 'SIGTERM')]);
  process.stdout.write(banner(simulator.url, seeds));
  await stopped;
  await simulator.close();
}

async function seedOf(file: string): Promise<Seed> {
  const [{ readInventoryFile }, { seedOfInventory }] = await Promise.all([
    import('../actions/inventory/read.ts'),
    import('../../simulator/fromInventory.ts'),
  ]);
  const inventory = await readInventoryFile(file);
  try {
    return seedFrom(seedOfInventory(inventory));
  } catch (error) {
    throw error instanceof SeedError
      ? new SeedError(error.problems.map((problem) => `${sanitize(file)}: ${problem}`))
      : error;
  }
}

function isSamePlace(a: Seed, b: Seed): boolean {
  return a.accountID === b.accountID && a.region === b.region;
}

function banner(url: string, seeds: readonly Seed[]): string {
  const [{ region } = { region: '' }, ...others] = seeds;
  const variables = `AWS_ENDPOINT_URL=${url} AWS_REGION=${region} AWS_ACCESS_KEY_ID=simulated AWS_SECRET_ACCESS_KEY=simulated`;
  return [
    ...seeds.map((one) => {
      const count = `${one.workspaces.length} simulated WorkSpaces and ${one.applications.length} applications in ${one.region}`;
      return `# ${count}${others.length > 0 ? ` of account ${one.accountID}` : ''}.`;
    }),
    '# To use them:',
    `export ${variables}`,
    `# Faults, calls and state: ${url}/_simulator/{faults,calls,workspaces}. Changes will be shown here; Ctrl-C ends it.`,
    ...others.map(
      (one) =>
        `# Those of ${one.accountID} in ${one.region}: ${url}/_simulator/${one.accountID}/${one.region}/{faults,calls,workspaces}.`,
    ),
    '',
  ].join('\n');
}

/** One line for a call that changes something, or tried to; undefined for a read. */
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
  const left = (call.associations ?? []).map((association) =>
    ApplicationId === undefined
      ? `${nameOf(association.AssociatedResourceId)} ${association.State}`
      : association.State,
  );
  const result = call.error ?? (left.length > 0 ? left.join(', ') : 'not carried out');
  const what = [
    call.time.slice(11, 19),
    call.operation,
    `${WorkspaceId ?? ''}${user === undefined ? '' : ` (${user})`}`,
    ...(ApplicationId === undefined ? [] : [nameOf(ApplicationId)]),
    `→ ${result}`,
    ...(call.fault === undefined ? [] : [`[fault ${call.fault}]`]),
  ];
  return sanitize(what.join('  '), 400);
}

function isListenError(error: unknown): error is NodeJS.ErrnoException {
  return error instanceof Error && (error as NodeJS.ErrnoException).syscall !== undefined;
}

function wholeNumber(value: string): number {
  if (!/^\d+$/.test(value)) {
    throw new InvalidArgumentError('It must be a whole number.');
  }
  return Number(value);
}

function portNumber(value: string): number {
  const port = wholeNumber(value);
  if (port > 65_535) {
    throw new InvalidArgumentError('A port is at most 65535.');
  }
  return port;
}

function burst(value: string): number {
  const calls = wholeNumber(value);
  if (calls < 1) {
    throw new InvalidArgumentError('It must be at least 1.');
  }
  return calls;
}

function rate(value: string): number {
  const number = Number(value);
  if (value.trim() === '' || !Number.isFinite(number) || number < 0) {
    throw new InvalidArgumentError('It must be a number of calls, 0 or more.');
  }
  return number;
}

function addFault(value: string, previous: readonly Fault[]): Fault[] {
  try {
    return [...previous, parseFault(value)];
  } catch (error) {
    throw new InvalidArgumentError((error as Error).message);
  }
}
