import { printable } from '../printable.ts';
import type { PolicyStatus } from './resource.ts';
import type { Row } from './rows.ts';

const MAX_APPLICATIONS = 64;
const SEVERITY = ['Conflict', 'Denied', 'Unlisted', 'Excepted', 'Allowed'] as const;

/** One entry for each application that the rows are about, the most associated first. */
export function applicationsOf(rows: readonly Row[]): NonNullable<PolicyStatus['applications']> {
  return [...Map.groupBy(rows, ({ finding }) => finding.application.applicationId)]
    .map(([applicationId, ofApplication]) => {
      const name = ofApplication[0]?.finding.application.name;
      return {
        applicationId,
        ...(name !== undefined && { name: printable(name) }),
        verdict:
          SEVERITY.find((verdict) => ofApplication.some(({ finding }) => finding.verdict === verdict)) ?? 'Unlisted',
        associated: ofApplication.filter(({ finding }) => finding.association.state !== 'REMOVED').length,
        removing: ofApplication.filter(
          ({ finding: { removal } }) => removal?.next === 'Wait' || removal?.next === 'Deploy',
        ).length,
      };
    })
    .sort((a, b) => b.associated - a.associated || (a.applicationId < b.applicationId ? -1 : 1))
    .slice(0, MAX_APPLICATIONS);
}
