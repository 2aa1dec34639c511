import { compareBy } from '../compare.ts';
import { namesApplication } from '../fleet/matching.ts';
import type { Application } from '../fleet/model.ts';
import type { ApplicationMatcher, Policy } from '../policy/policy.ts';

/** The applications in AWS that the entries of a policy's lists match. */
export interface Resolution {
  /** Applications that match `required`, sorted by ID. */
  readonly required: readonly Application[];
  /** Applications that match any list, sorted by ID. */
  readonly listed: readonly Application[];
  /** Verdicts of the lists of this policy alone, by application ID. */
  readonly verdicts: ReadonlyMap<string, 'Required' | 'Allowed' | 'Denied'>;
  /** Human-readable entries that match no application. Usually, they contain a typo. */
  readonly unmatched: readonly string[];
  /** Entries of `unmatched` that are in `required`. The policy can't comply while there are any. */
  readonly missing: readonly string[];
  /** Entries of `required` that match no application, which `missing` shows as text. */
  readonly missingRequired: readonly ApplicationMatcher[];
  /** Human-readable entries of `required` that match several applications. */
  readonly ambiguous: readonly string[];
}

/** Maximum number of IDs in a message. A glob can match hundreds of applications. */
const MAX_NAMED_IDS = 3;

type Applications = ReadonlyMap<string, Application>;

/** Results by applications and policy, because each change is decided on again for the same ones. */
const resolutions = new WeakMap<Applications, WeakMap<Policy, Resolution>>();

/** Finds the applications that the lists and exceptions of a policy match. */
export function resolveApplications(policy: Policy, applications: Applications): Resolution {
  const byPolicy = resolutions.get(applications) ?? new WeakMap<Policy, Resolution>();
  resolutions.set(applications, byPolicy);
  const resolution = byPolicy.get(policy) ?? findApplications(policy, applications);
  byPolicy.set(policy, resolution);
  return resolution;
}

function findApplications(policy: Policy, applications: Applications): Resolution {
  const known = [...applications.values()].sort(compareBy(({ applicationID }) => applicationID));
  const resolve = (list: string, matchers: readonly ApplicationMatcher[]) =>
    matchers.map((matcher) => ({
      matcher,
      entry: `${list} ${formatMatcher(matcher)}`,
      matches: known.filter((application) => namesApplication(matcher, application)),
    }));
  const required = resolve('required', policy.required);
  const allowed = resolve('allowed', policy.allowed);
  const denied = resolve('denied', policy.denied);
  const lists = [...required, ...allowed, ...denied];
  const exceptions = policy.exceptions.map(({ application }) => application);
  const applicationsIn = (entries: typeof lists) => {
    const matches = new Set(entries.flatMap((entry) => entry.matches));
    return known.filter((application) => matches.has(application));
  };
  const unmatchedIn = (entries: typeof lists) =>
    entries.filter(({ matches }) => matches.length === 0).map(({ entry }) => entry);
  return {
    required: applicationsIn(required),
    listed: applicationsIn(lists),
    verdicts: new Map([
      ...applicationsIn(allowed).map(({ applicationID }) => [applicationID, 'Allowed'] as const),
      ...applicationsIn(required).map(({ applicationID }) => [applicationID, 'Required'] as const),
      ...applicationsIn(denied).map(({ applicationID }) => [applicationID, 'Denied'] as const),
    ]),
    unmatched: unmatchedIn([...lists, ...resolve('exceptions', exceptions)]),
    missing: unmatchedIn(required),
    missingRequired: required.flatMap(({ matcher, matches }) => (matches.length === 0 ? [matcher] : [])),
    ambiguous: required
      .filter(({ matches }) => matches.length > 1)
      .map(({ entry, matches }) => {
        const ids = matches.slice(0, MAX_NAMED_IDS).map(({ applicationID }) => applicationID);
        const more = matches.length > MAX_NAMED_IDS ? ` and ${matches.length - MAX_NAMED_IDS} more` : '';
        return `${entry} (${ids.join(', ')}${more})`;
      }),
  };
}

/** Returns an entry of a list as text. */
export function formatMatcher(matcher: ApplicationMatcher): string {
  if ('id' in matcher) {
    return matcher.id;
  }
  return `${JSON.stringify(matcher.name)}${matcher.owner === undefined ? '' : ` of ${matcher.owner}`}`;
}
