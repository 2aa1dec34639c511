import { describe, expect, test } from 'vitest';
import { namesApplication, selects } from '../../src/fleet/matching.ts';
import type { Workspace } from '../../src/fleet/model.ts';
import { policy, VISIO, workspace, ws } from '../builders.ts';

describe('a selector', () => {
  test.each<[string, object, Workspace, boolean]>([
    ['all', { all: true }, workspace(ws(1)), true],
    ['all, being terminated', { all: true }, workspace(ws(1), { state: 'TERMINATING' }), false],
    ['all, terminated', { all: true }, workspace(ws(1), { state: 'TERMINATED' }), false],
    ['its id', { workspaceIds: [ws(1), ws(2)] }, workspace(ws(2)), true],
    ['another id', { workspaceIds: [ws(1)] }, workspace(ws(2)), false],
    ['its directory', { directoryIds: ['d-9a67b1c4e2'] }, workspace(ws(1)), true],
    ['another directory', { directoryIds: ['d-0000000000'] }, workspace(ws(1)), false],
    ['a directory, where AWS names none', { directoryIds: ['d-9a67b1c4e2'] }, { workspaceId: ws(1) }, false],
    ['its id and its directory', { workspaceIds: [ws(1)], directoryIds: ['d-9a67b1c4e2'] }, workspace(ws(1)), true],
    ['its id and another directory', { workspaceIds: [ws(1)], directoryIds: ['d-00000000'] }, workspace(ws(1)), false],
  ])('by %s', (_, workspaceSelector, given, expected) => {
    expect(selects(policy('p', { workspaceSelector }).workspaceSelector, given)).toBe(expected);
  });
});

test.each([
  ['its id', { id: VISIO }, true],
  ['another id', { id: 'wsa-000000000' }, false],
  ['its name', { name: 'Microsoft Visio*', owner: undefined }, true],
  ['another name', { name: 'Visio*', owner: undefined }, false],
  ['its name and owner', { name: 'Microsoft Visio*', owner: 'AMAZON' }, true],
  ['its name and another owner', { name: 'Microsoft Visio*', owner: '123456789012' }, false],
])('an application is named by %s: %j', (_, matcher, expected) => {
  const visio = { applicationId: VISIO, name: 'Microsoft Visio LTSC Professional 2021', owner: 'AMAZON' };
  expect(namesApplication(matcher, visio)).toBe(expected);
});

test('an application whose name AWS left out matches no name, not even *', () => {
  expect(namesApplication({ name: '*', owner: undefined }, { applicationId: VISIO })).toBe(false);
});
