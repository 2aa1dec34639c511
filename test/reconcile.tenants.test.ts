import { describe, expect, test } from 'vitest';
import { parsePolicy } from '../src/policy/parse.ts';
import type { Policy } from '../src/policy/policy.ts';
import { protectionsOnly } from '../src/policy/workspaceFleet.ts';
import { resultOf } from '../src/reports/results.ts';
import type { Reconciliation } from '../src/status/report.ts';
import { association, FLEET_LOCATION, OFFICE, policy, policyObject, VISIO, workspace, ws } from './builders.ts';
import { canaryToken, canaryTokensIn } from './cluster/canaryTokens.ts';
import { FakeOperator, fakeFleet, visioOnFirst } from './fakeOperator.ts';
import { FakeFleet } from './fakes/fleet.ts';

type Spec = Parameters<typeof policyObject>[1];

/** Returns a policy of another namespace, whose names are canary tokens. */
function foreign(spec: Spec, namespace = canaryToken('namespace')): Policy {
  const object = policyObject(canaryToken('name'), spec);
  return parsePolicy({ ...object, metadata: { ...object.metadata, namespace } });
}

const allowed = { applications: { allowed: [{ id: VISIO }] } };
const required = { applications: { required: [{ id: VISIO }] } };
const exceptions = [{ workspaceIDs: [ws(1)], application: { id: VISIO }, reason: canaryToken('reason') }];
const denied = policy('no-visio');
const allowList = policy('allow-list', { applications: { allowed: [{ id: OFFICE }], unlisted: 'Disassociate' } });
const manual = { rollout: { deploy: 'Manual' as const } };
const endsAt = new Date('2026-11-02T12:05:00Z');

/** Returns everything that a run writes to the cluster in the namespace of its policy. */
function written({ status, events, assessments = [] }: Reconciliation, own: Policy): string {
  const context = { policy: own, location: FLEET_LOCATION, userNames: true };
  return JSON.stringify([status, events, assessments.map((one) => resultOf(one, context))]);
}

describe('a policy of another namespace', () => {
  test.each<[string, Policy, readonly Policy[], string]>([
    ['excepts', denied, [foreign({ exceptions })], 'excepted by a policy of another namespace'],
    ['allows', denied, [foreign(allowed)], 'allowed by a policy of another namespace'],
    ['requires', denied, [foreign(required)], 'required by a policy of another namespace'],
    [
      'allows, as another does,',
      denied,
      [foreign(allowed), foreign(allowed)],
      'allowed by policies of other namespaces',
    ],
    ['denies', policy('visio', allowed), [foreign({})], 'denied by a policy of another namespace'],
    [
      'denies what this one requires',
      policy('visio', required),
      [foreign({})],
      'denied by a policy of another namespace',
    ],
    ['allows what is in no list', allowList, [foreign(allowed)], 'allowed by a policy of another namespace'],
    ['denies what is in no list', allowList, [foreign({})], 'denied by a policy of another namespace'],
    ['requires what is in no list', allowList, [foreign(required)], 'required by a policy of another namespace'],
    [
      'allowed',
      denied,
      [{ ...protectionsOnly(foreign(allowed)), endsAt }],
      'a policy of another namespace (deleted or changed, in effect until 12:05 UTC)',
    ],
  ])('that %s appears without its names and its texts', async (_, own, others, expected) => {
    const fleet = fakeFleet(2, [...visioOnFirst(2), association(ws(1), OFFICE)]);
    const operator = new FakeOperator(fleet, own, ...others);
    const result = await operator.run();
    expect(written(result, own)).toContain(expected);
    expect(canaryTokensIn(written(result, own))).toEqual([]);
  });

  test('that may list an application without a name appears without its names', async () => {
    const fleet = new FakeFleet({
      workspaces: [workspace(ws(1))],
      applications: [{ applicationID: VISIO }],
      associations: visioOnFirst(1),
    });
    const operator = new FakeOperator(fleet, denied, foreign({ applications: { allowed: [{ name: 'Microsoft*' }] } }));
    const result = await operator.run();
    expect(written(result, denied)).toContain('which a policy of another namespace may list');
    expect(canaryTokensIn(written(result, denied))).toEqual([]);
  });

  test('whose deployment is pending appears without its names', async () => {
    const other = foreign({ applications: { denied: [{ id: OFFICE }] }, ...manual });
    const office = association(ws(1), OFFICE, { state: 'PENDING_UNINSTALL_DEPLOYMENT' });
    const operator = new FakeOperator(fakeFleet(1, [...visioOnFirst(1), office]), denied, other);
    const result = await operator.run();
    expect(result.status.associations?.[0]).toMatchObject({ holdReason: 'UnmanagedChangesPending' });
    expect(written(result, denied)).toContain('a policy of another namespace requests');
    expect(canaryTokensIn(written(result, denied))).toEqual([]);
  });
});

test('a policy of the same namespace is named', async () => {
  const operator = new FakeOperator(fakeFleet(1, visioOnFirst(1)), denied, policy('visio', allowed));
  const { status } = await operator.run();
  expect(status.associations?.[0]?.message).toContain('denied by this policy, allowed by desktops/visio');
});

test('a policy’s own status contains its exceptions', async () => {
  const own = policy('own', { exceptions: [{ ...exceptions[0], reason: 'a trial until March' }] as never });
  const { assessments = [] } = await new FakeOperator(fakeFleet(1, visioOnFirst(1)), own).run();
  expect(assessments.at(0)?.message).toBe('excepted by desktops/own: a trial until March');
});

test.each([
  ['reverts', true],
  ['did not begin', false],
])('the text about a pending change that the operator %s contains no texts of another namespace', async (_, isOwn) => {
  const own = policy('no-visio', manual);
  const fleet = fakeFleet(1, [association(ws(1), VISIO, isOwn ? {} : { state: 'PENDING_UNINSTALL_DEPLOYMENT' })]);
  const operator = new FakeOperator(fleet, own);
  if (isOwn) {
    await operator.run();
  }
  operator.gracePeriodMs = 5_000;
  operator.policies = [own, foreign({ exceptions })];
  const result = await operator.run(own);
  const { because, unredacted } = result.assessments?.at(0)?.finding ?? {};
  expect(because).toContain('excepted by a policy of another namespace');
  expect(unredacted).toContain(exceptions[0]?.reason);
  expect(canaryTokensIn(written(result, own))).toEqual([]);
});
