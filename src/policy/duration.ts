const UNITS: Readonly<Record<string, number>> = { s: 1_000, m: 60_000, h: 3_600_000 };
const DURATION = /^(?:\d+[smh])+$/;

/** Returns the milliseconds of a duration in the format of the CRDs (for example, `90s` or `1h30m`), or undefined if the text is invalid. */
export function parseDuration(text: string): number | undefined {
  if (!DURATION.test(text)) {
    return undefined;
  }
  return [...text.matchAll(/(\d+)([smh])/g)].reduce(
    (sum, [, count, unit]) => sum + Number(count) * (UNITS[unit ?? ''] ?? 0),
    0,
  );
}

/** Formats milliseconds as a human-readable duration, rounded to seconds: `13m21s`, `1h30m`, `0s`. */
export function formatDuration(milliseconds: number): string {
  const seconds = Math.round(milliseconds / 1_000);
  const parts = [Math.floor(seconds / 3600), Math.floor((seconds % 3600) / 60), seconds % 60];
  const text = parts.map((count, index) => (count === 0 ? '' : `${count}${'hms'[index]}`)).join('');
  return text === '' ? '0s' : text;
}
