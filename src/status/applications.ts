import { compareStrings } from '../compare.ts';
import type { Application } from '../fleet/model.ts';
import type { DesiredState } from '../plan/nextStep.ts';
import type { Plan } from '../plan/plan.ts';
import type { Resolution } from '../plan/resolution.ts';
import { sanitize } from '../sanitize.ts';
import type { Assessment } from './assessment.ts';
import type { PolicyStatus } from './resource.ts';

const MAX_APPLICATIONS = 64;
/** Verdicts, the most important first. */
const VERDICTS = ['Conflict', 'Denied', 'Unlisted', 'Excepted', 'Required', 'Allowed'] as const;

/** Returns an entry for each application that the lists match or an assessment refers to, the most associated first. */
export function applicationsOf(
  { resolution }: Plan,
  all: readonly Assessment[],
): NonNullable<PolicyStatus['applications']> {
  // A change that is reverted outside the selection says nothing about the selected WorkSpaces.
  const assessments = all.filter(({ finding }) => finding.verdict !== 'Ignored');
  const byId = Map.groupBy(assessments, ({ finding }) => finding.application.applicationID);
  const applications = [...resolution.listed, ...assessments.map(({ finding }) => finding.application)];
  const unique = new Map(applications.map((application) => [application.applicationID, application]));
  return [...unique.values()]
    .map((application) => entryFor(application, byId.get(application.applicationID) ?? [], resolution))
    .sort((a, b) => b.associated - a.associated || compareStrings(a.applicationID, b.applicationID))
    .slice(0, MAX_APPLICATIONS);
}

function entryFor({ applicationID, name }: Application, assessments: readonly Assessment[], { verdicts }: Resolution) {
  const isStartedFor =
    (desired: DesiredState) =>
    ({ finding }: Assessment) =>
      finding.desired === desired && (finding.step?.kind === 'Wait' || finding.step?.kind === 'Deploy');
  return {
    applicationID,
    ...(name !== undefined && { name: sanitize(name) }),
    verdict:
      VERDICTS.find((verdict) => assessments.some(({ finding }) => finding.verdict === verdict)) ??
      verdicts.get(applicationID) ??
      'Unlisted',
    associated: assessments.filter(({ finding }) => finding.isAssociated && finding.association.state !== 'REMOVED')
      .length,
    removing: assessments.filter(isStartedFor('Absent')).length,
    installing: assessments.filter(isStartedFor('Present')).length,
  };
}
