import { finalDays } from '../../../plan/finalDays.ts';
import type { PolicyPreview } from '../plan/offlinePlanner.ts';
import type { ReportedApplication } from './applications.ts';
import { monthAfter } from './billing.ts';
import type { Prices } from './prices.ts';

/** Monthly costs, in the currency of the prices. */
export interface ReportedCosts {
  readonly currency: string;
  readonly associated: number;
  /** Cost of the associations to remove. */
  readonly toRemove: number;
  /** First month in which all of these removals save costs, in the form 2026-12. Absent if nothing is to be removed. */
  readonly savesFrom?: string;
  /** Explanation of when a removal saves costs. */
  readonly note: string;
  /** Names of associated applications without a price. */
  readonly withoutPrice: readonly string[];
}

/** Source: https://docs.aws.amazon.com/workspaces/latest/adminguide/manage-applications.html, see docs/reference/aws-behavior.md. */
const BILLING_NOTE = 'AWS bills an application for the full month, so a removal saves from the next month.';

/** Returns the month after the last removal that the previews contain, as far as `removeBefore` decides on it. Undefined without removals. */
export function savesFrom(previews: readonly PolicyPreview[], now: Date): string | undefined {
  const times = previews.flatMap(({ policy, result }) => {
    const removes =
      'plan' in result &&
      result.assessments.some(
        ({ finding, severity }) => finding.desired === 'Absent' && severity !== 'Removed' && severity !== 'Unknown',
      );
    if (!removes) {
      return [];
    }
    const days = policy.removeBefore === undefined ? undefined : finalDays(policy.maintenanceWindows, now);
    return [Math.max(now.getTime(), days?.from.getTime() ?? 0)];
  });
  if (times.length === 0) {
    return undefined;
  }
  return monthAfter(new Date(Math.max(...times)));
}

/** Returns the costs of applications. `month`: first month in which all removals save costs. */
export function costsOf(
  applications: readonly ReportedApplication[],
  { currency }: Prices,
  month: string | undefined,
): ReportedCosts {
  const inUse = applications.filter(({ associated }) => associated > 0);
  const sum = (share: (application: ReportedApplication) => number) =>
    inUse.reduce((total, application) => total + (application.monthlyCost ?? 0) * share(application), 0);
  return {
    currency,
    note: BILLING_NOTE,
    associated: sum(() => 1),
    toRemove: sum(({ toRemove, associated }) => toRemove / associated),
    ...(month !== undefined && { savesFrom: month }),
    withoutPrice: inUse
      .filter(({ monthlyCost }) => monthlyCost === undefined)
      .map(({ name, applicationID }) => name ?? applicationID),
  };
}
