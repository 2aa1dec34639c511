import { listsNaming, type NamedBy, namesApplication, selects } from '../fleet/matching.ts';
import type { Application, Workspace } from '../fleet/model.ts';
import type { ApplicationMatcher, Policy } from '../policy/policy.ts';

/** What the policies say about one application on one WorkSpace. */
export type Verdict = 'Allowed' | 'Denied' | 'Unlisted' | 'Excepted' | 'Conflict';

export interface Judgement {
  readonly verdict: Verdict;
  /** Whether this policy asks for the removal; another's wish is that one's to carry out. */
  readonly asksForRemoval: boolean;
  /** Why, for people. */
  readonly because: string;
}

/**
 * The policies that have a say, beside `policy` itself, in what it does: those that select the same WorkSpaces, are not suspended and,
 * for a policy that acts, act as well. An Audit policy votes in what is reported, never in what is done.
 */
export function votersFor(policy: Policy, policies: readonly Policy[]): [Policy, ...Policy[]] {
  const others = policies.filter(
    (other) =>
      other.key !== policy.key && !other.suspend && (policy.enforcement === 'Audit' || other.enforcement === 'Enforce'),
  );
  return [policy, ...others];
}

/** Judges one application on one WorkSpace; undefined where the policy isn't about it. */
export type Judge = (workspace: Workspace, application: Application) => Judgement | undefined;

/**
 * The judge of the first of the voters. An exception that hasn't expired beats everything. Explicit lists beat `unlisted`, and the highest priority that lists the application beats the
 * others; lists of equal priority that contradict each other are a Conflict, which nothing acts on.
 */
export function judgeFor(voters: readonly [Policy, ...Policy[]], now: Date): Judge {
  const [policy] = voters;
  const excepting = voters.filter(({ exceptions }) => exceptions.length > 0);
  const listing = new Map<Application, Record<keyof NamedBy, Policy[]>>();
  return (workspace, application) => {
    const own = listsNaming(policy, application);
    if (!own.allowed && !own.denied && policy.unlisted === 'Keep') {
      return undefined;
    }
    const excepted = exceptionFor(excepting, workspace, application, now);
    if (excepted !== undefined) {
      return { verdict: 'Excepted', asksForRemoval: false, because: excepted };
    }
    const those = listing.get(application) ?? {
      allowed: voters.filter((voter) => listsNaming(voter, application).allowed),
      denied: voters.filter((voter) => listsNaming(voter, application).denied),
    };
    listing.set(application, those);
    const selecting = (policies: Policy[]) => policies.filter((one) => selects(one.workspaceSelector, workspace));
    const [allowing, denying] = [selecting(those.allowed), selecting(those.denied)];
    const highest = [...allowing, ...denying].reduce(
      (max, one) => Math.max(max, one.priority),
      Number.NEGATIVE_INFINITY,
    );
    const deciding = (policies: Policy[]) => policies.filter(({ priority }) => priority === highest);
    return judgement(policy, own, deciding(allowing), deciding(denying), application);
  };
}

function judgement(
  policy: Policy,
  own: NamedBy,
  allowing: readonly Policy[],
  denying: readonly Policy[],
  application: Application,
): Judgement {
  if (allowing.length > 0 && denying.length > 0) {
    return {
      verdict: 'Conflict',
      asksForRemoval: own.denied,
      because: `denied by ${names(denying, policy)}, allowed by ${names(allowing, policy)}`,
    };
  }
  if (denying.length > 0) {
    return own.denied
      ? { verdict: 'Denied', asksForRemoval: true, because: `denied by ${entryFor(policy.denied, application)}` }
      : { verdict: 'Denied', asksForRemoval: false, because: `denied by ${names(denying, policy)}` };
  }
  if (allowing.length > 0) {
    return { verdict: 'Allowed', asksForRemoval: false, because: `allowed by ${names(allowing, policy)}` };
  }
  // A name that AWS left out can't be found in any list of names: nobody can have meant to take that application away.
  const canBeListed = application.name !== undefined;
  return {
    verdict: 'Unlisted',
    asksForRemoval: canBeListed,
    because: canBeListed
      ? 'in no list, and unlisted is Disassociate'
      : 'AWS reports no name for it, so no list can name it',
  };
}

/** What excepts an application on a WorkSpace, for people; undefined if nothing does. */
function exceptionFor(
  policies: readonly Policy[],
  workspace: Workspace,
  application: Application,
  now: Date,
): string | undefined {
  for (const { key, exceptions, workspaceSelector } of policies) {
    const exception = exceptions.find(
      ({ workspaceIds, expiresAt, application: matcher }) =>
        workspaceIds.has(workspace.workspaceId) &&
        (expiresAt === undefined || expiresAt > now) &&
        namesApplication(matcher, application),
    );
    if (exception !== undefined && selects(workspaceSelector, workspace)) {
      const until = exception.expiresAt === undefined ? '' : ` until ${exception.expiresAt.toISOString().slice(0, 10)}`;
      return `excepted by ${key}${until}: ${exception.reason}`;
    }
  }
  return undefined;
}

/** So many policies are named; more would only make a sentence long that every new policy changes. */
const NAMED = 3;

function names(policies: readonly Policy[], self: Policy): string {
  const named = policies.slice(0, NAMED).map(({ key, endsAt }) => {
    const name = key === self.key ? 'this policy' : key;
    return endsAt === undefined
      ? name
      : `${name} (which has ended, and counts until ${endsAt.toISOString().slice(11, 16)} UTC)`;
  });
  const more = policies.length - named.length;
  return more > 0 ? `${named.join(', ')} and ${more} more` : named.join(', ');
}

function entryFor(matchers: readonly ApplicationMatcher[], application: Application): string {
  const matcher = matchers.find((candidate) => namesApplication(candidate, application));
  return matcher === undefined || 'id' in matcher
    ? `id ${application.applicationId}`
    : `name ${JSON.stringify(matcher.name)}`;
}
