import fc from 'fast-check';
import { expect, test } from 'vitest';
import { listsNaming, mentions, namesApplication, selects } from '../../src/fleet/matching.ts';
import type { Application, Workspace } from '../../src/fleet/model.ts';
import { evaluatorFor } from '../../src/plan/verdict.ts';
import { compileGlob, matchesGlob } from '../../src/policy/glob.ts';
import { mayShareWorkspaces } from '../../src/policy/overlap.ts';
import { parsePolicy } from '../../src/policy/parse.ts';
import type { Policy } from '../../src/policy/policy.ts';
import { policyObject, workspace, ws } from '../builders.ts';
import { NOW } from '../fixtures.ts';

const NAMES = ['Visio Standard', 'Visio Professional', 'Project', undefined];
const APPLICATIONS: readonly Application[] = NAMES.map((name, n) => ({
  applicationID: `wsa-00000000${n}`,
  name,
  owner: n === 2 ? undefined : 'AMAZON',
}));
const DIRECTORIES = ['d-9a67b1c4e1', 'd-9a67b1c4e2'];
const BUNDLES = ['wsb-000000001', 'wsb-000000002'];
const USERS = ['anna', 'Ben', 'team1-carl', 'team2-dora', '[UNDEFINED]', undefined];
const PATTERNS = [
  'anna',
  'ben',
  'team1-*',
  'team2-*',
  '*-dora',
  '*carl',
  '*a*',
  'te?m1-*',
  '*',
  'b?n',
  'x*y*z*1',
  '*1-c*',
  't*1*',
];
const TEAMS = ['a', 'b', undefined];

const some = <T>(values: readonly T[], maxLength = 3) =>
  fc.uniqueArray(fc.constantFrom(...values), { minLength: 1, maxLength });
const maybe = <T>(value: fc.Arbitrary<T>) => fc.option(value, { nil: undefined, freq: 2 });
const ids = some([1, 2, 3, 4].map(ws));
const tags = fc.constantFrom('a', 'b').map((team) => ({ matchTags: { team } }));
const entry = fc.oneof(
  fc.constantFrom(...APPLICATIONS).map(({ applicationID }) => ({ id: applicationID })),
  fc.constantFrom({ name: 'Visio*' }, { name: 'Project', owner: 'AMAZON' }, { name: '*' }),
);
const entries = maybe(fc.uniqueArray(entry, { minLength: 1, maxLength: 2, selector: (one) => JSON.stringify(one) }));

const selector = fc.oneof(
  fc.constant({ all: true }),
  fc.record({
    all: fc.constant(true),
    exclude: fc.record({ userNames: maybe(some(PATTERNS)), workspaceIDs: maybe(ids), tags: maybe(tags) }),
  }),
  fc
    .record({
      workspaceIDs: maybe(ids),
      directoryIDs: maybe(some(DIRECTORIES)),
      bundleIDs: maybe(some(BUNDLES)),
      userNames: maybe(some(PATTERNS, 8)),
      tags: maybe(tags),
      lastConnectedBefore: maybe(fc.constant('1d')),
    })
    .filter((one) => Object.values(one).some((field) => field !== undefined)),
);

const policies = fc
  .array(
    fc
      .record({
        workspaceSelector: selector,
        applications: fc.record({
          required: entries,
          allowed: entries,
          denied: entries,
          unlisted: fc.constantFrom('Keep' as const, 'Disassociate' as const),
        }),
        priority: fc.constantFrom(0, 0, 0, 1),
        suspend: fc.constantFrom(false, false, true),
        enforcement: fc.constantFrom('Enforce' as const, 'Enforce' as const, 'Audit' as const),
        exceptions: maybe(
          fc.tuple(entry, ids).map(([application, workspaceIDs]) => [{ application, workspaceIDs, reason: 'r' }]),
        ),
        namespace: fc.constantFrom('desktops', 'hr'),
      })
      .map((one) => JSON.parse(JSON.stringify(one)) as typeof one),
    { minLength: 1, maxLength: 12 },
  )
  .map((specs) =>
    specs.map(({ namespace, ...spec }, n) => {
      const object = policyObject(`p${String((n * 7) % 12).padStart(2, '0')}`, spec as object);
      return parsePolicy({ ...object, metadata: { ...object.metadata, namespace } });
    }),
  );

const workspaces = fc.array(
  fc
    .record({
      n: fc.integer({ min: 1, max: 5 }),
      userName: fc.constantFrom(...USERS),
      directoryID: fc.constantFrom(...DIRECTORIES, undefined),
      bundleID: fc.constantFrom(...BUNDLES, undefined),
      team: maybe(fc.constantFrom(...TEAMS)),
      daysAgo: maybe(fc.constantFrom(0, 3)),
      state: fc.constantFrom('AVAILABLE', 'AVAILABLE', 'TERMINATED'),
      untrusted: fc.constantFrom(undefined, undefined, undefined, 'x'),
    })
    .map(({ n, team, daysAgo, ...more }) => {
      const last = daysAgo === undefined ? undefined : new Date(NOW.getTime() - daysAgo * 86_400_000);
      return workspace(ws(n), {
        ...more,
        tags: team === undefined ? undefined : new Map(Object.entries({ team, other: 'x' })),
        connection: last && {
          workspaceID: ws(n),
          connectionState: 'DISCONNECTED',
          lastKnownUserConnectionTimestamp: last,
        },
      });
    }),
  { minLength: 1, maxLength: 6 },
);

/** What a policy requests for an application on a WorkSpace, by considering every policy. */
function expectedVerdict(policy: Policy, all: readonly Policy[], on: Workspace, application: Application) {
  const own = listsNaming(policy, application);
  if (!own.required && !own.allowed && !own.denied && policy.unlisted === 'Keep') {
    return undefined;
  }
  const others = all.filter(
    (other) =>
      other.key !== policy.key && !other.suspend && (policy.enforcement === 'Audit' || other.enforcement !== 'Audit'),
  );
  const applicable = [policy, ...others.toSorted((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0))];
  const isOn = (one: Policy) => selects(one.workspaceSelector, on, NOW);
  const isExcepted = applicable.some(
    (one) =>
      isOn(one) === true &&
      one.exceptions.some(
        ({ workspaceIDs, application: matcher }) =>
          workspaceIDs.has(on.workspaceID) && namesApplication(matcher, application),
      ),
  );
  if (isExcepted) {
    return 'Excepted';
  }
  const mayMention = (one: Policy) =>
    [...one.required, ...one.allowed, ...one.denied].filter(
      (matcher) =>
        'name' in matcher &&
        !namesApplication(matcher, application) &&
        (application.name === undefined || matchesGlob(compileGlob(matcher.name), application.name)) &&
        (matcher.owner === undefined || application.owner === undefined || matcher.owner === application.owner),
    );
  const isIncomplete = application.name === undefined || application.owner === undefined;
  if (isIncomplete && (own.required || own.denied || application.name !== undefined)) {
    const opposes = (one: Policy) => {
      const uncertain = mayMention(one);
      const lists = own.required ? one.denied : [...one.required, ...one.allowed];
      const mayExcept = one.exceptions.some(
        ({ workspaceIDs, application: matcher }) =>
          workspaceIDs.has(on.workspaceID) &&
          'name' in matcher &&
          !namesApplication(matcher, application) &&
          (application.name === undefined || matchesGlob(compileGlob(matcher.name), application.name)) &&
          (matcher.owner === undefined || application.owner === undefined || matcher.owner === application.owner),
      );
      return mayExcept || uncertain.some((matcher) => lists.includes(matcher));
    };
    if (applicable.some((one) => opposes(one) && isOn(one) !== false)) {
      return 'Undecided';
    }
  }
  const selecting = applicable.filter((one) => isOn(one) === true);
  const listing = selecting.filter((one) => Object.values(listsNaming(one, application)).includes(true));
  const highest = Math.max(...listing.map(({ priority }) => priority));
  const deciding = listing.filter(({ priority }) => priority === highest).map((one) => listsNaming(one, application));
  const [isRequired, isAllowed, isDenied] = [
    deciding.some(({ required }) => required),
    deciding.some(({ allowed }) => allowed),
    deciding.some(({ denied }) => denied),
  ];
  const isDecided = own.denied && isDenied && !isRequired && !isAllowed;
  const isOnlyDenying = (one: Policy) => {
    const { required, allowed } = listsNaming(one, application);
    return !required && !allowed && one.exceptions.length === 0;
  };
  const isUncertain = (one: Policy) => isOn(one) === undefined && mentions(one, application);
  if (applicable.some((one) => isUncertain(one) && !(isDecided && isOnlyDenying(one)))) {
    return 'Undecided';
  }
  if (isDenied) {
    return isRequired || isAllowed ? 'Conflict' : 'Denied';
  }
  return isRequired ? 'Required' : isAllowed ? 'Allowed' : application.name === undefined ? 'Undecided' : 'Unlisted';
}

test('the indexed evaluation considers the same policies as an evaluation of each policy', () => {
  fc.assert(
    fc.property(policies, workspaces, (all, on) => {
      for (const policy of all) {
        const evaluate = evaluatorFor(policy, all, NOW);
        for (const one of on) {
          for (const application of APPLICATIONS) {
            const evaluation = evaluate(one, application);
            const verdict = evaluation?.isUndecided === true ? 'Undecided' : evaluation?.verdict;
            expect(verdict).toBe(expectedVerdict(policy, all, one, application));
          }
        }
      }
    }),
    { numRuns: 500, seed: 1 },
  );
});

test('policies that overlap with none of the policies on a WorkSpace change no evaluation there', () => {
  fc.assert(
    fc.property(policies, workspaces, (all, on) => {
      for (const policy of all) {
        const overlapping = all.filter((other) =>
          mayShareWorkspaces(policy.workspaceSelector, other.workspaceSelector),
        );
        const [one, other] = [evaluatorFor(policy, all, NOW), evaluatorFor(policy, overlapping, NOW)];
        for (const selected of on.filter((item) => selects(policy.workspaceSelector, item, NOW))) {
          for (const application of APPLICATIONS) {
            expect(one(selected, application)).toEqual(other(selected, application));
          }
        }
      }
    }),
    { numRuns: 500, seed: 1 },
  );
});
