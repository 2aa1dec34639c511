import { compareBy } from '../compare.ts';
import { namesApplication } from '../fleet/matching.ts';
import type { Application } from '../fleet/model.ts';
import type { ApplicationMatcher, Policy } from '../policy/policy.ts';

/** What the entries of a policy's lists name among the applications that AWS knows. */
export interface Resolution {
  /** The applications of `required`, by id. */
  readonly required: readonly Application[];
  /** Every application that a list names, by id. */
  readonly listed: readonly Application[];
  /** What this policy's lists alone say about these, by application id. */
  readonly verdicts: ReadonlyMap<string, 'Required' | 'Allowed' | 'Denied'>;
  /** Entries that name nothing, for people: likely a slip of the pen. */
  readonly unmatched: readonly string[];
  /** Those of them that are in `required`: nothing can come of these. */
  readonly missing: readonly string[];
  /** Entries of `required` that name several applications, for people: nobody can tell which is meant. */
  readonly ambiguous: readonly string[];
}

/** So many ids are named; a glob may match hundreds. */
const NAMED = 3;

/** Looks up what the lists and exceptions of a policy name. */
export function resolveApplications(policy: Policy, applications: ReadonlyMap<string, Application>): Resolution {
  const known = [...applications.values()].sort(compareBy(({ applicationID }) => applicationID));
  const resolve = (list: string, matchers: readonly ApplicationMatcher[]) =>
    matchers.map((matcher) => ({
      matcher,
      entry: `${list} ${named(matcher)}`,
      matches: known.filter((application) => namesApplication(matcher, application)),
    }));
  const required = resolve('required', policy.required);
  const allowed = resolve('allowed', policy.allowed);
  const denied = resolve('denied', policy.denied);
  const lists = [...required, ...allowed, ...denied];
  const excepted = policy.exceptions.map(({ application }) => application);
  const isNamed = (entries: typeof lists) => {
    const ids = new Set(entries.flatMap(({ matches }) => matches));
    return known.filter((application) => ids.has(application));
  };
  const unmatchedIn = (entries: typeof lists) =>
    entries.filter(({ matches }) => matches.length === 0).map(({ entry }) => entry);
  return {
    required: isNamed(required),
    listed: isNamed(lists),
    verdicts: new Map([
      ...isNamed(allowed).map(({ applicationID }) => [applicationID, 'Allowed'] as const),
      ...isNamed(required).map(({ applicationID }) => [applicationID, 'Required'] as const),
      ...isNamed(denied).map(({ applicationID }) => [applicationID, 'Denied'] as const),
    ]),
    unmatched: unmatchedIn([...lists, ...resolve('exceptions', excepted)]),
    missing: unmatchedIn(required),
    ambiguous: required
      .filter(({ matches }) => matches.length > 1)
      .map(({ entry, matches }) => {
        const ids = matches.slice(0, NAMED).map(({ applicationID }) => applicationID);
        const more = matches.length > NAMED ? ` and ${matches.length - NAMED} more` : '';
        return `${entry} (${ids.join(', ')}${more})`;
      }),
  };
}

function named(matcher: ApplicationMatcher): string {
  if ('id' in matcher) {
    return matcher.id;
  }
  return `${JSON.stringify(matcher.name)}${matcher.owner === undefined ? '' : ` of ${matcher.owner}`}`;
}
