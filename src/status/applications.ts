import type { Application } from '../fleet/model.ts';
import type { DesiredState } from '../plan/nextStep.ts';
import type { Plan } from '../plan/plan.ts';
import type { Resolution } from '../plan/resolution.ts';
import { sanitize } from '../sanitize.ts';
import type { Assessment } from './assessment.ts';
import type { PolicyStatus } from './resource.ts';

const MAX_APPLICATIONS = 64;
const SEVERITY = ['Conflict', 'Denied', 'Unlisted', 'Excepted', 'Required', 'Allowed'] as const;

/** One entry for each application that the lists name or the rows are about, the most associated first. */
export function applicationsOf(
  { resolution }: Plan,
  assessments: readonly Assessment[],
): NonNullable<PolicyStatus['applications']> {
  const byId = Map.groupBy(assessments, ({ finding }) => finding.application.applicationID);
  const applications = [...resolution.listed, ...assessments.map(({ finding }) => finding.application)];
  const unique = new Map(applications.map((application) => [application.applicationID, application]));
  return [...unique.values()]
    .map((application) => entryFor(application, byId.get(application.applicationID) ?? [], resolution))
    .sort((a, b) => b.associated - a.associated || (a.applicationID < b.applicationID ? -1 : 1))
    .slice(0, MAX_APPLICATIONS);
}

function entryFor({ applicationID, name }: Application, assessments: readonly Assessment[], { verdicts }: Resolution) {
  const isGoingOn = (desired: DesiredState) => (row: Assessment) =>
    row.finding.desired === desired && (row.finding.step?.kind === 'Wait' || row.finding.step?.kind === 'Deploy');
  return {
    applicationID,
    ...(name !== undefined && { name: sanitize(name) }),
    verdict:
      SEVERITY.find((verdict) => assessments.some(({ finding }) => finding.verdict === verdict)) ??
      verdicts.get(applicationID) ??
      'Unlisted',
    associated: assessments.filter(({ finding }) => finding.isAssociated && finding.association.state !== 'REMOVED')
      .length,
    removing: assessments.filter(isGoingOn('Absent')).length,
    installing: assessments.filter(isGoingOn('Present')).length,
  };
}
