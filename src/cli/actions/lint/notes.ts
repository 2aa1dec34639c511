import { formatMinute } from '../../../clock.ts';
import { type FinalDays, finalDays, isExtended } from '../../../plan/finalDays.ts';
import type { SchemaError } from '../../../policy/jsonSchema.ts';
import type { Policy } from '../../../policy/policy.ts';

/** Number of months whose final days are checked, so that a yearly pattern appears. */
const MONTHS = 12;

/** Returns what an author may not expect from a valid policy, for example, the date that `removeBefore` results in. */
export function notesOn({ removeBefore, maintenanceWindows }: Policy, now: Date): SchemaError[] {
  if (removeBefore === undefined) {
    return [];
  }
  const field = 'spec.rollout.removeBefore';
  const months = upcomingDays(maintenanceWindows, now);
  const extended = months.find(isExtended);
  if (months.length === 0) {
    return [{ field, message: 'no maintenance window opens again, so the operator removes no application' }];
  }
  return extended === undefined
    ? []
    : [
        {
          field,
          message:
            `the removals of ${extended.from.toISOString().slice(0, 7)} start at ${formatMinute(extended.from)}, ` +
            'because fewer than two maintenance windows open within the last three days of the month before its last 24 hours',
        },
      ];
}

function upcomingDays(windows: Policy['maintenanceWindows'], now: Date): FinalDays[] {
  const found: FinalDays[] = [];
  let days = finalDays(windows, now);
  while (days !== undefined && found.length < MONTHS) {
    found.push(days);
    days = finalDays(windows, days.until);
  }
  return found;
}
