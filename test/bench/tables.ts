import process from 'node:process';
import { policy } from '../builders.ts';
import { AWS_CALLS } from './awsCalls.ts';
import { inOwnProcess } from './inOwnProcess.ts';
import { LOADS } from './load.ts';
import { measureOperator, type OperatorLoad } from './operatorCost.ts';
import { BenchFleet, lowerBound, shapeOf, workspaceByWorkspace } from './pass.ts';
import type { PlanningCost } from './planning.ts';
import { SCALES } from './planningScale.ts';
import { measureStart } from './startCost.ts';
import { applicationID, RARE } from './syntheticAws.ts';

/** Title of a table, and the function that measures its rows. */
type Table = readonly [title: string, measure: () => Promise<object[]>];

const SIZES = [1_000, 10_000, 100_000];
const POLICIES = [1, 100, 1_000];
const PLANNED = [
  ['100000', '3', 'OneApplication'],
  ['100000', '10', 'OneApplication'],
  ['100000', '10', 'AllApplications'],
] as const;
const OPERATED = [
  { workspaces: 1_000, policies: 1, selection: 'all' },
  { workspaces: 1_000, policies: 1_000, selection: 'one user' },
] as const;
/** Tables of `npm run bench -- --tables`, in their order. */
const TABLES: Readonly<Record<string, Table>> = {
  passes: ['Complete pass: 3 of 25 applications on each WorkSpace, at 2 calls per second', () => each(SIZES, fullPass)],
  rare: ['Pass for one application that 100 WorkSpaces have, after the hourly list', () => each(SIZES, rarePass)],
  shared: ['Policies for 1,000 WorkSpaces', () => each(POLICIES, sharedPass)],
  planning: [
    'Planning compared with JSON.parse of the pages; memory from the first page to the plan',
    () => each(PLANNED, async (args) => ({ selection: args[2], ...(await planningCost(args)) })),
  ],
  ...Object.fromEntries(
    Object.entries(AWS_CALLS).map(([name, { title, measure }]) => [
      `calls ${name}`,
      [title, async () => [await measure()]],
    ]),
  ),
  start: [
    'Start of the operator: CPU ms and MiB until it watches; MiB during a pass over 3 applications on each WorkSpace',
    () => each(['pod', 'kubeconfig'] as const, startCost),
  ],
  operator: ['Idle operator: percentage of a core, MiB', () => each(OPERATED, idleOperator)],
  ...Object.fromEntries(
    Object.entries(LOADS).map(([name, { title }]) => [`load ${name}`, [title, () => loadOf(name)]]),
  ),
  ...Object.fromEntries(
    Object.entries(SCALES).map(([name, { title }]) => [`scale ${name}`, [title, () => scaleOf(name)]]),
  ),
};

const everything = policy('everything', {
  interval: '24h',
  applications: { allowed: [{ id: applicationID(0) }], unlisted: 'Disassociate' },
});
const denyingRare = policy('no-rare', { interval: '1m', applications: { denied: [{ id: RARE }] } });

/** Measures one subject after another, because parallel measurements slow each other down. */
async function each<T, R>(subjects: readonly T[], measure: (subject: T) => Promise<R>): Promise<R[]> {
  const results: R[] = [];
  for (const subject of subjects) {
    results.push(await measure(subject));
  }
  return results;
}

async function fullPass(size: number) {
  const shape = shapeOf(size);
  const { cost } = await new BenchFleet(shape).pass([everything]);
  const bound = lowerBound(shape);
  const oneByOne = workspaceByWorkspace(shape);
  return {
    workspaces: size,
    calls: cost.calls,
    seconds: Math.round(cost.seconds),
    throttled: cost.throttled,
    'lower bound': bound,
    'relative to bound': (cost.calls / bound).toFixed(3),
    'one by one': oneByOne,
    'relative to one by one': (cost.calls / oneByOne).toFixed(3),
    ...cost.byOperation,
  };
}

async function rarePass(size: number) {
  const fleet = new BenchFleet(shapeOf(size));
  const first = await fleet.pass([denyingRare]);
  await fleet.wait(60_000);
  const { cost } = await fleet.pass([denyingRare]);
  return {
    workspaces: size,
    'first pass': first.cost.calls,
    calls: cost.calls,
    'one by one': workspaceByWorkspace(shapeOf(size)),
  };
}

async function sharedPass(count: number) {
  const policies = Array.from({ length: count }, (_, n) => ({ ...everything, key: `desktops/p${n}` }));
  const startedAt = performance.now();
  const { cost } = await new BenchFleet(shapeOf(1_000)).pass(policies);
  return {
    policies: count,
    calls: cost.calls,
    throttled: cost.throttled,
    'CPU ms per policy': ((performance.now() - startedAt) / count).toFixed(1),
  };
}

async function idleOperator(load: OperatorLoad) {
  const { idleCpu, memory, peakMemory, ...rest } = await measureOperator(load);
  return {
    ...rest,
    '% of core': idleCpu.toFixed(2),
    MiB: Math.round(memory),
    'peak MiB': Math.round(peakMemory),
  };
}

async function startCost(access: 'pod' | 'kubeconfig') {
  const { watching, node, ratio, memory, workspaces, passMemory } = await measureStart(access);
  return {
    access,
    'CPU ms': watching,
    'node --eval 0': Math.round(node),
    ratio: ratio.toFixed(1),
    MiB: Math.round(memory),
    workspaces,
    'peak MiB': Math.round(passMemory),
  };
}

async function planningCost(args: readonly string[]): Promise<PlanningCost> {
  const cost = (await inOwnProcess(['--plan', args.join(' ')])) as PlanningCost;
  const rounded = (value: number) => Number(value.toFixed(2));
  return { ...cost, parsing: rounded(cost.parsing), planning: rounded(cost.planning), ratio: rounded(cost.ratio) };
}

async function loadOf(name: string): Promise<object[]> {
  return [await inOwnProcess(['--load', name])];
}

/** Returns a row for each part of a measurement. */
async function scaleOf(name: string): Promise<object[]> {
  const parts = Object.entries(await inOwnProcess(['--scale', name]));
  return parts.map(([part, cost]) => ({ part, ...(typeof cost === 'object' ? cost : { value: cost }) }));
}

/**
 * Prints the tables whose name starts with a prefix. As JSON, prints the rows of each table by its name.
 *
 * @throws Error if there is none
 */
export async function printTables(prefix: string, asJson: boolean): Promise<void> {
  const chosen = Object.entries(TABLES).filter(([name]) => name.startsWith(prefix));
  if (chosen.length === 0) {
    throw new Error(`no table begins with ${prefix}; choose one of: ${Object.keys(TABLES).join(', ')}`);
  }
  const figures: Record<string, object[]> = {};
  for (const [name, [title, measure]] of chosen) {
    figures[name] = await measure();
    if (!asJson) {
      print(title, figures[name]);
    }
  }
  if (asJson) {
    process.stdout.write(`${JSON.stringify(figures, undefined, 2)}\n`);
  }
}

function print(title: string, rows: readonly object[]): void {
  const [first = {}] = rows;
  const head = Object.keys(first);
  const lines = [head, ...rows.map((row) => Object.values(row).map(String))];
  const widths = head.map((_, column) => Math.max(...lines.map((cells) => (cells[column] ?? '').length)));
  const text = lines.map((cells) => cells.map((cell, column) => cell.padStart(widths[column] ?? 0)).join('  '));
  process.stdout.write(`\n${title}\n${text.join('\n')}\n`);
}
