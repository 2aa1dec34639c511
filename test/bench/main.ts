/**
 * `npm run bench` measures the cost of reading fleets, of planning, of large fleets, and of an idle operator, and
 * prints tables. `-- --json FILE` also writes the figures to a file. `-- --only PREFIX` selects tables by the beginning
 * of their names. Figures are comparable only within one run. Time is simulated, except for the idle operator.
 */
import { writeFile } from 'node:fs/promises';
import process from 'node:process';
import { parseArgs } from 'node:util';
import { LOADS } from './load.ts';
import { measurePlanning } from './planning.ts';
import { SCALES } from './planningScale.ts';
import { TABLES } from './tables.ts';

const { values } = parseArgs({
  options: {
    json: { type: 'string' },
    only: { type: 'string' },
    // Internal flags for measurements in a separate process.
    load: { type: 'string' },
    plan: { type: 'string' },
    scale: { type: 'string' },
  },
});
if (values.load !== undefined) {
  process.stdout.write(JSON.stringify(await LOADS[values.load]?.measure()));
} else if (values.scale !== undefined) {
  process.stdout.write(JSON.stringify(await SCALES[values.scale]?.measure()));
} else if (values.plan !== undefined) {
  const [workspaces, perWorkspace, selection] = values.plan.split(' ');
  const isAll = selection === 'AllApplications';
  const cost = await measurePlanning(Number(workspaces), Number(perWorkspace), isAll ? selection : 'OneApplication');
  process.stdout.write(JSON.stringify(cost));
} else {
  await printTables(values.only ?? '');
}

async function printTables(beginning: string): Promise<void> {
  const chosen = Object.entries(TABLES).filter(([name]) => name.startsWith(beginning));
  if (chosen.length === 0) {
    throw new Error(`no table begins with ${beginning}; choose one of: ${Object.keys(TABLES).join(', ')}`);
  }
  const figures: Record<string, object[]> = {};
  for (const [name, [title, measure]] of chosen) {
    figures[name] = await measure();
    print(title, figures[name]);
  }
  if (values.json !== undefined) {
    await writeFile(values.json, `${JSON.stringify(figures, undefined, 2)}\n`);
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
