import { compareStrings } from '../compare.ts';
import type { Application } from '../fleet/model.ts';
import type { Finding, Plan } from '../plan/plan.ts';
import type { Resolution } from '../plan/resolution.ts';
import { sanitize } from '../sanitize.ts';
import { eachSliced, type Sliced } from '../slices.ts';
import type { Assessment } from './assessment.ts';
import type { PolicyStatus } from './resource.ts';

const MAX_APPLICATIONS = 64;
/** Verdicts, the most important first. */
const VERDICTS = ['Conflict', 'Denied', 'Unlisted', 'Excepted', 'Required', 'Allowed'] as const;

/** Numbers of the associations of an application. */
interface Tally {
  application: Application;
  readonly verdicts: Set<Finding['verdict']>;
  associated: number;
  removing: number;
  installing: number;
}

/** Returns an entry for each application that the lists match or an assessment refers to, the most associated first. */
export function* applicationsOf(
  { resolution }: Pick<Plan, 'resolution'>,
  assessments: Iterable<Assessment>,
): Sliced<NonNullable<PolicyStatus['applications']>> {
  const tallies = new Map(resolution.listed.map((application) => [application.applicationID, newTally(application)]));
  yield* eachSliced(assessments, ({ finding }) => {
    const { application, verdict, association, desired, step } = finding;
    // A change that is reverted outside the selection says nothing about the selected WorkSpaces.
    if (verdict === 'Ignored') {
      return;
    }
    const tally = tallies.get(application.applicationID) ?? newTally(application);
    tallies.set(application.applicationID, tally);
    tally.application = application;
    tally.verdicts.add(verdict);
    tally.associated += finding.isAssociated && association.state !== 'REMOVED' ? 1 : 0;
    const isStarted = step?.kind === 'Wait' || step?.kind === 'Deploy';
    tally.removing += isStarted && desired === 'Absent' ? 1 : 0;
    tally.installing += isStarted && desired === 'Present' ? 1 : 0;
  });
  return [...tallies.values()]
    .map((tally) => entryFor(tally, resolution))
    .sort((a, b) => b.associated - a.associated || compareStrings(a.applicationID, b.applicationID))
    .slice(0, MAX_APPLICATIONS);
}

function newTally(application: Application): Tally {
  return { application, verdicts: new Set(), associated: 0, removing: 0, installing: 0 };
}

function entryFor({ application, verdicts: found, ...counts }: Tally, { verdicts }: Resolution) {
  const { applicationID, name } = application;
  return {
    applicationID,
    ...(name !== undefined && { name: sanitize(name) }),
    verdict: VERDICTS.find((verdict) => found.has(verdict)) ?? verdicts.get(applicationID) ?? 'Unlisted',
    ...counts,
  };
}
