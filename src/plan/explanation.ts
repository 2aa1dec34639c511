import { namesApplication } from '../fleet/matching.ts';
import type { Application } from '../fleet/model.ts';
import type { ApplicationMatcher, Policy } from '../policy/policy.ts';

/** Explanation of a verdict. */
export interface Explanation {
  /** Human-readable explanation. Contains no names and no texts of policies in other namespaces. */
  readonly because: string;
  /** Explanation with these names and texts, for the operator's log and the command line. Undefined if `because` is complete. */
  readonly unredacted?: string | undefined;
}

/** Whether the messages of a policy may contain the name and the texts of another: readers of its namespace may not read others. */
export function isVisible(policy: Pick<Policy, 'namespace'>, viewer: Pick<Policy, 'namespace'>): boolean {
  return policy.namespace === viewer.namespace;
}

/** Name of a policy that isn't visible. */
export const FOREIGN_POLICY = 'a policy of another namespace';

/** Returns an explanation for the readers of a policy. `policies`: the policies that it names. */
export function explain(
  viewer: Policy,
  policies: readonly Policy[],
  compose: (name: (policies: readonly Policy[]) => string) => string,
): Explanation {
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

/** Returns the entry of a list that names an application, as text. */
export function entryFor(matchers: readonly ApplicationMatcher[], application: Application): string {
  const matcher = matchers.find((candidate) => namesApplication(candidate, application));
  return matcher === undefined || 'id' in matcher
    ? `id ${application.applicationID}`
    : `name ${JSON.stringify(matcher.name)}`;
}
