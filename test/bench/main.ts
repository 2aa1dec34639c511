/**
 * `npm run bench`: what it costs to read fleets, to plan over them, and to keep an operator running. Prints tables, and with
 * `-- --json FILE` writes the figures; `-- --only operator` makes one of them. All are of one run, and comparable only within it; waiting
 * happens on virtual time, but for the operator's.
 */
import { execFile } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import process from 'node:process';
import { parseArgs, promisify } from 'node:util';
import { policy } from '../builders.ts';
import { measureOperator, type OperatorLoad } from './operatorCost.ts';
import { BenchFleet, lowerBound, shapeOf, workspaceByWorkspace } from './pass.ts';
import { measurePlanning, type PlanningCost } from './planning.ts';
import { applicationId, RARE } from './syntheticAws.ts';

const SIZES = [1_000, 10_000, 100_000];
const POLICIES = [1, 100, 1_000];
const PLANNED = [
  ['100000', '3', 'OneApplication'],
  ['100000', '10', 'OneApplication'],
  ['100000', '10', 'AllApplications'],
] as const;
const OPERATED = [
  { workspaces: 1_000, policies: 1, about: 'all' },
  { workspaces: 1_000, policies: 1_000, about: 'one user' },
] as const;
/** Each returns its rows. */
const TABLES = {
  passes: ['A full pass: 3 of 25 applications on each WorkSpace, at 2 calls a second', () => each(SIZES, fullPass)],
  rare: ['A pass for one application that 100 WorkSpaces have, after the hourly listing', () => each(SIZES, rarePass)],
  shared: ['Policies over 1,000 WorkSpaces', () => each(POLICIES, sharedPass)],
  planning: [
    'Planning, beside JSON.parse of the pages; memory from the first page to the plan',
    () => each(PLANNED, async (args) => ({ about: args[2], ...(await inOwnProcess(args)) })),
  ],
  operator: ['An operator with nothing to do: percent of a core, MB', () => each(OPERATED, idleOperator)],
} as const satisfies Record<string, readonly [string, () => Promise<object[]>]>;

const everything = policy('everything', {
  interval: '24h',
  applications: { allowed: [{ id: applicationId(0) }], unlisted: 'Disassociate' },
});
const denyingRare = policy('no-rare', { interval: '1m', applications: { denied: [{ id: RARE }] } });

const { values } = parseArgs({
  options: { json: { type: 'string' }, only: { type: 'string', multiple: true }, plan: { type: 'string' } },
});
if (values.plan === undefined) {
  await main(values.only ?? Object.keys(TABLES));
} else {
  const [workspaces, perWorkspace, about] = values.plan.split(' ');
  const isAll = about === 'AllApplications';
  const cost = await measurePlanning(Number(workspaces), Number(perWorkspace), isAll ? about : 'OneApplication');
  process.stdout.write(JSON.stringify(cost));
}

async function main(names: readonly string[]): Promise<void> {
  const figures: Record<string, object[]> = {};
  for (const name of names) {
    if (!(name in TABLES)) {
      throw new Error(`there is no table ${name}; there are: ${Object.keys(TABLES).join(', ')}`);
    }
    const [title, measure] = TABLES[name as keyof typeof TABLES];
    figures[name] = await measure();
    show(title, figures[name]);
  }
  if (values.json !== undefined) {
    await writeFile(values.json, `${JSON.stringify(figures, undefined, 2)}\n`);
  }
}

/** One after the other, as each would slow down the others. */
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
  const singly = workspaceByWorkspace(shape);
  return {
    workspaces: size,
    calls: cost.calls,
    seconds: Math.round(cost.seconds),
    throttled: cost.throttled,
    'lower bound': bound,
    'of the bound': (cost.calls / bound).toFixed(3),
    'one by one': singly,
    'of one by one': (cost.calls / singly).toFixed(3),
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
    'ms of CPU each': ((performance.now() - startedAt) / count).toFixed(1),
  };
}

async function idleOperator(load: OperatorLoad) {
  const { idleCpu, memory, peakMemory, ...rest } = await measureOperator(load);
  return {
    ...rest,
    '% of a core': idleCpu.toFixed(2),
    MB: Math.round(memory),
    'MB at the peak': Math.round(peakMemory),
  };
}

/** Memory is that of a process, so each measurement has its own. */
async function inOwnProcess(args: readonly string[]): Promise<PlanningCost> {
  const program = [import.meta.filename, '--plan', args.join(' ')];
  const { stdout } = await promisify(execFile)(process.execPath, program, { maxBuffer: 1 << 20 });
  const cost = JSON.parse(stdout) as PlanningCost;
  const rounded = (value: number) => Number(value.toFixed(2));
  return { ...cost, parsing: rounded(cost.parsing), planning: rounded(cost.planning), ratio: rounded(cost.ratio) };
}

function show(title: string, rows: readonly object[]): void {
  const [first = {}] = rows;
  const head = Object.keys(first);
  const lines = [head, ...rows.map((row) => Object.values(row).map(String))];
  const widths = head.map((_, column) => Math.max(...lines.map((cells) => (cells[column] ?? '').length)));
  const text = lines.map((cells) => cells.map((cell, column) => cell.padStart(widths[column] ?? 0)).join('  '));
  process.stdout.write(`\n${title}\n${text.join('\n')}\n`);
}
