import { expect, test } from 'vitest';
import { authorsIn } from '../../src/audit/policyAuthors.ts';

const spec = { 'f:spec': { 'f:enforcement': {} } };
const approval = { 'f:metadata': { 'f:annotations': { '.': {}, 'f:wsap.dev/approved-plan': {} } } };
const at = (hour: number) => `2026-01-05T0${hour}:00:00Z`;

test('The manager that wrote fields of the spec last edited the policy', () => {
  const fields = [
    { manager: 'argocd', operation: 'Apply', time: at(1), fieldsV1: spec },
    { manager: 'kubectl-edit', operation: 'Update', time: at(3), fieldsV1: spec },
    { manager: 'kubectl-label', operation: 'Update', time: at(4), fieldsV1: { 'f:metadata': { 'f:labels': {} } } },
    { manager: 'wsap', operation: 'Apply', time: at(5), subresource: 'status', fieldsV1: { 'f:status': {}, ...spec } },
  ];
  expect(authorsIn(fields)).toEqual({
    editedBy: { manager: 'kubectl-edit', operation: 'Update', time: at(3) },
    approvedBy: undefined,
  });
});

test('The manager of the annotation approved the plan', () => {
  const fields = [
    { manager: 'argocd', operation: 'Apply', time: at(1), fieldsV1: spec },
    { manager: 'kubectl-annotate', operation: 'Update', time: at(2), fieldsV1: approval },
  ];
  expect(authorsIn(fields)).toMatchObject({
    editedBy: { manager: 'argocd' },
    approvedBy: { manager: 'kubectl-annotate', operation: 'Update', time: at(2) },
  });
});

test.each([
  [undefined],
  ['text'],
  [[null, 1, 'x', {}]],
  [[{ manager: 1, time: at(1), fieldsV1: spec }]],
  [[{ manager: 'x', time: 'now', fieldsV1: spec }]],
  [[{ manager: 'x', time: at(1), fieldsV1: 'f:spec' }]],
])('Unusable fields name nobody: %j', (fields) => {
  expect(authorsIn(fields)).toEqual({ editedBy: undefined, approvedBy: undefined });
});

test('Names of managers are hostile text', () => {
  const fields = [{ manager: `\u001b[2J${'x'.repeat(500)}`, operation: '\n', time: at(1), fieldsV1: spec }];
  expect(authorsIn(fields).editedBy?.manager).toMatch(/^\ufffd\[2Jx+…$/);
  expect(authorsIn(fields).editedBy?.manager).toHaveLength(128);
});
