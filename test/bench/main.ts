/**
 * `npm run bench`: what it costs to read fleets, to plan over them, to keep large ones, and to keep an operator running. Prints tables,
 * and with `-- --json FILE` writes the figures; `-- --only load` makes those alone whose names begin so. All are of one run, and comparable
 * only within it; waiting happens on virtual time, but for the operator's.
 */
import { writeFile } from 'node:fs/promises';
import process from 'node:process';
import { parseArgs } from 'node:util';
import { LOADS } from './load.ts';
import { measurePlanning } from './planning.ts';
import { TABLES } from './tables.ts';

const { values } = parseArgs({
  options: {
    json: { type: 'string' },
    only: { type: 'string' },
    // What a table has a process of its own do.
    load: { type: 'string' },
    plan: { type: 'string' },
  },
});
if (values.load !== undefined) {
  process.stdout.write(JSON.stringify(await LOADS[values.load]?.measure()));
} else if (values.plan !== undefined) {
  const [workspaces, perWorkspace, about] = values.plan.split(' ');
  const isAll = about === 'AllApplications';
  const cost = await measurePlanning(Number(workspaces), Number(perWorkspace), isAll ? about : 'OneApplication');
  process.stdout.write(JSON.stringify(cost));
} else {
  await makeTables(values.only ?? '');
}

async function makeTables(beginning: string): Promise<void> {
  const chosen = Object.entries(TABLES).filter(([name]) => name.startsWith(beginning));
  if (chosen.length === 0) {
    throw new Error(`no table begins with ${beginning}; there are: ${Object.keys(TABLES).join(', ')}`);
  }
  const figures: Record<string, object[]> = {};
  for (const [name, [title, measure]] of chosen) {
    figures[name] = await measure();
    show(title, figures[name]);
  }
  if (values.json !== undefined) {
    await writeFile(values.json, `${JSON.stringify(figures, undefined, 2)}\n`);
  }
}

function show(title: string, rows: readonly object[]): void {
  const [first = {}] = rows;
  const head = Object.keys(first);
  const lines = [head, ...rows.map((row) => Object.values(row).map(String))];
  const widths = head.map((_, column) => Math.max(...lines.map((cells) => (cells[column] ?? '').length)));
  const text = lines.map((cells) => cells.map((cell, column) => cell.padStart(widths[column] ?? 0)).join('  '));
  process.stdout.write(`\n${title}\n${text.join('\n')}\n`);
}
