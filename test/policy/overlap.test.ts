import { describe, expect, test } from 'vitest';
import { mayShareWorkspaces } from '../../src/policy/overlap.ts';
import type { WorkspaceApplicationPolicy } from '../../src/policy/resource.gen.ts';
import { toSelector } from '../../src/policy/selector.ts';

type Selector = WorkspaceApplicationPolicy['spec']['workspaceSelector'];
const [ONE, TWO] = [['ws-000000001'], ['ws-000000002']];
const tags = (matchTags: Record<string, string>): Selector => ({ tags: { matchTags } });

describe('two selectors may select the same WorkSpace:', () => {
  test.each<[string, Selector, Selector, boolean]>([
    ['all and all', { all: true }, { all: true }, true],
    ['all and one', { all: true }, { workspaceIDs: ONE }, true],
    ['other ids', { workspaceIDs: ONE }, { workspaceIDs: TWO }, false],
    ['an id in common', { workspaceIDs: ONE }, { workspaceIDs: [...ONE, ...TWO] }, true],
    ['other directories', { directoryIDs: ['d-1'] }, { directoryIDs: ['d-2'] }, false],
    ['other bundles', { bundleIDs: ['wsb-1'] }, { bundleIDs: ['wsb-2'] }, false],
    ['a directory and a bundle', { directoryIDs: ['d-1'] }, { bundleIDs: ['wsb-1'] }, true],
    ['other users', { userNames: ['anna'] }, { userNames: ['ben'] }, false],
    ['the same user, written otherwise', { userNames: ['Anna'] }, { userNames: ['anna'] }, true],
    ['a user and a glob', { userNames: ['anna'] }, { userNames: ['b*'] }, true],
    ['other values of a tag', tags({ Team: 'A' }), tags({ Team: 'B' }), false],
    ['values of other tags', tags({ Team: 'A' }), tags({ Site: 'B' }), true],
    ['one tag of two in common', tags({ Team: 'A', Site: 'X' }), tags({ Team: 'A', Site: 'Y' }), false],
    [
      'an expression, which is not looked into',
      tags({ T: 'A' }),
      { tags: { matchExpressions: [{ key: 'T', operator: 'DoesNotExist' }] } },
      true,
    ],
    ['everything but the one', { all: true, exclude: { workspaceIDs: ONE } }, { workspaceIDs: ONE }, false],
    [
      'everything but one of two',
      { all: true, exclude: { workspaceIDs: ONE } },
      { workspaceIDs: [...ONE, ...TWO] },
      true,
    ],
    ['used and unused', { lastConnectedBefore: '60d' }, { lastConnectedBefore: '30d' }, true],
  ])('%s', (_, a, b, expected) => {
    expect(mayShareWorkspaces(toSelector(a), toSelector(b))).toBe(expected);
    expect(mayShareWorkspaces(toSelector(b), toSelector(a))).toBe(expected);
  });
});
