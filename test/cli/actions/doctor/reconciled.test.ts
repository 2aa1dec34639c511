import { expect, test } from 'vitest';
import { policiesResult, providersResult } from '../../../../src/cli/actions/doctor/reconciled.ts';
import type { PolicyObject, ProviderObject } from '../../../../src/kube/resources.ts';

const NOW = new Date('2026-11-30T12:00:00Z');
const YOUNG = '2026-11-30T11:59:55Z';
const OLD = '2026-11-30T11:00:00Z';

const ready = (status: string, reason: string, message: string) => ({
  conditions: [{ type: 'Ready', status, reason, message, lastTransitionTime: OLD }],
});

/** Object with the default of the CRD before the operator has reconciled it. */
const objectOf = (creationTimestamp: string, status: object = { observedGeneration: -1 }) => ({
  metadata: { name: 'slack-desktops', generation: 1, creationTimestamp },
  status,
});
const provider = (...args: Parameters<typeof objectOf>) => objectOf(...args) as unknown as ProviderObject;
const policy = (...args: Parameters<typeof objectOf>) => {
  const { metadata, ...more } = objectOf(...args);
  return { ...more, metadata: { ...metadata, namespace: 'desktops' } } as unknown as PolicyObject;
};

test('a provider that the operator has just not reconciled yet is not reported as Ready', () => {
  expect(providersResult([provider(YOUNG)], NOW)).toEqual({
    result: 'warn',
    message:
      'the operator has not reconciled 1 of 1 NotificationProviders yet, for example, slack-desktops; run doctor again in a minute',
  });
});

test('a provider that stays unreconciled fails with the flag that is missing', () => {
  expect(() => providersResult([provider(OLD)], NOW)).toThrow(
    'the operator has not reconciled the NotificationProvider slack-desktops; run it with --notifications true',
  );
});

test('a provider that is not Ready fails with its reason', () => {
  const status = { observedGeneration: 1, ...ready('False', 'SecretNotFound', 'Secret slack not found') };
  expect(() => providersResult([provider(OLD, status)], NOW)).toThrow(
    '1 of 1 NotificationProviders are not Ready, for example, slack-desktops (SecretNotFound): Secret slack not found',
  );
});

test('providers that are Ready are reported', () => {
  const status = { observedGeneration: 1, ...ready('True', 'ReconciliationSucceeded', '') };
  expect(providersResult([provider(YOUNG, status)], NOW)).toBe('the only NotificationProvider is Ready');
});

test('a policy that the operator has just not reconciled yet is not reported as reconciled', () => {
  expect(policiesResult([policy(YOUNG)], NOW)).toEqual({
    result: 'warn',
    message:
      'the operator has not reconciled 1 of 1 policies yet, for example, desktops/slack-desktops; run doctor again in a minute',
  });
});

test('a policy that stays unreconciled fails', () => {
  expect(() => policiesResult([policy(OLD)], NOW)).toThrow(
    'the operator has not reconciled 1 of 1 policies, for example, desktops/slack-desktops; check that it is running',
  );
});

test.each([
  ['2026-11-30T09:59:59Z', 'warn'],
  // The operator updates the times of an unchanged status once an hour.
  ['2026-11-30T10:30:00Z', undefined],
])('an operator that should have evaluated a policy at %s is reported as %s', (nextSyncTime, result) => {
  const status = { observedGeneration: 1, nextSyncTime, ...ready('True', 'ReconciliationSucceeded', '') };
  const outcome = policiesResult([policy(OLD, status)], NOW);
  expect(typeof outcome === 'string' ? undefined : outcome.result).toBe(result);
  expect(JSON.stringify(outcome)).toContain(
    result === undefined
      ? 'has reconciled the only policy'
      : 'has not evaluated 1 of 1 policies since they were due, for example, desktops/slack-desktops; check that it is running',
  );
});

test('policies that are reconciled are reported', () => {
  expect(policiesResult([policy(YOUNG, { observedGeneration: 1 })], NOW)).toBe(
    'the operator has reconciled the only policy',
  );
});
