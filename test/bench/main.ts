/**
 * `npm run bench` compares the cost of the operator with its limits, and exits with 1 if a figure exceeds its limit.
 * `-- --short` measures what takes less than a minute of CPU time. `-- --only TEXT` limits it to the rows or
 * measurements whose name contains a text. `-- --json` prints the rows as JSON. `-- --write` updates the table in
 * docs/explanation/performance.md. `-- --tables [--only PREFIX]` prints details of fleets, planning, load, and an idle
 * operator instead. Time is simulated, except for processes of the operator. CPU time is comparable only within one
 * run.
 */
import process from 'node:process';
import { parseArgs } from 'node:util';
import { inOwnProcess } from './inOwnProcess.ts';
import { judge, MEASUREMENTS } from './judge/judge.ts';
import { writeTable } from './judge/page.ts';
import { verdictLine, verdictTable } from './judge/verdictTable.ts';
import { LOADS } from './load.ts';
import { measurePlanning } from './planning.ts';
import { SCALES } from './planningScale.ts';
import { printTables } from './tables.ts';

const { values } = parseArgs({
  options: {
    short: { type: 'boolean', default: false },
    only: { type: 'string', default: '' },
    json: { type: 'boolean', default: false },
    write: { type: 'boolean', default: false },
    tables: { type: 'boolean', default: false },
    // Internal flags for measurements in a separate process.
    measure: { type: 'string' },
    load: { type: 'string' },
    plan: { type: 'string' },
    scale: { type: 'string' },
  },
});
if (values.measure !== undefined) {
  printJson(await MEASUREMENTS[values.measure]?.measure());
} else if (values.load !== undefined) {
  printJson(await LOADS[values.load]?.measure());
} else if (values.scale !== undefined) {
  printJson(await SCALES[values.scale]?.measure());
} else if (values.plan !== undefined) {
  const [workspaces, perWorkspace, selection] = values.plan.split(' ');
  const isAll = selection === 'AllApplications';
  printJson(await measurePlanning(Number(workspaces), Number(perWorkspace), isAll ? selection : 'OneApplication'));
} else if (values.tables) {
  await printTables(values.only, values.json);
} else {
  await printVerdicts();
}

async function printVerdicts(): Promise<void> {
  const verdicts = await judge(
    values.short ? 'short' : 'full',
    values.only,
    (name, { isIsolated, measure }) => (isIsolated ? inOwnProcess(['--measure', name]) : measure()),
    // Standard output is for the result.
    (verdict) => process.stderr.write(`${verdictLine(verdict)}\n`),
  );
  if (verdicts.length === 0) {
    throw new Error(`no row contains ${values.only}`);
  }
  process.stdout.write(values.json ? `${JSON.stringify(verdicts, undefined, 2)}\n` : `\n${verdictTable(verdicts)}`);
  if (values.write) {
    await writeTable(verdicts);
  }
  const exceeded = verdicts.filter(({ ok }) => !ok);
  process.stderr.write(`${verdicts.length - exceeded.length} of ${verdicts.length} rows are within their limits\n`);
  process.exitCode = exceeded.length > 0 ? 1 : 0;
}

function printJson(value: unknown): void {
  process.stdout.write(JSON.stringify(value));
}
