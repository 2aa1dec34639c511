import fc from 'fast-check';
import { type OperationName, operationNamed, shapeNamed } from '../../../src/simulator/model.ts';

/** Operation that the operator calls. */
type CalledOperation = Exclude<
  OperationName,
  'DescribeWorkspaceBundles' | 'DescribeBundleAssociations' | 'DescribeImageAssociations'
>;

/**
 * Tampering with the responses of an operation. It is plain data so that the counterexamples of fast-check are
 * readable.
 */
export interface Tampering {
  readonly operation: CalledOperation;
  /** Path of the member, for example, `Workspaces[].UserName`. Empty for the whole response. */
  readonly path: string;
  readonly what: keyof typeof REPLACEMENTS;
  /** Index of the first affected response, starting at 0. */
  readonly from: number;
  /** Whether all later responses are affected, too. */
  readonly persists: boolean;
}

/** Text that is longer than any text of AWS. */
const HUGE = 'x'.repeat(20_000);
const HOSTILE = '\u001b[2J\u001b]0;pwned\u0007\u009b31m\u202e\u2066\r\n<script>alert(1)</script>::error::| `$(id)`';
const GONE = Symbol('gone');

/** Replacements of a member. */
const REPLACEMENTS = {
  missing: () => GONE,
  null: () => null,
  number: () => 5,
  negative: () => -1e300,
  'beyond time': () => 1e300,
  boolean: () => true,
  'empty text': () => '',
  'some text': () => 'SURPRISE',
  'not a number': () => 'NaN',
  'huge text': () => HUGE,
  'hostile text': () => HOSTILE,
  'broken surrogates': () => '\ud800\udfff\ud83d',
  'another WorkSpace': () => 'ws-00000009z',
  'no id': () => '../../etc/passwd',
  list: () => [],
  'list of null': () => [null],
  'list of lists': () => [[]],
  'list of text': () => ['ws-000000001'],
  object: () => ({}),
  'hostile object': () => JSON.parse('{"__proto__":{"State":"COMPLETED"},"constructor":5,"toString":null,"length":-1}'),
  doubled: (value: unknown) => (Array.isArray(value) ? [...value, ...value] : value),
  reversed: (value: unknown) => (Array.isArray(value) ? [...value].reverse() : value),
  crowded: (value: unknown) => (Array.isArray(value) ? Array.from({ length: 300 }, () => value).flat() : value),
  'with a stranger': (value: unknown) => (Array.isArray(value) ? [...value, ...value.map(strangerLike)] : value),
} as const satisfies Record<string, (value: unknown) => unknown>;

/** Replacements of a whole body. */
const BODIES: Partial<Record<keyof typeof REPLACEMENTS, string>> = {
  missing: '',
  'some text': 'null',
  'not a number': '{"Workspaces":[{"WorkspaceId":"ws-0000',
  'hostile text': '<html><script>alert(1)</script></html>',
  'huge text': '['.repeat(50_000),
};

/** Reads, which decisions depend on, and changes. */
const OPERATIONS = [
  'DescribeWorkspaces',
  'DescribeWorkspacesConnectionStatus',
  'DescribeApplications',
  'DescribeApplicationAssociations',
  'DescribeWorkspaceAssociations',
  'DescribeTags',
  'GetResources',
  'AssociateWorkspaceApplication',
  'DisassociateWorkspaceApplication',
  'DeployWorkspaceApplications',
] as const satisfies CalledOperation[];

/** Any member of a response in the API model, and any replacement. */
export const tampering: fc.Arbitrary<Tampering> = fc.constantFrom<CalledOperation>(...OPERATIONS).chain((operation) =>
  fc.record({
    operation: fc.constant(operation),
    path: fc.constantFrom(...pathsIn(operationNamed(operation).output, '')),
    what: fc.constantFrom(...(Object.keys(REPLACEMENTS) as (keyof typeof REPLACEMENTS)[])),
    from: fc.integer({ min: 0, max: 3 }),
    persists: fc.boolean(),
  }),
);

/** Returns the tampered body of a response. */
export function tamperedBody({ path, what }: Tampering, body: string): string {
  const whole = path === '' ? BODIES[what] : undefined;
  return whole ?? JSON.stringify(replaced(JSON.parse(body), path === '' ? [] : path.split('.'), what));
}

/** Whether the nth response of an operation is affected. */
export function strikes({ operation, from, persists }: Tampering, called: string, nth: number): boolean {
  return operation === called && (persists ? nth >= from : nth === from);
}

function pathsIn(shape: string, path: string): string[] {
  const { type, members = {}, member = '' } = shapeNamed(shape);
  if (type === 'list') {
    return [path, ...pathsIn(member, `${path}[]`)];
  }
  const children = Object.entries(members).flatMap(([name, of]) => pathsIn(of, path === '' ? name : `${path}.${name}`));
  return [path, ...children];
}

/** Replaces every value at the path. Lists on the path are replaced entry by entry. */
function replaced(value: unknown, [step, ...rest]: readonly string[], what: keyof typeof REPLACEMENTS): unknown {
  if (step === undefined) {
    const replacement = REPLACEMENTS[what](value);
    return replacement === GONE ? {} : replacement;
  }
  const name = step.replace('[]', '');
  const object = { ...(value as Record<string, unknown>) };
  const isEntry = step.endsWith('[]');
  const entries = Array.isArray(object[name]) ? (object[name] as unknown[]) : [];
  const next = isEntry
    ? entries.map((entry) => replaced(entry, rest, what))
    : rest.length === 0
      ? REPLACEMENTS[what](object[name])
      : replaced(object[name], rest, what);
  if (next === GONE) {
    delete object[name];
  } else {
    object[name] = next;
  }
  return object;
}

/** Returns an entry for a resource that wasn't requested. */
function strangerLike(entry: unknown): unknown {
  const ids = { WorkspaceId: 'ws-00000009z', AssociatedResourceId: 'wsa-00000009z', ApplicationId: 'wsa-00000009z' };
  const own = Object(entry) as Record<string, unknown>;
  return { ...own, ...Object.fromEntries(Object.entries(ids).filter(([name]) => name in own)) };
}
