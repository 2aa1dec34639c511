import { listsNaming, mentions, type NamedBy, namesApplication, selects } from '../fleet/matching.ts';
import type { Application, Workspace } from '../fleet/model.ts';
import type { Policy } from '../policy/policy.ts';
import { ApplicablePolicies, type PolicyFinder } from './applicablePolicies.ts';
import { type Explanation, entryFor, explain, FOREIGN_POLICY, isVisible } from './explanation.ts';
import type { DesiredState } from './nextStep.ts';
import { type UnknownValueOf, unknownValuesOf } from './unknownValues.ts';

/**
 * Verdict of all policies on one application on one WorkSpace. Ignored if the policy doesn't apply to the association, and only a change
 * that the operator began for it remains.
 */
export type Verdict = 'Required' | 'Allowed' | 'Denied' | 'Unlisted' | 'Excepted' | 'Conflict' | 'Ignored';

/** Evaluation of one application on one WorkSpace for a policy. */
export interface Evaluation extends Explanation {
  readonly verdict: Verdict;
  /** Desired state of this policy. Undefined if only other policies request a change. */
  readonly desired: DesiredState | undefined;
  /** End of the verdict, if it is known. */
  readonly until?: Date | undefined;
  /** Whether the verdict depends on a value that the operator doesn't know. */
  readonly isUndecided?: boolean | undefined;
}

/** Evaluates one application on one WorkSpace. Returns undefined if the policy doesn't apply to the application. */
export type Evaluator = (workspace: Workspace, application: Application) => Evaluation | undefined;

/** The policies that list an application, by list. */
type Listing = Readonly<Record<keyof NamedBy, readonly Policy[]>>;

/** What is the same for an application on all WorkSpaces. */
interface ApplicationOnAll {
  readonly unknownValueOf: UnknownValueOf;
  /** Finds the policies that mention the application. */
  readonly find: PolicyFinder;
  /** Evaluates the application by these policies, of which some are on every WorkSpace. */
  readonly evaluationBy: (selecting: readonly Policy[], everywhere: readonly Policy[]) => Evaluation;
}

/**
 * Returns the evaluator of a policy. An unexpired exception overrides everything. Lists override `unlisted`. Among the policies that list an
 * application, only the highest priority counts. If policies of equal priority contradict each other, the verdict is Conflict, and no policy
 * makes a change.
 *
 * @param policies all policies that can select WorkSpaces of `policy`, with or without itself
 */
export function evaluatorFor(policy: Policy, policies: readonly Policy[], now: Date): Evaluator {
  const applicable = new ApplicablePolicies(policy, policies, now);
  const byApplication = new Map<Application, ApplicationOnAll>();
  const onAll = (application: Application) => {
    const known = byApplication.get(application) ?? onAllWorkspaces(application, applicable);
    byApplication.set(application, known);
    return known;
  };
  return (workspace, application) => {
    if (policy.unlisted === 'Keep' && !isListing(policy, application)) {
      return undefined;
    }
    const excepted = exceptionFor(applicable, workspace, application, now);
    if (excepted !== undefined) {
      return { verdict: 'Excepted', desired: undefined, ...excepted };
    }
    const { unknownValueOf, find, evaluationBy } = onAll(application);
    const unknown = unknownValueOf(workspace);
    if (unknown !== undefined) {
      return { verdict: 'Allowed', desired: undefined, isUndecided: true, ...unknown };
    }
    const { selecting, everywhere, undecided: uncertain } = find(workspace);
    const evaluation = evaluationBy(selecting, everywhere);
    // Another policy that denies the application changes nothing if this one removes it anyway.
    const isDecided = evaluation.verdict === 'Denied' && evaluation.desired === 'Absent';
    const undecided = firstUndecided(uncertain, application, isDecided);
    if (undecided !== undefined) {
      const explained = explain(
        policy,
        [undecided],
        (name) => `kept until the operator knows whether ${name([undecided])} selects this WorkSpace`,
      );
      return { verdict: 'Allowed', desired: undefined, isUndecided: true, ...explained };
    }
    return evaluation;
  };
}

function onAllWorkspaces(application: Application, applicable: ApplicablePolicies): ApplicationOnAll {
  return {
    unknownValueOf: unknownValuesOf(application, applicable),
    find: applicable.finderOf((policy) => mentions(policy, application)),
    evaluationBy: evaluationsBy(application, applicable),
  };
}

/** Returns a function that evaluates an application by the policies that mention it. Many WorkSpaces have the same ones. */
function evaluationsBy(application: Application, applicable: ApplicablePolicies): ApplicationOnAll['evaluationBy'] {
  const { policy } = applicable;
  const evaluations = new Map<string, Evaluation>();
  // The list of the policies on every WorkSpace can be long, and is always the same.
  const listings = new Map<readonly Policy[], Listing>();
  const highestIn = (everywhere: readonly Policy[]) => {
    const listing = listings.get(everywhere) ?? highestOf(listingOf(application, everywhere));
    listings.set(everywhere, listing);
    return listing;
  };
  return (selecting, everywhere) => {
    const listing = selecting.filter((one) => isListing(one, application));
    const key = `${everywhere.length} ${listing.map((one) => applicable.rankOf(one)).join(' ')}`;
    const evaluation =
      evaluations.get(key) ??
      evaluateLists(
        policy,
        listsNaming(policy, application),
        decidingLists(applicable, listingOf(application, listing), highestIn(everywhere)),
        application,
      );
    evaluations.set(key, evaluation);
    return evaluation;
  };
}

function isListing(policy: Policy, application: Application): boolean {
  const { required, allowed, denied } = listsNaming(policy, application);
  return required || allowed || denied;
}

function listingOf(application: Application, policies: readonly Policy[]): Listing {
  const listing = (list: keyof NamedBy) => policies.filter((policy) => listsNaming(policy, application)[list]);
  return { required: listing('required'), allowed: listing('allowed'), denied: listing('denied') };
}

/**
 * Returns the first policy that concerns an application: one with exceptions, or else one that requires, allows, or denies it.
 *
 * @param isDenied whether other policies already deny the application, so that another denial changes nothing
 */
function firstUndecided(undecided: readonly Policy[], application: Application, isDenied: boolean): Policy | undefined {
  if (undecided.length === 0) {
    return undefined;
  }
  const { required, allowed, denied } = listingOf(application, undecided);
  const excepting = undecided.filter(({ exceptions }) => exceptions.length > 0);
  return [...excepting, ...required, ...allowed, ...(isDenied ? [] : denied)].find((policy) =>
    mentions(policy, application),
  );
}

/** Returns the policies of the highest priority, each list in its order. */
function decidingLists(applicable: ApplicablePolicies, some: Listing, everywhere: Listing): Listing {
  const merged = (list: keyof NamedBy) =>
    some[list].length === 0 || everywhere[list].length === 0
      ? [...some[list], ...everywhere[list]]
      : [...some[list], ...everywhere[list]].sort((a, b) => applicable.rankOf(a) - applicable.rankOf(b));
  return highestOf({ required: merged('required'), allowed: merged('allowed'), denied: merged('denied') });
}

/** Returns the policies of the highest priority in any of the lists. */
function highestOf({ required, allowed, denied }: Listing): Listing {
  let highest = Number.NEGATIVE_INFINITY;
  for (const list of [required, allowed, denied]) {
    for (const { priority } of list) {
      highest = Math.max(highest, priority);
    }
  }
  const deciding = (policies: readonly Policy[]) => policies.filter(({ priority }) => priority === highest);
  return { required: deciding(required), allowed: deciding(allowed), denied: deciding(denied) };
}

/**
 * @param own lists of the evaluated policy that name the application
 * @param lists deciding policies, by the list in which they name the application
 */
function evaluateLists(
  policy: Policy,
  own: NamedBy,
  { required, allowed, denied }: Listing,
  application: Application,
): Evaluation {
  // An ended policy counts only until the end of its protection period.
  const until = earliest([...required, ...allowed].map(({ endsAt }) => endsAt));
  const by = (participle: string, policies: readonly Policy[]) =>
    explain(policy, policies, (name) => `${participle} by ${name(policies)}`);
  if (required.length + allowed.length > 0 && denied.length > 0) {
    const explained = explain(policy, [...denied, ...required, ...allowed], (name) =>
      [
        `denied by ${name(denied)}`,
        ...(required.length > 0 ? [`required by ${name(required)}`] : []),
        ...(allowed.length > 0 ? [`allowed by ${name(allowed)}`] : []),
      ].join(', '),
    );
    return {
      verdict: 'Conflict',
      desired: own.denied ? 'Absent' : own.required ? 'Present' : undefined,
      ...explained,
      until,
    };
  }
  if (denied.length > 0) {
    return own.denied
      ? { verdict: 'Denied', desired: 'Absent', because: `denied by ${entryFor(policy.denied, application)}` }
      : { verdict: 'Denied', desired: undefined, ...by('denied', denied) };
  }
  if (required.length > 0) {
    return own.required
      ? { verdict: 'Required', desired: 'Present', because: `required by ${entryFor(policy.required, application)}` }
      : { verdict: 'Required', desired: undefined, ...by('required', required), until };
  }
  if (allowed.length > 0) {
    return { verdict: 'Allowed', desired: undefined, ...by('allowed', allowed), until };
  }
  // An application without a name can't match an entry by name, so `unlisted` doesn't apply to it.
  const canBeListed = application.name !== undefined;
  return {
    verdict: 'Unlisted',
    desired: canBeListed ? 'Absent' : undefined,
    because: canBeListed
      ? 'in no list, and unlisted is Disassociate'
      : 'AWS reports no name for the application, so no entry can match it by name',
    isUndecided: canBeListed ? undefined : true,
  };
}

/** Returns the exception for an application on a WorkSpace, or undefined if there is none. */
function exceptionFor(
  applicable: ApplicablePolicies,
  workspace: Workspace,
  application: Application,
  now: Date,
): (Explanation & Pick<Evaluation, 'until'>) | undefined {
  for (const policy of applicable.exceptingOn(workspace)) {
    const { key, exceptions, workspaceSelector, endsAt } = policy;
    const exception = exceptions.find(
      ({ workspaceIDs, expiresAt, application: matcher }) =>
        workspaceIDs.has(workspace.workspaceID) &&
        (expiresAt === undefined || expiresAt > now) &&
        namesApplication(matcher, application),
    );
    if (exception !== undefined && selects(workspaceSelector, workspace, now)) {
      const { expiresAt, reason } = exception;
      const until = expiresAt === undefined ? '' : ` until ${expiresAt.toISOString().slice(0, 10)}`;
      const complete = `excepted by ${key}${until}: ${reason}`;
      const explained = isVisible(policy, applicable.policy)
        ? { because: complete }
        : { because: `excepted by ${FOREIGN_POLICY}${until}`, unredacted: complete };
      return { ...explained, until: earliest([expiresAt, endsAt]) };
    }
  }
  return undefined;
}

function earliest(dates: readonly (Date | undefined)[]): Date | undefined {
  return dates.reduce(
    (first, date) => (first === undefined || (date !== undefined && date < first) ? date : first),
    undefined,
  );
}
