import { expect, test } from 'vitest';
import type { Change, Finding } from '../../src/plan/plan.ts';
import { permittedWorkspaces } from '../../src/plan/rollout.ts';
import { workspace, ws } from '../builders.ts';

const findingOf = (index: number) => ({ workspace: workspace(ws(index)), desired: 'Absent' }) as Finding;
const changeOf = (index: number, action: Change['action'] = 'Disassociate') =>
  ({ action, finding: findingOf(index) }) as Change;

test.each([
  ['as many as may fail', [], [], 2, [1, 2]],
  ['started changes first', [], [], 1, [3]],
  ['no more while as many are in flight', [], [4], 1, [4]],
  ['only as many in flight as may fail, because they can end at the same time', [], [4, 5], 1, [4]],
  ['failed WorkSpaces, whose retries affect nobody else', [4, 5], [], 1, [4, 5]],
  ['fewer others after a failure', [4], [5], 3, [4, 5, 3]],
])('may change: %s', (what, failed, inFlight, maxFailures, expected) => {
  const third = what.startsWith('as many') ? changeOf(3) : changeOf(3, 'Deploy');
  const permitted = permittedWorkspaces([changeOf(1), changeOf(2), third, changeOf(4), changeOf(5)], {
    failed: new Map(failed.map((index) => [ws(index), findingOf(index)])),
    inFlight: new Set(inFlight.map(ws)),
    maxFailures,
    workspaces: 10,
    isUnproven: false,
    isHalted: false,
  });
  expect([...permitted]).toEqual(expected.map(ws));
});
