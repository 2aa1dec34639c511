import type { Replacement } from './plan.ts';

/** Returns a function that returns the same object for equal replacements, so that a plan stores and compares each of them once. */
export function sharedReplacements(): (replacement: Replacement) => Replacement {
  const known = new Map<string, Replacement>();
  return (replacement) => {
    const key = keyOf(replacement);
    const same = known.get(key) ?? replacement;
    known.set(key, same);
    return same;
  };
}

function keyOf({ removed, installed, isOwn, canComplete }: Replacement): string {
  const ids = (applications: Replacement['removed']) =>
    applications.map(({ applicationID }) => applicationID).join(' ');
  return `${ids(removed)} > ${ids(installed)} ${isOwn} ${canComplete}`;
}
