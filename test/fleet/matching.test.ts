import { describe, expect, test } from 'vitest';
import { mayNameApplication, namesApplication, selects } from '../../src/fleet/matching.ts';
import type { Workspace } from '../../src/fleet/model.ts';
import { compileGlob } from '../../src/policy/glob.ts';
import { restrictToFleet } from '../../src/policy/workspaceFleet.ts';
import { NO_LIMITS, policy, VISIO, workspace, ws } from '../builders.ts';
import { NOW } from '../fixtures.ts';

const finance = { matchTags: { Department: 'Finance' } };
const unused = { lastConnectedBefore: '60d' };
const orNever = { ...unused, neverConnected: 'Include' };
const tagged = (tags: Record<string, string>) => workspace(ws(1), { tags: new Map(Object.entries(tags)) });
const connected = (connectionState: string | undefined, daysAgo?: number) => {
  const last = daysAgo === undefined ? undefined : new Date(NOW.getTime() - daysAgo * 86_400_000);
  const connection = { workspaceID: ws(1), connectionState, lastKnownUserConnectionTimestamp: last };
  return workspace(ws(1), { connection });
};

const nameless: Workspace = { workspaceID: ws(1), directoryID: 'd-9a67b1c4e2' };
/** A user-decoupled WorkSpace (WorkSpaces API, UserName). */
const unassigned = workspace(ws(1), { userName: '[UNDEFINED]' });

describe('a selector', () => {
  test.each<[string, object, Workspace, boolean | undefined]>([
    ['all', { all: true }, workspace(ws(1)), true],
    ['all, being terminated', { all: true }, workspace(ws(1), { state: 'TERMINATING' }), false],
    ['all, terminated', { all: true }, workspace(ws(1), { state: 'TERMINATED' }), false],
    ['its id', { workspaceIDs: [ws(1), ws(2)] }, workspace(ws(2)), true],
    ['another id', { workspaceIDs: [ws(1)] }, workspace(ws(2)), false],
    ['its directory', { directoryIDs: ['d-9a67b1c4e2'] }, workspace(ws(1)), true],
    ['another directory', { directoryIDs: ['d-0000000000'] }, workspace(ws(1)), false],
    ['a directory, where AWS names none', { directoryIDs: ['d-9a67b1c4e2'] }, { workspaceID: ws(1) }, undefined],
    ['its id and its directory', { workspaceIDs: [ws(1)], directoryIDs: ['d-9a67b1c4e2'] }, workspace(ws(1)), true],
    ['its id and another directory', { workspaceIDs: [ws(1)], directoryIDs: ['d-00000000'] }, workspace(ws(1)), false],
    ['its bundle', { bundleIDs: ['wsb-00000001'] }, workspace(ws(1), { bundleID: 'wsb-00000001' }), true],
    ['another bundle', { bundleIDs: ['wsb-00000001'] }, workspace(ws(1), { bundleID: 'wsb-00000002' }), false],
    ['a bundle, where AWS names none', { bundleIDs: ['wsb-00000001'] }, workspace(ws(1)), undefined],
    ['its user', { userNames: ['alice'] }, workspace(ws(1), { userName: 'alice' }), true],
    ['its user in another case', { userNames: ['ALICE'] }, workspace(ws(1), { userName: 'Alice' }), true],
    [
      'its user in another Unicode form',
      { userNames: ['jürgen.*'.normalize('NFD')] },
      workspace(ws(1), { userName: 'Jürgen.Müller'.normalize('NFC') }),
      true,
    ],
    [
      'all but its user in another Unicode form',
      { all: true, exclude: { userNames: ['jürgen.müller'.normalize('NFC')] } },
      workspace(ws(1), { userName: 'Jürgen.Müller'.normalize('NFD') }),
      false,
    ],
    ['a glob of users', { userNames: ['bob', 'svc-*'] }, workspace(ws(1), { userName: 'SVC-print' }), true],
    ['another user', { userNames: ['alice'] }, workspace(ws(1), { userName: 'alice2' }), false],
    ['any user, where AWS names none', { userNames: ['*'] }, { workspaceID: ws(1) }, undefined],
    [
      'its user and another bundle',
      { userNames: ['alice'], bundleIDs: ['wsb-00000001'] },
      workspace(ws(1), { userName: 'alice', bundleID: 'wsb-00000002' }),
      false,
    ],
    ['a user, where AWS names none, and another id', { userNames: ['*'], workspaceIDs: [ws(2)] }, nameless, false],
    [
      'a user, where AWS names none, and another tag',
      { userNames: ['*'], tags: finance },
      { ...nameless, tags: new Map() },
      false,
    ],
    ['any user, without an assigned user', { userNames: ['*'] }, unassigned, undefined],
    ['all but a user, where AWS names none', { all: true, exclude: { userNames: ['ceo'] } }, nameless, undefined],
    ['all but a user, without an assigned user', { all: true, exclude: { userNames: ['ceo'] } }, unassigned, undefined],
    [
      'all but a user and its id, where AWS names none',
      { all: true, exclude: { userNames: ['ceo'], workspaceIDs: [ws(1)] } },
      nameless,
      false,
    ],
    ['all, without an assigned user', { all: true }, unassigned, true],
    ['all, with a value that cannot be trusted', { all: true }, { ...nameless, untrusted: 'x' }, undefined],
    [
      'another id, with a value that cannot be trusted',
      { workspaceIDs: [ws(2)] },
      { ...nameless, untrusted: 'x' },
      false,
    ],
    ['60 days, connected at an unknown time', unused, connected(undefined, 61), undefined],
    ['all but its id', { all: true, exclude: { workspaceIDs: [ws(1)] } }, workspace(ws(1)), false],
    ['all but another id', { all: true, exclude: { workspaceIDs: [ws(2)] } }, workspace(ws(1)), true],
    [
      'all but its user',
      { all: true, exclude: { userNames: ['SVC-*'] } },
      workspace(ws(1), { userName: 'svc-print' }),
      false,
    ],
    ['its tag', { tags: finance }, tagged({ Department: 'Finance' }), true],
    ['its tag in another case', { tags: finance }, tagged({ Department: 'finance' }), false],
    ['a tag that it has not', { tags: finance }, tagged({}), false],
    ['a tag, unread', { tags: finance }, workspace(ws(1)), undefined],
    ['a tag, unread, and another id', { tags: finance, workspaceIDs: [ws(2)] }, workspace(ws(1)), false],
    ['all but its tag', { all: true, exclude: { tags: finance } }, tagged({ Department: 'Finance' }), false],
    ['all but another tag', { all: true, exclude: { tags: finance } }, tagged({ Department: 'Sales' }), true],
    ['all but a tag, unread', { all: true, exclude: { tags: finance } }, workspace(ws(1)), undefined],
    ['60 days, 61 days ago', unused, connected('DISCONNECTED', 61), true],
    ['60 days, 60 days ago', unused, connected('DISCONNECTED', 60), true],
    ['60 days, 59 days ago', unused, connected('DISCONNECTED', 59), false],
    ['60 days, stopped since', unused, connected('UNKNOWN', 61), true],
    ['60 days, connected now', unused, connected('CONNECTED', 61), false],
    ['60 days, never connected', unused, connected('DISCONNECTED'), false],
    ['60 days or never, never connected', orNever, connected('DISCONNECTED'), true],
    ['60 days or never, of which AWS says nothing', orNever, connected(undefined), undefined],
    ['60 days, unread', unused, workspace(ws(1)), undefined],
    [
      'its id, but not its user',
      { workspaceIDs: [ws(1)], exclude: { userNames: ['a*'] } },
      workspace(ws(1), { userName: 'alice' }),
      false,
    ],
  ])('selects by %s', (_, workspaceSelector, given, expected) => {
    expect(selects(policy('p', { workspaceSelector }).workspaceSelector, given, NOW)).toBe(expected);
  });
});

const named = (name: string, owner?: string) => ({ name, glob: compileGlob(name), owner });

test.each([
  ['its id', { id: VISIO }, true],
  ['another id', { id: 'wsa-000000000' }, false],
  ['its name', named('Microsoft Visio*'), true],
  ['another name', named('Visio*'), false],
  ['its name and owner', named('Microsoft Visio*', 'AMAZON'), true],
  ['its name and another owner', named('Microsoft Visio*', '123456789012'), false],
])('an entry matches an application by %s: %j', (_, matcher, expected) => {
  const visio = { applicationID: VISIO, name: 'Microsoft Visio LTSC Professional 2021', owner: 'AMAZON' };
  expect(namesApplication(matcher, visio)).toBe(expected);
});

test('an application without a name matches no name, not even *', () => {
  expect(namesApplication(named('*'), { applicationID: VISIO })).toBe(false);
});

test('an application without a name may match a name, and without an owner an entry with an owner', () => {
  const visio = { applicationID: VISIO };
  expect(mayNameApplication(named('Microsoft*', 'AMAZON'), visio)).toBe(true);
  expect(mayNameApplication(named('Microsoft*', 'AMAZON'), { ...visio, name: 'Microsoft Visio' })).toBe(true);
  expect(mayNameApplication(named('Adobe*', 'AMAZON'), { ...visio, name: 'Microsoft Visio' })).toBe(false);
  expect(mayNameApplication(named('*', 'AMAZON'), { ...visio, owner: '123456789012' })).toBe(false);
  expect(mayNameApplication({ id: 'wsa-000000000' }, visio)).toBe(false);
});

test('a WorkSpace with an unknown directory is outside the boundary of a fleet', () => {
  const limits = { ...NO_LIMITS, directoryIDs: new Set(['d-9a67b1c4e2']) };
  const { workspaceSelector } = restrictToFleet(policy(), limits);
  expect(selects(workspaceSelector, workspace(ws(1)), NOW)).toBe(true);
  expect(selects(workspaceSelector, { workspaceID: ws(1) }, NOW)).toBe(false);
});
