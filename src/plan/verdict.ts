import { compareBy } from '../compare.ts';
import {
  listsNaming,
  mayNameApplication,
  mentions,
  type NamedBy,
  namesApplication,
  selects,
} from '../fleet/matching.ts';
import type { Application, Workspace } from '../fleet/model.ts';
import type { ApplicationMatcher, Policy } from '../policy/policy.ts';
import type { DesiredState } from './nextStep.ts';

/**
 * Verdict of all policies on one application on one WorkSpace. Ignored if the policy doesn't apply to the association, and only a change
 * that the operator began for it remains.
 */
export type Verdict = 'Required' | 'Allowed' | 'Denied' | 'Unlisted' | 'Excepted' | 'Conflict' | 'Ignored';

/** Evaluation of one application on one WorkSpace for a policy. */
export interface Evaluation {
  readonly verdict: Verdict;
  /** Desired state of this policy. Undefined if only other policies request a change. */
  readonly desired: DesiredState | undefined;
  /** Human-readable explanation. Contains no names and no texts of policies in other namespaces. */
  readonly because: string;
  /** Explanation with these names and texts, for the operator's log and the command line. Undefined if `because` is complete. */
  readonly unredacted?: string | undefined;
  /** End of the verdict, if it is known. */
  readonly until?: Date | undefined;
  /** Whether the verdict depends on a value that the operator doesn't know. */
  readonly isUndecided?: boolean | undefined;
}

/**
 * Returns the policies to evaluate for `policy`: first itself, then the other overlapping policies that are not suspended, sorted by key.
 * An Audit policy affects only the evaluation of Audit policies, which make no changes.
 */
export function applicablePolicies(policy: Policy, policies: readonly Policy[]): [Policy, ...Policy[]] {
  const others = policies.filter(
    (other) =>
      other.key !== policy.key && !other.suspend && (policy.enforcement === 'Audit' || other.enforcement !== 'Audit'),
  );
  return [policy, ...others.sort(compareBy(({ key }) => key))];
}

/** The policies that list an application, by list. */
interface ListingPolicies extends Readonly<Record<keyof NamedBy, Policy[]>> {
  /** Whether no policy other than the evaluated one lists the application. */
  readonly isAlone: boolean;
  /** Cached evaluation, if it is the same on all WorkSpaces. */
  evaluation: Evaluation | undefined;
}

function policiesListing(application: Application, policies: readonly [Policy, ...Policy[]]): ListingPolicies {
  const [policy] = policies;
  const listing = (list: keyof NamedBy) => policies.filter((other) => listsNaming(other, application)[list]);
  const lists = { required: listing('required'), allowed: listing('allowed'), denied: listing('denied') };
  const isAlone = Object.values(lists).every((list) => list.every((other) => other === policy));
  return { ...lists, isAlone, evaluation: undefined };
}

/** Evaluates one application on one WorkSpace. Returns undefined if the policy doesn't apply to the application. */
export type Evaluator = (workspace: Workspace, application: Application) => Evaluation | undefined;

/**
 * Returns the evaluator of the first policy. An unexpired exception overrides everything. Lists override `unlisted`. Among the policies
 * that list an application, only the highest priority counts. If policies of equal priority contradict each other, the verdict is Conflict,
 * and no policy makes a change.
 *
 * @param policies result of `applicablePolicies`
 */
export function evaluatorFor(policies: readonly [Policy, ...Policy[]], now: Date): Evaluator {
  const [policy] = policies;
  const excepting = policies.filter(({ exceptions }) => exceptions.length > 0);
  const listingByApplication = new Map<Application, ListingPolicies>();
  const uncertainByApplication = new Map<Application, readonly UncertainPolicy[]>();
  return (workspace, application) => {
    const own = listsNaming(policy, application);
    if (!own.required && !own.allowed && !own.denied && policy.unlisted === 'Keep') {
      return undefined;
    }
    const excepted = exceptionFor(policy, excepting, workspace, application, now);
    if (excepted !== undefined) {
      return { verdict: 'Excepted', desired: undefined, ...excepted };
    }
    // `unlisted` doesn't apply to an application without a name.
    const mayChange = own.required || own.denied || application.name !== undefined;
    const uncertain =
      uncertainByApplication.get(application) ?? (mayChange ? uncertainPolicies(application, policies) : []);
    uncertainByApplication.set(application, uncertain);
    const unknown = unknownApplication(policy, uncertain, workspace, application, now);
    if (unknown !== undefined) {
      return { verdict: 'Allowed', desired: undefined, isUndecided: true, ...unknown };
    }
    const listing = listingByApplication.get(application) ?? policiesListing(application, policies);
    listingByApplication.set(application, listing);
    const selectsWorkspace = (candidate: Policy) => selects(candidate.workspaceSelector, workspace, now);
    // Without other policies, the evaluation is the same on every WorkSpace.
    if (listing.isAlone && excepting.length === 0 && selectsWorkspace(policy)) {
      listing.evaluation ??= evaluateLists(policy, own, listing, application);
      return listing.evaluation;
    }
    const selecting = (policies: Policy[]) => policies.filter((candidate) => selectsWorkspace(candidate));
    const [requiring, allowing, denying] = [
      selecting(listing.required),
      selecting(listing.allowed),
      selecting(listing.denied),
    ];
    const highest = [...requiring, ...allowing, ...denying].reduce(
      (max, { priority }) => Math.max(max, priority),
      Number.NEGATIVE_INFINITY,
    );
    const deciding = (policies: Policy[]) => policies.filter(({ priority }) => priority === highest);
    const isUnknown = (candidate: Policy) =>
      selectsWorkspace(candidate) === undefined && mentions(candidate, application);
    const protecting = [...excepting, ...listing.required, ...listing.allowed].find(isUnknown);
    const lists = { required: deciding(requiring), allowed: deciding(allowing), denied: deciding(denying) };
    const evaluation = evaluateLists(policy, own, lists, application);
    // A further policy that denies the application changes nothing if this one removes it anyway.
    const isDecided = own.denied && evaluation.verdict === 'Denied';
    const undecided = protecting ?? (isDecided ? undefined : listing.denied.find(isUnknown));
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

/**
 * @param own lists of the evaluated policy that name the application
 * @param lists deciding policies, by the list in which they name the application
 */
function evaluateLists(
  policy: Policy,
  own: NamedBy,
  { required, allowed, denied }: Readonly<Record<keyof NamedBy, readonly Policy[]>>,
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

/** Returns the exception for an application on a WorkSpace, or undefined if there is none. `viewer`: the evaluated policy. */
function exceptionFor(
  viewer: Policy,
  policies: readonly Policy[],
  workspace: Workspace,
  application: Application,
  now: Date,
): Pick<Evaluation, 'because' | 'unredacted' | 'until'> | undefined {
  for (const policy of policies) {
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
      const explained = isVisible(policy, viewer)
        ? { because: complete }
        : { because: `excepted by ${FOREIGN_POLICY}${until}`, unredacted: complete };
      return { ...explained, until: earliest([expiresAt, endsAt]) };
    }
  }
  return undefined;
}

/** A policy with entries that might match an application once AWS reports its name and its owner. */
interface UncertainPolicy {
  readonly policy: Policy;
  /** Whether an entry might protect the application from a removal. */
  readonly mayProtect: boolean;
  readonly mayDeny: boolean;
  /** WorkSpaces for which an exception might name the application. */
  readonly mayExcept: ReadonlySet<string>;
}

function uncertainPolicies(application: Application, policies: readonly Policy[]): UncertainPolicy[] {
  if (application.name !== undefined && application.owner !== undefined) {
    return [];
  }
  const isUncertain = (matcher: ApplicationMatcher) =>
    !namesApplication(matcher, application) && mayNameApplication(matcher, application);
  return policies
    .map((policy) => ({
      policy,
      mayProtect: [...policy.required, ...policy.allowed].some(isUncertain),
      mayDeny: policy.denied.some(isUncertain),
      mayExcept: new Set(
        policy.exceptions.flatMap((exception) =>
          isUncertain(exception.application) ? [...exception.workspaceIDs] : [],
        ),
      ),
    }))
    .filter(({ mayProtect, mayDeny, mayExcept }) => mayProtect || mayDeny || mayExcept.size > 0);
}

/** Returns why an application stays unchanged because of a value that AWS omitted or that can't be trusted, or undefined. */
function unknownApplication(
  viewer: Policy,
  uncertain: readonly UncertainPolicy[],
  workspace: Workspace,
  application: Application,
  now: Date,
): Pick<Evaluation, 'because' | 'unredacted'> | undefined {
  const { untrusted } = application;
  if (untrusted !== undefined) {
    return { because: `kept because AWS returned a value of the application that can't be trusted: ${untrusted}` };
  }
  // Fast path: AWS reports the name and the owner of most applications.
  if (uncertain.length === 0) {
    return undefined;
  }
  const own = listsNaming(viewer, application);
  const opposing = uncertain.find(
    ({ policy, mayProtect, mayDeny, mayExcept }) =>
      ((own.required ? mayDeny : mayProtect) || mayExcept.has(workspace.workspaceID)) &&
      selects(policy.workspaceSelector, workspace, now) !== false,
  );
  return (
    opposing &&
    explain(
      viewer,
      [opposing.policy],
      (name) =>
        `kept until AWS reports the name and the owner of the application, which ${name([opposing.policy])} may list`,
    )
  );
}

function earliest(dates: readonly (Date | undefined)[]): Date | undefined {
  return dates.reduce(
    (first, date) => (first === undefined || (date !== undefined && date < first) ? date : first),
    undefined,
  );
}

/** Whether the messages of a policy may contain the name and the texts of another: readers of its namespace may not read others. */
export function isVisible(policy: Pick<Policy, 'namespace'>, viewer: Pick<Policy, 'namespace'>): boolean {
  return policy.namespace === viewer.namespace;
}

/** Name of a policy that isn't visible. */
export const FOREIGN_POLICY = 'a policy of another namespace';

/** Returns an explanation for the readers of a policy. `policies`: the policies that it names. */
function explain(
  viewer: Policy,
  policies: readonly Policy[],
  compose: (name: (policies: readonly Policy[]) => string) => string,
): Pick<Evaluation, 'because' | 'unredacted'> {
  const isComplete = policies.every((policy) => isVisible(policy, viewer));
  return {
    because: compose((named) => names(named, viewer, (policy) => isVisible(policy, viewer))),
    unredacted: isComplete ? undefined : compose((named) => names(named, viewer, () => true)),
  };
}

/** Maximum number of policies named in a message. Keeps messages short and stable. */
const MAX_NAMED_POLICIES = 3;

function names(policies: readonly Policy[], self: Policy, isNamed: (policy: Policy) => boolean): string {
  const hidden = policies.filter((policy) => !isNamed(policy));
  const all = [
    ...policies.filter(isNamed).map((policy) => withEnd(policy.key === self.key ? 'this policy' : policy.key, policy)),
    ...(hidden.length > 1 ? ['policies of other namespaces'] : hidden.map((policy) => withEnd(FOREIGN_POLICY, policy))),
  ];
  const named = all.slice(0, MAX_NAMED_POLICIES);
  const more = all.length - named.length;
  return more > 0 ? `${named.join(', ')} and ${more} more` : named.join(', ');
}

function withEnd(name: string, { endsAt }: Policy): string {
  return endsAt === undefined
    ? name
    : `${name} (deleted or changed, in effect until ${endsAt.toISOString().slice(11, 16)} UTC)`;
}

function entryFor(matchers: readonly ApplicationMatcher[], application: Application): string {
  const matcher = matchers.find((candidate) => namesApplication(candidate, application));
  return matcher === undefined || 'id' in matcher
    ? `id ${application.applicationID}`
    : `name ${JSON.stringify(matcher.name)}`;
}
