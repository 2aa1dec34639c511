import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Verdict } from './judge.ts';
import { verdictTable } from './verdictTable.ts';

const PAGE = join(import.meta.dirname, '../../../docs/explanation/performance.md');
const TABLE = /(<!-- npm run bench -->\n\n)([\s\S]*?)(\n<!-- end -->)/;

/** Returns the rows of the table in docs/explanation/performance.md, as cells of text. */
export async function tableOfPage(): Promise<string[][]> {
  const [, , table = ''] = TABLE.exec(await readFile(PAGE, 'utf8')) ?? [];
  const rows = table.trim().split('\n').slice(2);
  return rows.map((line) => line.slice(2, -2).split(' | '));
}

/** Replaces the table in docs/explanation/performance.md. */
export async function writeTable(verdicts: readonly Verdict[]): Promise<void> {
  const page = await readFile(PAGE, 'utf8');
  if (!TABLE.test(page)) {
    throw new Error(`${PAGE} has no place for the table of the benchmark`);
  }
  await writeFile(
    PAGE,
    page.replace(TABLE, (_, start, __, end) => `${start}${verdictTable(verdicts)}${end}`),
  );
}
