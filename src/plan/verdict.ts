import { compareBy } from '../compare.ts';
import { listsNaming, mentions, type NamedBy, namesApplication, selects } from '../fleet/matching.ts';
import type { Application, Workspace } from '../fleet/model.ts';
import type { ApplicationMatcher, Policy } from '../policy/policy.ts';
import type { DesiredState } from './nextStep.ts';

/** What the policies say about one application on one WorkSpace. */
export type Verdict = 'Required' | 'Allowed' | 'Denied' | 'Unlisted' | 'Excepted' | 'Conflict';

export interface Evaluation {
  readonly verdict: Verdict;
  /** What this policy itself wants; another's wish is that one's to carry out. */
  readonly desired: DesiredState | undefined;
  /** Why, for people. */
  readonly because: string;
  /** When it ends by itself, where that is known. */
  readonly until?: Date | undefined;
}

/**
 * The policies that have a say, beside `policy` itself, in what it does: those that select the same WorkSpaces, are not suspended and,
 * for a policy that acts, act as well. An Audit policy votes in what is reported, never in what is done. The others come by key.
 */
export function applicablePolicies(policy: Policy, policies: readonly Policy[]): [Policy, ...Policy[]] {
  const others = policies.filter(
    (other) =>
      other.key !== policy.key && !other.suspend && (policy.enforcement === 'Audit' || other.enforcement !== 'Audit'),
  );
  return [policy, ...others.sort(compareBy(({ key }) => key))];
}

/** The policies that list an application, by the list. */
interface VotersOn extends Readonly<Record<keyof NamedBy, Policy[]>> {
  /** Whether only the policy that is judged for is among them. */
  readonly isAlone: boolean;
  /** What comes of that, once it is known. */
  judged: Evaluation | undefined;
}

function policiesListing(application: Application, voters: readonly [Policy, ...Policy[]]): VotersOn {
  const [policy] = voters;
  const voting = (list: keyof NamedBy) => voters.filter((voter) => listsNaming(voter, application)[list]);
  const lists = { required: voting('required'), allowed: voting('allowed'), denied: voting('denied') };
  const isAlone = Object.values(lists).every((list) => list.every((one) => one === policy));
  return { ...lists, isAlone, judged: undefined };
}

/** Judges one application on one WorkSpace; undefined where the policy isn't about it. */
export type Evaluator = (workspace: Workspace, application: Application) => Evaluation | undefined;

/**
 * The judge of the first of the voters. An exception that hasn't expired beats everything. Explicit lists beat `unlisted`, and the
 * highest priority that lists the application beats the others; lists of equal priority that contradict each other are a Conflict,
 * which nothing acts on.
 */
export function evaluatorFor(voters: readonly [Policy, ...Policy[]], now: Date): Evaluator {
  const [policy] = voters;
  const excepting = voters.filter(({ exceptions }) => exceptions.length > 0);
  const listing = new Map<Application, VotersOn>();
  return (workspace, application) => {
    const own = listsNaming(policy, application);
    if (!own.required && !own.allowed && !own.denied && policy.unlisted === 'Keep') {
      return undefined;
    }
    const excepted = exceptionFor(excepting, workspace, application, now);
    if (excepted !== undefined) {
      return { verdict: 'Excepted', desired: undefined, ...excepted };
    }
    const those = listing.get(application) ?? policiesListing(application, voters);
    listing.set(application, those);
    const isAbout = (one: Policy) => selects(one.workspaceSelector, workspace, now);
    // Where nobody else has a say, it is the same on every WorkSpace.
    if (those.isAlone && excepting.length === 0 && isAbout(policy)) {
      those.judged ??= evaluation(policy, own, those, application);
      return those.judged;
    }
    const unknown = [...excepting, ...those.required, ...those.allowed, ...those.denied].find(
      (one) => isAbout(one) === undefined && mentions(one, application),
    );
    if (unknown !== undefined) {
      const because = `left alone until it is known whether ${unknown.key} is about this WorkSpace`;
      return { verdict: 'Allowed', desired: undefined, because };
    }
    const selecting = (policies: Policy[]) => policies.filter((one) => isAbout(one));
    const [requiring, allowing, denying] = [
      selecting(those.required),
      selecting(those.allowed),
      selecting(those.denied),
    ];
    const highest = [...requiring, ...allowing, ...denying].reduce(
      (max, one) => Math.max(max, one.priority),
      Number.NEGATIVE_INFINITY,
    );
    const deciding = (policies: Policy[]) => policies.filter(({ priority }) => priority === highest);
    const lists = { required: deciding(requiring), allowed: deciding(allowing), denied: deciding(denying) };
    return evaluation(policy, own, lists, application);
  };
}

/** `lists`: the policies that decide, by the list in which they name the application. */
function evaluation(
  policy: Policy,
  own: NamedBy,
  { required, allowed, denied }: Readonly<Record<keyof NamedBy, readonly Policy[]>>,
  application: Application,
): Evaluation {
  // What policies that have ended still say, they say until then.
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
  // A name that AWS left out can't be found in any list of names: nobody can have meant to take that application away.
  const canBeListed = application.name !== undefined;
  return {
    verdict: 'Unlisted',
    desired: canBeListed ? 'Absent' : undefined,
    because: canBeListed
      ? 'in no list, and unlisted is Disassociate'
      : 'AWS reports no name for it, so no list can name it',
  };
}

/** What excepts an application on a WorkSpace; undefined if nothing does. */
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

function earliest(dates: readonly (Date | undefined)[]): Date | undefined {
  return dates.reduce(
    (first, date) => (first === undefined || (date !== undefined && date < first) ? date : first),
    undefined,
  );
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
    ? `id ${application.applicationID}`
    : `name ${JSON.stringify(matcher.name)}`;
}
