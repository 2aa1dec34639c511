import { expect, test } from 'vitest';
import { selects } from '../../src/fleet/matching.ts';
import { InvalidResourceError } from '../../src/policy/invalidField.ts';
import { parsePolicy } from '../../src/policy/parse.ts';
import { parseFleet } from '../../src/policy/parseFleet.ts';
import { admitsNamespace } from '../../src/policy/workspaceFleet.ts';
import { fleetObject, policyObject, workspace, ws } from '../builders.ts';
import { NOW } from '../fixtures.ts';

const EMPTY = ['', ' ', null, [], {}, [''], [null]];

const CLOSED = {
  region: 'eu-central-1',
  roleARN: 'arn:aws:iam::123456789012:role/wsap',
  externalID: 'x-4711',
  expectedAccountID: '123456789012',
  directoryIDs: ['d-00000000aa'],
  allowedNamespaces: {
    from: 'Selector' as const,
    selector: {
      matchLabels: { team: 'x' },
      matchExpressions: [{ key: 'site', operator: 'In' as const, values: ['y'] }],
    },
  },
  exceptions: 'Forbid' as const,
  suspend: true,
  maxDisassociationsPerHour: 1,
};
const NARROW = {
  workspaceIDs: [ws(1)],
  directoryIDs: ['d-00000000aa'],
  bundleIDs: ['wsb-000000001'],
  userNames: ['anna'],
  tags: { matchTags: { Team: 'x' }, matchExpressions: [{ key: 'Site', operator: 'In' as const, values: ['y'] }] },
  lastConnectedBefore: '60d',
  exclude: { workspaceIDs: [ws(2)], userNames: ['bert'], tags: { matchTags: { Keep: 'x' } } },
};

/** Returns the value once for each of its parts and each empty value, with the part replaced by the empty value. */
function emptied(value: unknown): unknown[] {
  if (typeof value !== 'object' || value === null) {
    return [];
  }
  return Object.entries(value).flatMap(([key, child]) => {
    const put = (one: unknown) =>
      Array.isArray(value) ? value.map((old, n) => (String(n) === key ? one : old)) : { ...value, [key]: one };
    return [...EMPTY, ...emptied(child)].map(put);
  });
}

function parsedOrRefused<T>(parse: () => T): T | undefined {
  try {
    return parse();
  } catch (error) {
    expect(error).toBeInstanceOf(InvalidResourceError);
    return undefined;
  }
}

test('no empty field of a fleet allows another namespace, directory, account, or change', () => {
  const variants = emptied(CLOSED);
  expect(variants.length).toBeGreaterThan(100);
  for (const spec of variants) {
    const fleet = parsedOrRefused(() => parseFleet(fleetObject('emea', spec as never)));
    const { directoryIDs: _, ...limits } = fleet?.limits ?? {};
    expect(fleet && admitsNamespace(fleet, {}), JSON.stringify(spec)).not.toBe(true);
    expect(fleet && (fleet.limits.directoryIDs?.size ?? 0), JSON.stringify(spec)).not.toBe(0);
    expect(fleet && limits).toEqual(fleet && { exceptions: 'Forbid', suspend: true, maxDisassociationsPerHour: 1 });
    expect(fleet?.access.expectedAccountID).toBe(fleet && '123456789012');
    expect(fleet?.access.roleARN).toBe(fleet && CLOSED.roleARN);
  }
});

test('no empty field of a selector extends the selection', () => {
  const outside = [
    workspace(ws(2), { directoryID: 'd-00000000bb', bundleID: 'wsb-000000002', userName: 'bert', tags: new Map() }),
    workspace('ws-', { directoryID: '', bundleID: '', userName: '', state: '', tags: new Map([['', '']]) }),
    { workspaceID: 'ws-000000009' },
  ];
  const variants = emptied(NARROW);
  expect(variants.length).toBeGreaterThan(100);
  for (const workspaceSelector of variants) {
    const policy = parsedOrRefused(() => parsePolicy(policyObject('p', { workspaceSelector } as never)));
    const selected = policy && outside.filter((one) => selects(policy.workspaceSelector, one, NOW));
    expect(selected ?? [], JSON.stringify(workspaceSelector)).toEqual([]);
  }
});

test.each<object>([
  {},
  { workspaceIDs: [], userNames: [] },
  { tags: {} },
  { tags: { matchTags: {} } },
  { tags: { matchExpressions: [] } },
  { workspaceIDs: [], userNames: [], tags: { matchTags: {}, matchExpressions: [] } },
])('an empty exclusion excludes nothing: %j', (exclude) => {
  const { workspaceSelector } = parsePolicy(policyObject('p', { workspaceSelector: { all: true, exclude } } as never));
  const tags = new Map([['Department', 'Finance']]);
  expect(selects(workspaceSelector, workspace(ws(1), { userName: 'anna', tags }), NOW)).toBe(true);
  // Without conditions on tags, an unread tag decides nothing.
  expect(selects(workspaceSelector, { workspaceID: ws(1) }, NOW)).toBe(true);
});

test.each([
  { required: [], allowed: [], denied: [] },
  { denied: [], unlisted: 'Disassociate' },
])('empty lists of applications name none: %j', (applications) => {
  const policy = parsePolicy(policyObject('p', { applications, exceptions: [] } as never));
  expect([policy.required, policy.allowed, policy.denied, policy.exceptions]).toEqual([[], [], [], []]);
});
