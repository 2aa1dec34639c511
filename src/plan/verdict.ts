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

/** Verdict of all policies on one application on one WorkSpace. */
export type Verdict = 'Required' | 'Allowed' | 'Denied' | 'Unlisted' | 'Excepted' | 'Conflict';

interface Evaluation {
  readonly verdict: Verdict;
  /** Desired state of this policy. Undefined if only other policies request a change. */
  readonly desired: DesiredState | undefined;
  /** Human-readable explanation. */
  readonly because: string;
  /** End of the verdict, if it is known. */
  readonly until?: Date | undefined;
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
    const excepted = exceptionFor(excepting, workspace, application, now);
    if (excepted !== undefined) {
      return { verdict: 'Excepted', desired: undefined, ...excepted };
    }
    // `unlisted` doesn't apply to an application without a name.
    const mayChange = own.required || own.denied || application.name !== undefined;
    const uncertain =
      uncertainByApplication.get(application) ?? (mayChange ? uncertainPolicies(application, policies) : []);
    uncertainByApplication.set(application, uncertain);
    const unknown = unknownApplication(uncertain, workspace, application, own, now);
    if (unknown !== undefined) {
      return { verdict: 'Allowed', desired: undefined, because: unknown };
    }
    const listing = listingByApplication.get(application) ?? policiesListing(application, policies);
    listingByApplication.set(application, listing);
    const selectsWorkspace = (candidate: Policy) => selects(candidate.workspaceSelector, workspace, now);
    // Without other policies, the evaluation is the same on every WorkSpace.
    if (listing.isAlone && excepting.length === 0 && selectsWorkspace(policy)) {
      listing.evaluation ??= evaluateLists(policy, own, listing, application);
      return listing.evaluation;
    }
    const undecided = [...excepting, ...listing.required, ...listing.allowed, ...listing.denied].find(
      (candidate) => selectsWorkspace(candidate) === undefined && mentions(candidate, application),
    );
    if (undecided !== undefined) {
      const because = `kept until the operator knows whether ${undecided.key} selects this WorkSpace`;
      return { verdict: 'Allowed', desired: undefined, because };
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
    const lists = { required: deciding(requiring), allowed: deciding(allowing), denied: deciding(denying) };
    return evaluateLists(policy, own, lists, application);
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
  if (required.length + allowed.length > 0 && denied.length > 0) {
    const keeping = [
      ...(required.length > 0 ? [`required by ${names(required, policy)}`] : []),
      ...(allowed.length > 0 ? [`allowed by ${names(allowed, policy)}`] : []),
    ].join(', ');
    return {
      verdict: 'Conflict',
      desired: own.denied ? 'Absent' : own.required ? 'Present' : undefined,
      because: `denied by ${names(denied, policy)}, ${keeping}`,
      until,
    };
  }
  if (denied.length > 0) {
    return own.denied
      ? { verdict: 'Denied', desired: 'Absent', because: `denied by ${entryFor(policy.denied, application)}` }
      : { verdict: 'Denied', desired: undefined, because: `denied by ${names(denied, policy)}` };
  }
  if (required.length > 0) {
    return own.required
      ? { verdict: 'Required', desired: 'Present', because: `required by ${entryFor(policy.required, application)}` }
      : { verdict: 'Required', desired: undefined, because: `required by ${names(required, policy)}`, until };
  }
  if (allowed.length > 0) {
    return { verdict: 'Allowed', desired: undefined, because: `allowed by ${names(allowed, policy)}`, until };
  }
  // An application without a name can't match an entry by name, so `unlisted` doesn't apply to it.
  const canBeListed = application.name !== undefined;
  return {
    verdict: 'Unlisted',
    desired: canBeListed ? 'Absent' : undefined,
    because: canBeListed
      ? 'in no list, and unlisted is Disassociate'
      : 'AWS reports no name for the application, so no entry can match it by name',
  };
}

/** Returns the exception for an application on a WorkSpace, or undefined if there is none. */
function exceptionFor(
  policies: readonly Policy[],
  workspace: Workspace,
  application: Application,
  now: Date,
): Pick<Evaluation, 'because' | 'until'> | undefined {
  for (const { key, exceptions, workspaceSelector, endsAt } of policies) {
    const exception = exceptions.find(
      ({ workspaceIDs, expiresAt, application: matcher }) =>
        workspaceIDs.has(workspace.workspaceID) &&
        (expiresAt === undefined || expiresAt > now) &&
        namesApplication(matcher, application),
    );
    if (exception !== undefined && selects(workspaceSelector, workspace, now)) {
      const { expiresAt, reason } = exception;
      const until = expiresAt === undefined ? '' : ` until ${expiresAt.toISOString().slice(0, 10)}`;
      return { because: `excepted by ${key}${until}: ${reason}`, until: earliest([expiresAt, endsAt]) };
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
  uncertain: readonly UncertainPolicy[],
  workspace: Workspace,
  { untrusted }: Application,
  own: NamedBy,
  now: Date,
): string | undefined {
  if (untrusted !== undefined) {
    return `kept because AWS returned a value of the application that can't be trusted: ${untrusted}`;
  }
  const opposing = uncertain.find(
    ({ policy, mayProtect, mayDeny, mayExcept }) =>
      ((own.required ? mayDeny : mayProtect) || mayExcept.has(workspace.workspaceID)) &&
      selects(policy.workspaceSelector, workspace, now) !== false,
  );
  return (
    opposing &&
    `kept until AWS reports the name and the owner of the application, which ${opposing.policy.key} may list`
  );
}

function earliest(dates: readonly (Date | undefined)[]): Date | undefined {
  return dates.reduce(
    (first, date) => (first === undefined || (date !== undefined && date < first) ? date : first),
    undefined,
  );
}

/** Maximum number of policies named in a message. Keeps messages short and stable. */
const MAX_NAMED_POLICIES = 3;

function names(policies: readonly Policy[], self: Policy): string {
  const named = policies.slice(0, MAX_NAMED_POLICIES).map(({ key, endsAt }) => {
    const name = key === self.key ? 'this policy' : key;
    return endsAt === undefined
      ? name
      : `${name} (deleted or changed, in effect until ${endsAt.toISOString().slice(11, 16)} UTC)`;
  });
  const more = policies.length - named.length;
  return more > 0 ? `${named.join(', ')} and ${more} more` : named.join(', ');
}

function entryFor(matchers: readonly ApplicationMatcher[], application: Application): string {
  const matcher = matchers.find((candidate) => namesApplication(candidate, application));
  return matcher === undefined || 'id' in matcher
    ? `id ${application.applicationID}`
    : `name ${JSON.stringify(matcher.name)}`;
}
