import { describe, expect, test } from 'vitest';
import { judgeFor, votersFor } from '../../src/plan/verdict.ts';
import type { Policy } from '../../src/policy/policy.ts';
import { APPLICATIONS, policy, VISIO, workspace, ws } from '../builders.ts';

const [VISIO_2021 = { applicationId: VISIO }] = APPLICATIONS;
const NOW = new Date('2026-11-02T12:00:00Z');
const denies = (name: string, more = {}) =>
  policy(name, { applications: { denied: [{ name: 'Microsoft Visio*' }] }, ...more });
const allows = (name: string, more = {}) =>
  policy(name, { applications: { allowed: [{ name: 'Microsoft Visio*' }] }, ...more });
const allowList = (name: string, more = {}) =>
  policy(name, { applications: { allowed: [{ name: 'Microsoft Office*' }], unlisted: 'Disassociate' }, ...more });
const excepts = (name: string, more = {}) =>
  allowElsewhere(name, {
    exceptions: [{ workspaceIds: [ws(1)], application: { name: 'Microsoft Visio*' }, reason: 'audit' }],
    ...more,
  });
const allowElsewhere = (name: string, more = {}) =>
  policy(name, { applications: { denied: [{ id: 'wsa-000000000' }] }, ...more });
const until = (expiresAt: string) => ({
  exceptions: [{ workspaceIds: [ws(1)], application: { id: VISIO }, reason: 'audit', expiresAt }],
});
const says = (first: Policy, ...others: Policy[]) =>
  judgeFor(votersFor(first, [first, ...others]), NOW)(workspace(ws(1)), VISIO_2021);
const audit = { enforcement: 'Audit' } as const;
const elsewhere = { workspaceSelector: { workspaceIds: [ws(2)] } };

describe('the verdict', () => {
  test.each<[string, Policy, Policy[], string | undefined, boolean]>([
    ['denied', denies('a'), [], 'Denied', true],
    ['allowed', allows('a'), [], 'Allowed', false],
    ['in no list', policy('a', { applications: { denied: [{ id: 'wsa-000000000' }] } }), [], undefined, false],
    ['in no list of an allow-list', allowList('a'), [], 'Unlisted', true],
    ['allowed by another policy: allow-lists add up', allowList('a'), [allows('b')], 'Allowed', false],
    ['denied by another policy, which is that one’s to do', allowList('a'), [denies('b')], 'Denied', false],
    ['denied here, allowed there', denies('a'), [allows('b')], 'Conflict', true],
    ['allowed here, denied there', allows('a'), [denies('b')], 'Conflict', false],
    ['denied here, allowed there on other WorkSpaces', denies('a'), [allows('b', elsewhere)], 'Denied', true],
    ['denied here, allowed there by a suspended policy', denies('a'), [allows('b', { suspend: true })], 'Denied', true],
    ['denied here, allowed there by an Audit policy: no block', denies('a'), [allows('b', audit)], 'Denied', true],
    ['denied by Audit, allowed by Enforce: reported', denies('a', audit), [allows('b')], 'Conflict', true],
    ['denied by Audit, allowed by Audit: reported', denies('a', audit), [allows('b', audit)], 'Conflict', true],
    ['allowed here, denied by Audit there', allows('a'), [denies('b', audit)], 'Allowed', false],
    ['denied twice', denies('a'), [denies('b')], 'Denied', true],
    ['denied, and excepted by the same policy', denies('a', until('2026-11-03T00:00:00Z')), [], 'Excepted', false],
    ['denied, and excepted by another', denies('a', { priority: 9 }), [excepts('b')], 'Excepted', false],
    ['excepted until a moment ago', denies('a', until('2026-11-02T12:00:00Z')), [], 'Denied', true],
    ['excepted by a suspended policy', denies('a'), [excepts('b', { suspend: true })], 'Denied', true],
    ['excepted by an Audit policy', denies('a'), [excepts('b', audit)], 'Denied', true],
    ['excepted by a policy that is about other WorkSpaces', denies('a'), [excepts('b', elsewhere)], 'Denied', true],
    ['unlisted, and excepted', allowList('a'), [excepts('b')], 'Excepted', false],
    ['denied with a higher priority', denies('a', { priority: 1 }), [allows('b')], 'Denied', true],
    ['denied with a lower priority', denies('a', { priority: -1 }), [allows('b')], 'Allowed', false],
    ['allowed with a higher priority', allows('a', { priority: 1 }), [denies('b')], 'Allowed', false],
    [
      'contradicted with the same priority',
      denies('a', { priority: 7 }),
      [allows('b', { priority: 7 })],
      'Conflict',
      true,
    ],
    [
      'contradicted above a lower voice',
      denies('a', { priority: 2 }),
      [allows('b', { priority: 2 }), denies('c')],
      'Conflict',
      true,
    ],
    ['decided above a lower contradiction', denies('a'), [allows('b'), denies('c', { priority: 5 })], 'Denied', true],
    ['in no list of an allow-list of high priority', allowList('a', { priority: 9 }), [allows('b')], 'Allowed', false],
  ])('on what is %s', (_, first, others, verdict, asksForRemoval) => {
    const judgement = says(first, ...others);
    expect(judgement?.verdict).toBe(verdict);
    expect(judgement?.asksForRemoval ?? false).toBe(asksForRemoval);
  });

  test('of a policy that contradicts itself is Conflict', () => {
    const both = policy('a', { applications: { allowed: [{ id: VISIO }], denied: [{ name: '*' }] } });
    expect(says(both)?.verdict).toBe('Conflict');
  });

  test('says which entry it rests on', () => {
    expect(says(denies('a'))?.because).toBe('denied by name "Microsoft Visio*"');
    expect(says(denies('a', until('2027-03-31T00:00:00Z')))?.because).toBe(
      'excepted by desktops/a until 2027-03-31: audit',
    );
    expect(says(denies('a'), allows('b'))?.because).toBe('denied by this policy, allowed by desktops/b');
  });

  test('spares what has no name, as no allow-list of names could list it', () => {
    const judgement = judgeFor([allowList('a')], NOW)(workspace(ws(1)), { applicationId: VISIO });
    expect(judgement).toMatchObject({ verdict: 'Unlisted', asksForRemoval: false });
  });
});
