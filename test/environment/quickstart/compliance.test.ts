import { expect, it } from 'vitest';
import type { PolicyObject } from '../../../src/kube/resources.ts';
import { complianceLine, conditionLines, isCompliant } from './compliance.ts';

function policy(
  conditions: Record<string, [status: 'True' | 'False', reason: string, message: string]>,
  observedGeneration = 2,
): PolicyObject {
  const list = Object.entries(conditions).map(([type, [status, reason, message]]) => ({
    type,
    status,
    reason,
    message,
    lastTransitionTime: '2026-10-01T00:00:00Z',
  }));
  return { metadata: { name: 'no-visio', generation: 2 }, status: { observedGeneration, conditions: list } };
}
const READY = { Ready: ['True', 'ReconciliationSucceeded', 'evaluated'] } as const satisfies Parameters<
  typeof policy
>[0];
const DRIFTED = policy({ ...READY, Compliant: ['False', 'Drifted', '33 of 40 comply'] });
const COMPLIANT = policy({ ...READY, Compliant: ['True', 'Compliant', '40 of 40 comply'] });

it('tells compliance, and what keeps a policy from being evaluated before that', () => {
  const denied = policy({
    Ready: ['False', 'AccessDenied', 'workspaces:DescribeWorkspaces'],
    Compliant: ['False', 'Drifted', 'x'],
  });

  expect([DRIFTED, COMPLIANT, denied].map(complianceLine)).toEqual([
    'Compliant=False (Drifted): 33 of 40 comply',
    'Compliant=True: 40 of 40 comply',
    'Ready=False (AccessDenied): workspaces:DescribeWorkspaces',
  ]);
});

it('tells nothing of a policy that nobody has looked at', () => {
  const unseen = { metadata: { name: 'no-visio' }, status: { observedGeneration: -1 } };

  expect(complianceLine(unseen)).toBeUndefined();
  expect(conditionLines(unseen)).toEqual(['its status is empty']);
});

it('takes no status for an answer that is about an earlier spec', () => {
  const stale = policy({ Compliant: ['True', 'Compliant', '40 of 40 comply'] }, 1);

  expect([COMPLIANT, DRIFTED, stale].map(isCompliant)).toEqual([true, false, false]);
});

it('lists every condition when it has to say why', () => {
  expect(conditionLines(DRIFTED)).toEqual([
    'Ready=True (ReconciliationSucceeded): evaluated',
    'Compliant=False (Drifted): 33 of 40 comply',
  ]);
});
