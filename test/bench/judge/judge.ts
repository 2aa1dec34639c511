import { AWS_ROWS } from './awsRows.ts';
import type { Figures, Form, Measurement, Row } from './measurement.ts';
import { PROCESS_ROWS } from './processRows.ts';

/** Row of the result, as in the output of `npm run bench -- --json`. */
export interface Verdict {
  readonly name: string;
  readonly unit: string;
  /** Value of commit 77f25b6. Null if it was not measured there. */
  readonly before: number | null;
  /** Null if the measurement failed. */
  readonly now: number | null;
  /** Maximum value, inclusive. */
  readonly limit: number;
  readonly ok: boolean;
  /** Error of the measurement. Absent if it succeeded. */
  readonly error?: string;
}

export const MEASUREMENTS: Readonly<Record<string, Measurement>> = { ...AWS_ROWS, ...PROCESS_ROWS };

/** Runs a measurement by name. */
export type Runner = (name: string, measurement: Measurement) => Promise<Figures>;

/**
 * Runs the measurements of a form whose name or rows contain a text, one after another, because parallel measurements
 * slow each other down.
 *
 * @param onVerdict called for each row as soon as it is measured
 */
export async function judge(
  form: Form,
  text: string,
  run: Runner,
  onVerdict: (verdict: Verdict) => void = () => {},
  measurements = MEASUREMENTS,
): Promise<Verdict[]> {
  const verdicts: Verdict[] = [];
  for (const [name, measurement] of Object.entries(measurements)) {
    const rows = measurement.rows.filter((row) => contains(text, name) || contains(text, row.name));
    if (rows.length === 0 || !measurement.forms.includes(form)) {
      continue;
    }
    const measured = await attempts(rows, measurement.attempts ?? 1, () => run(name, measurement));
    measured.forEach(onVerdict);
    verdicts.push(...measured);
  }
  return verdicts;
}

function contains(text: string, name: string): boolean {
  return name.toLowerCase().includes(text.toLowerCase());
}

/** Returns the lowest figures of the attempts. Another attempt is made while a figure exceeds its limit. */
async function attempts(rows: readonly Row[], max: number, measure: () => Promise<Figures>): Promise<Verdict[]> {
  let best: Verdict[] = [];
  for (let attempt = 1; attempt <= max && !(attempt > 1 && best.every(({ ok }) => ok)); attempt++) {
    const verdicts = await verdictsOf(rows, measure);
    best = verdicts.map((verdict, index) => lower(best[index], verdict));
  }
  return best;
}

function lower(best: Verdict | undefined, verdict: Verdict): Verdict {
  const value = ({ now }: Verdict) => now ?? Number.POSITIVE_INFINITY;
  return best !== undefined && value(best) <= value(verdict) ? best : verdict;
}

async function verdictsOf(rows: readonly Row[], measure: () => Promise<Figures>): Promise<Verdict[]> {
  try {
    const figures = await measure();
    return rows.map(({ name, unit, figure, before, limit }) => {
      const value = figures[figure];
      if (value === undefined || !Number.isFinite(value)) {
        throw new Error(`${name}: the measurement has no figure ${figure}`);
      }
      return { name, unit, before, now: rounded(value), limit, ok: value <= limit };
    });
  } catch (error) {
    const text = error instanceof Error ? error.message : String(error);
    return rows.map(({ name, unit, before, limit }) => ({
      name,
      unit,
      before,
      now: null,
      limit,
      ok: false,
      error: text,
    }));
  }
}

/** Rounds to three significant digits, but not to less than a unit. */
function rounded(value: number): number {
  return Math.abs(value) >= 100 ? Math.round(value) : Number(value.toPrecision(3));
}
