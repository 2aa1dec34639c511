import type { AssociationID } from '../fleet/associationID.ts';
import { timestamp } from './resource.ts';

const MAX_REMOVALS = 25;
/** What was removed more than once is close to being left alone, and worth more room. */
const MAX_REPEATED = 250;
/** Of one application on one WorkSpace; more don't matter. */
const MAX_TIMES = 3;

/** One line for each, those first that were removed most often, so that `kubectl describe` stays short. */
export function recentRemovalsOf(
  removals: readonly { readonly id: AssociationID; readonly times: readonly number[] }[],
): string[] {
  const repeated = removals.filter(({ times }) => times.length > 1).length;
  return removals
    .slice(0, Math.max(MAX_REMOVALS, Math.min(repeated, MAX_REPEATED)))
    .map(({ id: { workspaceID, applicationID }, times }) => {
      const last = times.slice(-MAX_TIMES).map((time) => timestamp(new Date(time)));
      return [workspaceID, applicationID, ...last].join(' ');
    });
}

/** Reads what `recentRemovalsOf` wrote, in milliseconds since the epoch; lines that it didn't write are passed over. */
export function removalsIn(
  lines: readonly string[] = [],
): { readonly id: AssociationID; readonly times: readonly number[] }[] {
  return lines.flatMap((line) => {
    const [workspaceID, applicationID, ...rest] = line.split(' ');
    const times = rest.map((time) => Date.parse(time));
    return workspaceID === undefined || applicationID === undefined || times.some(Number.isNaN)
      ? []
      : [{ id: { workspaceID, applicationID }, times }];
  });
}
