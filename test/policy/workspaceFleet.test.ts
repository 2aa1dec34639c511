import { describe, expect, test } from 'vitest';
import { selects } from '../../src/fleet/matching.ts';
import type { WorkspaceApplicationPolicy } from '../../src/policy/resource.gen.ts';
import { admitsNamespace, restrictToFleet } from '../../src/policy/workspaceFleet.ts';
import { fleetNamed, NO_LIMITS, policy, workspace, ws } from '../builders.ts';
import { NOW } from '../fixtures.ts';

type Selector = WorkspaceApplicationPolicy['spec']['workspaceSelector'];

describe('a policy restricted to the directories of its fleet', () => {
  const [inside, outside] = ['d-00000000aa', 'd-00000000bb'];
  const within = { ...NO_LIMITS, directoryIDs: new Set([inside]) };
  const selectsIn = (directoryID: string | undefined, workspaceSelector: Selector) =>
    selects(
      restrictToFleet(policy('p', { workspaceSelector }), within).workspaceSelector,
      workspace(ws(1), { directoryID, bundleID: 'wsb-000000001', userName: 'anna' }),
      NOW,
    );
  test.each<[string, Selector]>([
    ['all', { all: true }],
    ['by id', { workspaceIDs: [ws(1)] }],
    ['by directory', { directoryIDs: [inside, outside] }],
    ['by bundle', { bundleIDs: ['wsb-000000001'] }],
    ['by user', { userNames: ['anna'] }],
  ])('that selects by %s selects only WorkSpaces in these directories', (_, selector) => {
    expect(selectsIn(inside, selector)).toBe(true);
    expect(selectsIn(outside, selector)).toBe(false);
    expect(selectsIn(undefined, selector)).toBe(false);
  });
  test('selects nothing if it names only other directories', () => {
    expect(selectsIn(inside, { directoryIDs: [outside] })).toBe(false);
    expect(selectsIn(outside, { directoryIDs: [outside] })).toBe(false);
  });
});

test('a fleet without limits does not change a policy', () => {
  const one = policy();
  expect(restrictToFleet(one, NO_LIMITS)).toBe(one);
});

test.each([
  [{ matchLabels: { team: 'x' } }, { team: 'x', more: 'y' }, true],
  [{ matchLabels: { team: 'x' } }, { team: 'X' }, false],
  [{ matchLabels: { team: 'x' } }, {}, false],
  [{ matchExpressions: [{ key: 'team', operator: 'In' as const, values: ['x', 'y'] }] }, { team: 'y' }, true],
  [
    { matchLabels: { team: 'x' }, matchExpressions: [{ key: 'site', operator: 'Exists' as const }] },
    { team: 'x' },
    false,
  ],
])('the selector %j allows a namespace with labels %j: %s', (selector, labels, expected) => {
  const fleet = fleetNamed('emea', { allowedNamespaces: { from: 'Selector', selector } });
  expect(admitsNamespace(fleet, labels)).toBe(expected);
});
