import { describe, expect, test } from 'vitest';
import type { DesiredState } from '../../src/plan/nextStep.ts';
import { evaluatorFor, type Verdict } from '../../src/plan/verdict.ts';
import type { Policy } from '../../src/policy/policy.ts';
import { APPLICATIONS, policy, VISIO, workspace, ws } from '../builders.ts';
import { NOW } from '../fixtures.ts';

const [VISIO_2021 = { applicationID: VISIO }] = APPLICATIONS;
const denies = (name: string, more = {}) =>
  policy(name, { applications: { denied: [{ name: 'Microsoft Visio*' }] }, ...more });
const allows = (name: string, more = {}) =>
  policy(name, { applications: { allowed: [{ name: 'Microsoft Visio*' }] }, ...more });
const requires = (name: string, more = {}) =>
  policy(name, { applications: { required: [{ name: 'Microsoft Visio*' }] }, ...more });
const allowList = (name: string, more = {}) =>
  policy(name, { applications: { allowed: [{ name: 'Microsoft Office*' }], unlisted: 'Disassociate' }, ...more });
const excepts = (name: string, more = {}) =>
  allowElsewhere(name, {
    exceptions: [{ workspaceIDs: [ws(1)], application: { name: 'Microsoft Visio*' }, reason: 'audit' }],
    ...more,
  });
const allowElsewhere = (name: string, more = {}) =>
  policy(name, { applications: { denied: [{ id: 'wsa-000000000' }] }, ...more });
const until = (expiresAt: string) => ({
  exceptions: [{ workspaceIDs: [ws(1)], application: { id: VISIO }, reason: 'audit', expiresAt }],
});
const says = (first: Policy, ...others: Policy[]) =>
  evaluatorFor(first, [first, ...others], NOW)(workspace(ws(1)), VISIO_2021);
const inHr = (one: Policy): Policy => ({ ...one, namespace: 'hr', key: `hr/${one.name}` });
const audit = { enforcement: 'Audit' } as const;
const byUser = { workspaceSelector: { userNames: ['alice'] } };
const elsewhere = { workspaceSelector: { workspaceIDs: [ws(2)] } };

describe('the verdict', () => {
  test.each<[string, Policy, Policy[], Verdict | undefined, DesiredState | undefined]>([
    ['denied', denies('a'), [], 'Denied', 'Absent'],
    ['allowed', allows('a'), [], 'Allowed', undefined],
    ['in no list', policy('a', { applications: { denied: [{ id: 'wsa-000000000' }] } }), [], undefined, undefined],
    ['in no list of an allow-list', allowList('a'), [], 'Unlisted', 'Absent'],
    ['allowed by another policy: allow-lists add up', allowList('a'), [allows('b')], 'Allowed', undefined],
    ['denied by another policy, which is that one’s to do', allowList('a'), [denies('b')], 'Denied', undefined],
    ['denied here, allowed there', denies('a'), [allows('b')], 'Conflict', 'Absent'],
    ['allowed here, denied there', allows('a'), [denies('b')], 'Conflict', undefined],
    ['denied here, allowed there on other WorkSpaces', denies('a'), [allows('b', elsewhere)], 'Denied', 'Absent'],
    [
      'denied here, allowed there by a suspended policy',
      denies('a'),
      [allows('b', { suspend: true })],
      'Denied',
      'Absent',
    ],
    ['denied here, allowed there by an Audit policy: no block', denies('a'), [allows('b', audit)], 'Denied', 'Absent'],
    ['denied by Audit, allowed by Enforce: reported', denies('a', audit), [allows('b')], 'Conflict', 'Absent'],
    ['denied by Audit, allowed by Audit: reported', denies('a', audit), [allows('b', audit)], 'Conflict', 'Absent'],
    ['allowed here, denied by Audit there', allows('a'), [denies('b', audit)], 'Allowed', undefined],
    ['denied twice', denies('a'), [denies('b')], 'Denied', 'Absent'],
    ['denied, and excepted by the same policy', denies('a', until('2026-11-03T00:00:00Z')), [], 'Excepted', undefined],
    ['denied, and excepted by another', denies('a', { priority: 9 }), [excepts('b')], 'Excepted', undefined],
    ['excepted until a moment ago', denies('a', until('2026-11-02T12:00:00Z')), [], 'Denied', 'Absent'],
    ['excepted by a suspended policy', denies('a'), [excepts('b', { suspend: true })], 'Denied', 'Absent'],
    ['excepted by an Audit policy', denies('a'), [excepts('b', audit)], 'Denied', 'Absent'],
    [
      'excepted by a policy that applies to other WorkSpaces',
      denies('a'),
      [excepts('b', elsewhere)],
      'Denied',
      'Absent',
    ],
    ['unlisted, and excepted', allowList('a'), [excepts('b')], 'Excepted', undefined],
    ['denied with a higher priority', denies('a', { priority: 1 }), [allows('b')], 'Denied', 'Absent'],
    ['denied with a lower priority', denies('a', { priority: -1 }), [allows('b')], 'Allowed', undefined],
    ['allowed with a higher priority', allows('a', { priority: 1 }), [denies('b')], 'Allowed', undefined],
    [
      'contradicted with the same priority',
      denies('a', { priority: 7 }),
      [allows('b', { priority: 7 })],
      'Conflict',
      'Absent',
    ],
    [
      'contradicted above a lower voice',
      denies('a', { priority: 2 }),
      [allows('b', { priority: 2 }), denies('c')],
      'Conflict',
      'Absent',
    ],
    [
      'decided above a lower contradiction',
      denies('a'),
      [allows('b'), denies('c', { priority: 5 })],
      'Denied',
      'Absent',
    ],
    [
      'in no list of an allow-list of high priority',
      allowList('a', { priority: 9 }),
      [allows('b')],
      'Allowed',
      undefined,
    ],
    ['required', requires('a'), [], 'Required', 'Present'],
    ['required by another policy, which is that one’s to do', allows('a'), [requires('b')], 'Required', undefined],
    ['required by another policy of an allow-list', allowList('a'), [requires('b')], 'Required', undefined],
    ['required here, allowed there', requires('a'), [allows('b')], 'Required', 'Present'],
    ['required here, denied there', requires('a'), [denies('b')], 'Conflict', 'Present'],
    ['denied here, required there', denies('a'), [requires('b')], 'Conflict', 'Absent'],
    ['required with a higher priority', requires('a', { priority: 1 }), [denies('b')], 'Required', 'Present'],
    ['required with a lower priority than denied', requires('a'), [denies('b', { priority: 1 })], 'Denied', undefined],
    ['only allowed by a higher priority', requires('a'), [allows('b', { priority: 1 })], 'Allowed', undefined],
    ['required, and excepted', requires('a'), [excepts('b')], 'Excepted', undefined],
    ['required here, denied there by an Audit policy', requires('a'), [denies('b', audit)], 'Required', 'Present'],
  ])('is correct for an application that is %s', (_, first, others, verdict, desired) => {
    const evaluation = says(first, ...others);
    expect(evaluation?.verdict).toBe(verdict);
    expect(evaluation?.desired).toBe(desired);
  });

  test('is Conflict if a policy contradicts itself', () => {
    const both = policy('a', { applications: { allowed: [{ id: VISIO }], denied: [{ name: '*' }] } });
    expect(says(both)?.verdict).toBe('Conflict');
  });

  test('names the deciding entry', () => {
    expect(says(denies('a'))?.because).toBe('denied by name "Microsoft Visio*"');
    expect(says(denies('a', until('2027-03-31T00:00:00Z')))?.because).toBe(
      'excepted by desktops/a until 2027-03-31: audit',
    );
    expect(says(denies('a'), allows('b'))?.because).toBe('denied by this policy, allowed by desktops/b');
  });

  test.each<[string, Policy, Policy[], string, string | undefined]>([
    [
      'conflict',
      denies('a'),
      [inHr(allows('b'))],
      'denied by this policy, allowed by a policy of another namespace',
      'denied by this policy, allowed by hr/b',
    ],
    [
      'several',
      denies('a'),
      [inHr(allows('b')), inHr(allows('c')), allows('d')],
      'denied by this policy, allowed by desktops/d, policies of other namespaces',
      'denied by this policy, allowed by desktops/d, hr/b, hr/c',
    ],
    [
      'exception',
      denies('a'),
      [inHr(policy('b', until('2027-03-31T00:00:00Z')))],
      'excepted by a policy of another namespace until 2027-03-31',
      'excepted by hr/b until 2027-03-31: audit',
    ],
    [
      'an unread tag',
      denies('a'),
      [inHr(allows('b', { workspaceSelector: { tags: { matchTags: { x: 'y' } } } }))],
      'kept until the operator knows whether a policy of another namespace selects this WorkSpace',
      'kept until the operator knows whether hr/b selects this WorkSpace',
    ],
    ['the same namespace', denies('a'), [allows('b')], 'denied by this policy, allowed by desktops/b', undefined],
  ])(
    'names policies of other namespaces only in the unredacted explanation: %s',
    (_, first, others, because, unredacted) => {
      expect(says(first, ...others)).toMatchObject({ because });
      expect(says(first, ...others)?.unredacted).toBe(unredacted);
    },
  );

  test('names a policy of another namespace that may list an application without a name only in the unredacted explanation', () => {
    const first = policy('a', { applications: { denied: [{ id: VISIO }] } });
    const evaluate = evaluatorFor(first, [first, inHr(allows('b'))], NOW);
    const because = (name: string) =>
      `kept until AWS reports the name and the owner of the application, which ${name} may list`;
    expect(evaluate(workspace(ws(1)), { applicationID: VISIO })).toMatchObject({
      because: because('a policy of another namespace'),
      unredacted: because('hr/b'),
    });
  });

  test.each<[string, Policy, Policy, Verdict, DesiredState | undefined]>([
    ['denies it, too', denies('a'), denies('b', byUser), 'Denied', 'Absent'],
    ['denies it with a higher priority', denies('a'), denies('b', { ...byUser, priority: 1 }), 'Denied', 'Absent'],
    ['allows it', denies('a'), allows('b', byUser), 'Allowed', undefined],
    ['requires it', denies('a'), requires('b', byUser), 'Allowed', undefined],
    ['excepts it', denies('a'), excepts('b', byUser), 'Allowed', undefined],
    ['denies what the policy requires', requires('a'), denies('b', byUser), 'Allowed', undefined],
    ['denies what is unlisted', allowList('a'), denies('b', byUser), 'Allowed', undefined],
  ])('of a WorkSpace without a user name, if a policy for users %s', (_, first, second, verdict, desired) => {
    const evaluate = evaluatorFor(first, [first, second], NOW);
    expect(evaluate(workspace(ws(1), { userName: undefined }), VISIO_2021)).toMatchObject({ verdict, desired });
  });

  test('keeps an application without a name, because no allow-list can name it', () => {
    const evaluation = evaluatorFor(allowList('a'), [], NOW)(workspace(ws(1)), { applicationID: VISIO });
    expect(evaluation).toMatchObject({ verdict: 'Unlisted', desired: undefined });
  });
});
