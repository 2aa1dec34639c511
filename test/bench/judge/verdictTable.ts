import type { Verdict } from './judge.ts';

const HEAD = ['Measurement', 'Unit', '77f25b6', 'Now', 'Limit'] as const;

/** Formats the verdicts as a table of Markdown. */
export function verdictTable(verdicts: readonly Verdict[]): string {
  const cells = [HEAD, HEAD.map(() => '---'), ...verdicts.map(cellsOf)];
  return cells.map((row) => `| ${row.join(' | ')} |\n`).join('');
}

/** Formats the verdict as a line of a terminal. */
export function verdictLine(verdict: Verdict): string {
  const [name, unit, before, now, limit] = cellsOf(verdict);
  const text = `${verdict.ok ? 'ok    ' : 'FAILED'}  ${name}: ${now} ${unit} (77f25b6: ${before}, limit: ${limit})`;
  return verdict.error === undefined ? text : `${text}\n${verdict.error}`;
}

function cellsOf({ name, unit, before, now, limit }: Verdict): string[] {
  return [name, unit, figureOf(before), figureOf(now), figureOf(limit)];
}

/** Formats a figure. A dash means that it was not measured. */
function figureOf(value: number | null): string {
  return value === null ? '–' : value.toLocaleString('en-US', { maximumFractionDigits: 3 });
}
