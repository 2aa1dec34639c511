import { SCALES } from '../planningScale.ts';
import { measureStart, measureVersion } from '../startCost.ts';
import type { StretchCost } from '../stretches.ts';
import { measureLeapDays, measureRetainedWindows } from '../windows.ts';
import type { Figures, Form, Measurement, Row } from './measurement.ts';

const FULL: readonly Form[] = ['full'];
const SHORT: readonly Form[] = ['short'];
const BOTH: readonly Form[] = ['full', 'short'];
const ATTEMPTS = 3;
/** Longest stretch without a turn of the event loop, in milliseconds of CPU time. */
const LIMIT_MS = 50;
const LARGE_FLEET_LIMIT_MS = 100;

/** Measurements of CPU time and memory. */
export const PROCESS_ROWS: Readonly<Record<string, Measurement>> = {
  patterns: stretchOf('patterns', BOTH, '10,000 WorkSpaces, 60 other policies × 100 prefixes', 76_000, LIMIT_MS),
  'any patterns': stretchOf(
    'any patterns',
    FULL,
    '10,000 WorkSpaces, 1,000 other policies × 100 patterns',
    null,
    LIMIT_MS,
  ),
  'fewer patterns': stretchOf(
    'fewer patterns',
    SHORT,
    '10,000 WorkSpaces, 100 other policies × 100 patterns',
    null,
    LIMIT_MS,
  ),
  'hostile patterns': stretchOf(
    'hostile patterns',
    FULL,
    '10,000 WorkSpaces, 1,000 other policies × 100 patterns of many stars',
    null,
    LIMIT_MS,
  ),
  'one-user policies': stretchOf(
    'one-user policies',
    BOTH,
    '10,000 WorkSpaces, 1,000 other policies of one user',
    38_800,
    LIMIT_MS,
  ),
  'tag policies': stretchOf('tag policies', FULL, '10,000 WorkSpaces, 1,000 other policies by tag', 34_900, LIMIT_MS),
  'medium fleet': stretchOf(
    'medium fleet',
    SHORT,
    '20,000 WorkSpaces, 100 other policies × 100 patterns',
    null,
    LARGE_FLEET_LIMIT_MS,
  ),
  'large fleet': stretchOf(
    'large fleet',
    FULL,
    '100,000 WorkSpaces, 100 other policies × 100 patterns',
    null,
    LARGE_FLEET_LIMIT_MS,
  ),
  'suspending a fleet': stretchOf(
    'suspending a fleet',
    FULL,
    'suspending a fleet of 1,000 policies × 100 users',
    41_000,
    LIMIT_MS,
  ),
  'one edit': stretchOf('one edit', BOTH, 'edit of one of 1,000 policies × 100 users', 21_000, LIMIT_MS),
  'leap days': {
    forms: BOTH,
    isIsolated: true,
    attempts: ATTEMPTS,
    rows: [
      row('Longest step: 14 windows `* * 29 2 *`', 'ms CPU', 'longestStretch', 14_000, LIMIT_MS),
      row('Conversions of times for 14 windows `* * 29 2 *`', 'conversions', 'conversions', null, 500),
    ],
    measure: measureLeapDays,
  },
  'retained windows': {
    forms: BOTH,
    isIsolated: true,
    attempts: ATTEMPTS,
    rows: [row('Memory of a window without a policy', 'KiB', 'kibibytes', 47, 0.5)],
    measure: () => measureRetainedWindows(),
  },
  associations: {
    forms: FULL,
    isIsolated: true,
    rows: [row('One policy for 1,000,000 associations', 'MB', 'megabytes', 1_100, 500)],
    measure: async () => {
      const result = (await SCALES.associations?.measure()) as { readonly 'peak MB of the process': number };
      return { megabytes: result['peak MB of the process'] };
    },
  },
  'start in a pod': startOf('pod', { before: null, after: null }),
  'start with a kubeconfig': startOf('kubeconfig', { before: 171, after: 351 }),
  version: {
    forms: FULL,
    attempts: ATTEMPTS,
    rows: [row('`wsap --version`', 's CPU', 'seconds', null, 0.25)],
    measure: measureVersion,
  },
};

function row(name: string, unit: string, figure: string, before: number | null, limit: number): Row {
  return { name, unit, figure, before, limit };
}

/** Returns the measurement of the longest stretch of a case of `SCALES`. */
function stretchOf(
  scale: string,
  forms: readonly Form[],
  name: string,
  before: number | null,
  limit: number,
): Measurement {
  return {
    forms,
    isIsolated: true,
    attempts: ATTEMPTS,
    rows: [row(`Longest step: ${name}`, 'ms CPU', 'longestStretch', before, limit)],
    measure: async (): Promise<Figures> => {
      const parts = Object.values((await SCALES[scale]?.measure()) as Readonly<Record<string, StretchCost>>);
      return { longestStretch: Math.max(...parts.map(({ longestStretch }) => longestStretch)) };
    },
  };
}

/** Returns the measurement of a start. 77f25b6 needed 3 seconds of wall time until it watched. */
function startOf(
  access: 'pod' | 'kubeconfig',
  memory: { readonly before: number | null; readonly after: number | null },
) {
  const where = access === 'pod' ? 'in a pod' : 'with a kubeconfig';
  return {
    forms: FULL,
    attempts: ATTEMPTS,
    rows: [
      row(`Start until the operator watches, ${where}`, 's CPU', 'seconds', access === 'pod' ? null : 3, 1),
      row(`Memory before the first policy, ${where}`, 'MiB', 'memory', memory.before, 90),
      row(`Memory in a full pass over 10,000 WorkSpaces × 3, ${where}`, 'MiB', 'passMemory', memory.after, 200),
    ],
    measure: async (): Promise<Figures> => {
      const { watching, memory: before, passMemory } = await measureStart(access);
      return { seconds: watching / 1000, memory: before, passMemory };
    },
  };
}
