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

it('shows the Compliant condition, or the Ready condition if it is False', () => {
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

it('shows no line for a policy that the operator has not reconciled', () => {
  const unreconciled = { metadata: { name: 'no-visio' }, status: { observedGeneration: -1 } };

  expect(complianceLine(unreconciled)).toBeUndefined();
  expect(conditionLines(unreconciled)).toEqual(['not reconciled yet']);
});

it('ignores the status of an earlier generation', () => {
  const stale = policy({ Compliant: ['True', 'Compliant', '40 of 40 comply'] }, 1);

  expect([COMPLIANT, DRIFTED, stale].map(isCompliant)).toEqual([true, false, false]);
});

it('lists all conditions', () => {
  expect(conditionLines(DRIFTED)).toEqual([
    'Ready=True (ReconciliationSucceeded): evaluated',
    'Compliant=False (Drifted): 33 of 40 comply',
  ]);
});
