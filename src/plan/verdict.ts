import { listings, namesApplication, selects } from '../fleet/matching.ts';
import type { Application, Workspace } from '../fleet/model.ts';
import type { ApplicationMatcher, Policy } from '../policy/policy.ts';

/** What the policies say about one application on one WorkSpace. */
export type Verdict = 'Allowed' | 'Denied' | 'Unlisted' | 'Conflict';

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
export function votersFor(policy: Policy, policies: readonly Policy[]): Policy[] {
  const others = policies.filter(
    (other) =>
      other.key !== policy.key && !other.suspend && (policy.enforcement === 'Audit' || other.enforcement === 'Enforce'),
  );
  return [policy, ...others];
}

/**
 * Judges one application on one WorkSpace from the view of the first of the voters. Undefined where it isn't about the application.
 * Explicit lists beat `unlisted`; lists that contradict each other are a Conflict, which nothing acts on.
 */
export function judge(
  voters: readonly Policy[],
  workspace: Workspace,
  application: Application,
): Judgement | undefined {
  const [policy] = voters;
  if (policy === undefined) {
    return undefined;
  }
  const own = listings(policy, application);
  if (!own.allowed && !own.denied && policy.unlisted === 'Keep') {
    return undefined;
  }
  const present = voters.filter((voter) => selects(voter.workspaceSelector, workspace));
  const allowing = present.filter((voter) => listings(voter, application).allowed);
  const denying = present.filter((voter) => listings(voter, application).denied);
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

function names(policies: readonly Policy[], self: Policy): string {
  return policies.map(({ key }) => (key === self.key ? 'this policy' : key)).join(', ');
}

function entryFor(matchers: readonly ApplicationMatcher[], application: Application): string {
  const matcher = matchers.find((candidate) => namesApplication(candidate, application));
  return matcher === undefined || 'id' in matcher
    ? `id ${application.applicationId}`
    : `name ${JSON.stringify(matcher.name)}`;
}
