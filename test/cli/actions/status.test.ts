import { expect, test } from 'vitest';
import { statusText } from '../../../src/cli/actions/status.ts';
import type { PolicyObject } from '../../../src/kube/resources.ts';
import { policyObject } from '../../builders.ts';

const rollout = {
  workspaces: 200,
  completed: 118,
  remaining: 80,
  failed: 2,
  startTime: '2026-01-05T10:00:00Z',
  estimatedDuration: '4m',
  estimatedCompletionTime: '2026-01-05T10:09:00Z',
};

function rolloutLine(status: object, isTerminal: boolean): string | undefined {
  const text = statusText({ ...policyObject(), status } as unknown as PolicyObject, isTerminal);
  return text.split('\n').find((line) => line.startsWith('Rollout:'));
}

const TEXT =
  '118 of 200 WorkSpaces changed, 80 remain, 2 failed, about 4m at the allowed rate, until about 2026-01-05T10:09:00Z';

test('a terminal shows the progress of a rollout as a bar', () => {
  expect(rolloutLine({ rollout }, true)).toBe(`Rollout:      [##############----------] ${TEXT}`);
});

test('other outputs show the progress of a rollout as text', () => {
  expect(rolloutLine({ rollout }, false)).toBe(`Rollout:      ${TEXT}`);
});

test('a complete rollout shows since when', () => {
  const complete = { workspaces: 2, completed: 2, remaining: 0, failed: 0, completionTime: '2026-01-05T10:09:00Z' };
  expect(rolloutLine({ rollout: complete }, true)).toBe(
    'Rollout:      [########################] 2 of 2 WorkSpaces changed, complete since 2026-01-05T10:09:00Z',
  );
});

test('a policy without a rollout has no such line', () => {
  expect(rolloutLine({}, true)).toBeUndefined();
});
