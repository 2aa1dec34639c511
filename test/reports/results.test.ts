import { describe, expect, test } from 'vitest';
import type { Association } from '../../src/fleet/model.ts';
import type { Policy } from '../../src/policy/policy.ts';
import { isViolation, resultOf } from '../../src/reports/results.ts';
import {
  APPLICATIONS,
  association,
  FLEET_LOCATION,
  guardedPlan,
  OFFICE,
  policy,
  snapshot,
  VISIO,
  workspace,
  ws,
} from '../builders.ts';
import { assess, complianceOf } from '../completed.ts';

const NOW = new Date('2026-11-02T12:00:00Z');
const NAME = 'Microsoft Visio LTSC Professional 2021';
const VISIO_HERE = `${NAME} (${VISIO})`;

interface Given {
  readonly policy?: Policy;
  readonly others?: readonly Policy[];
  readonly userNames?: boolean;
  readonly names?: readonly string[];
}

function rowsFor(associations: readonly Association[], { policy: first = policy(), others = [], names }: Given = {}) {
  const applications = APPLICATIONS.map((one, index) => ({ ...one, name: names?.[index] ?? one.name }));
  const fleet = snapshot([workspace(ws(1)), workspace(ws(2))], associations, applications);
  const plan = guardedPlan(first, [first, ...others], fleet, NOW);
  return { plan, rows: assess(plan) };
}

/** Returns the result for the first WorkSpace. */
function resultFor(associations: readonly Association[], given: Given = {}) {
  const { policy: first = policy(), userNames = false } = given;
  const { rows } = rowsFor(associations, given);
  const row = rows.find(({ finding }) => finding.workspace.workspaceID === ws(1));
  if (row === undefined) {
    throw new Error('the policy evaluates nothing on it');
  }
  return { ...resultOf(row, { policy: first, location: FLEET_LOCATION, userNames }), isViolation: isViolation(row) };
}

const visioIn = (state: string, stateReason?: Association['stateReason']) => [
  association(ws(1), VISIO, { state, stateReason }),
];
const requiring = policy('p', { applications: { required: [{ id: VISIO }] } });
const unlisting = policy('p', { applications: { unlisted: 'Disassociate' } });
const allowing = policy('q', { applications: { allowed: [{ id: VISIO }] } });
const auditing = policy('p', { enforcement: 'Audit' });
const suspended = policy('p', { suspend: true });
const exempting = policy('p', {
  exceptions: [{ workspaceIDs: [ws(1)], application: { id: VISIO }, reason: 'audit until March' }],
});
const diskIsFull = { errorCode: 'ValidationError.InsufficientDiskSpace', errorMessage: 'no room' };
const unreachable = { errorCode: 'DeploymentError.WorkspaceUnreachable' };

describe('the result of an application that is', () => {
  test.each<[string, Association[], Given, 'fail' | 'error' | 'pass' | 'skip', string, string]>([
    ['denied', visioIn('COMPLETED'), {}, 'fail', 'medium', `must not be on ${ws(1)}: denied by id ${VISIO}`],
    ['denied and marked', visioIn('PENDING_UNINSTALL_DEPLOYMENT'), {}, 'fail', 'medium', 'must not be on'],
    ['denied and being removed', visioIn('UNINSTALLING'), {}, 'fail', 'medium', 'must not be on'],
    ['denied and removed', visioIn('REMOVED'), {}, 'pass', 'medium', 'complies'],
    ['only audited', visioIn('COMPLETED'), { policy: auditing }, 'fail', 'medium', 'must not be on'],
    ['suspended', visioIn('COMPLETED'), { policy: suspended }, 'fail', 'medium', 'must not be on'],
    ['unlisted', visioIn('COMPLETED'), { policy: unlisting }, 'fail', 'low', 'must not be on'],
    [
      'required and missing',
      [],
      { policy: requiring },
      'fail',
      'medium',
      `must be on ${ws(1)}: required by id ${VISIO}`,
    ],
    ['required and installing', visioIn('INSTALLING'), { policy: requiring }, 'fail', 'medium', 'must be on'],
    ['required and installed', visioIn('COMPLETED'), { policy: requiring }, 'pass', 'medium', 'complies'],
    ['allowed', visioIn('COMPLETED'), { policy: allowing }, 'pass', 'low', 'complies: allowed by this policy'],
    ['excepted', visioIn('COMPLETED'), { policy: exempting }, 'skip', 'low', 'stays unchanged: excepted by'],
    [
      'removed by another policy',
      visioIn('COMPLETED'),
      { policy: allowing, others: [policy('r', { priority: 1 })] },
      'skip',
      'medium',
      'stays unchanged: denied by desktops/r',
    ],
    [
      'contradicted',
      visioIn('COMPLETED'),
      { others: [allowing] },
      'error',
      'high',
      'stays unchanged because the policies contradict each other: denied by this policy, allowed by desktops/q',
    ],
    [
      'stopped by AWS',
      visioIn('ERROR', diskIsFull),
      {},
      'error',
      'high',
      `denied by id ${VISIO}; the deployment failed with ValidationError.InsufficientDiskSpace: no room; fix the WorkSpace`,
    ],
    [
      'failed and retried',
      visioIn('ERROR', unreachable),
      {},
      'error',
      'high',
      `denied by id ${VISIO}; AWS reports DeploymentError.WorkspaceUnreachable`,
    ],
    ['in an unknown state', visioIn('HIBERNATING'), {}, 'error', 'high', 'AWS reports an unknown state'],
  ])('%s', (_, associations, given, result, severity, message) => {
    const found = resultFor(associations, given);
    expect(found).toMatchObject({ result, severity, isViolation: result === 'fail' || result === 'error' });
    expect(found.message).toContain(message);
    expect(found.message).toContain(VISIO_HERE);
  });

  test('WorkSpaces with a violation are those that the status counts as drifted', () => {
    const associations = [...visioIn('COMPLETED'), association(ws(1), OFFICE, { state: 'ERROR' })];
    const { plan, rows } = rowsFor(associations, { policy: unlisting });
    const violating = new Set(rows.filter(isViolation).map(({ finding }) => finding.workspace.workspaceID));
    expect(violating.size).toBe(complianceOf(plan.selected, rows).drifted);
    expect(violating.size).toBe(1);
  });
});

test('a result contains what Policy Reporter shows, and all data as properties', () => {
  expect(resultFor(visioIn('ERROR', diskIsFull))).toEqual({
    source: 'wsap',
    policy: 'desktops/no-visio',
    rule: NAME,
    category: 'Amazon WorkSpaces',
    result: 'error',
    severity: 'high',
    scored: true,
    message: expect.any(String),
    resources: [{ apiVersion: 'workspaces.amazonaws.com/v1', kind: 'Workspace', name: ws(1) }],
    properties: {
      applicationID: VISIO,
      verdict: 'Denied',
      state: 'ERROR',
      errorCode: 'ValidationError.InsufficientDiskSpace',
      errorMessage: 'no room',
      accountID: '123456789012',
      region: 'eu-central-1',
    },
    isViolation: true,
  });
});

test('a result contains the reason of a hold, but not its message, which changes', () => {
  expect(resultFor(visioIn('COMPLETED'), { policy: auditing }).properties).toMatchObject({
    action: 'Disassociate',
    holdReason: 'Audit',
  });
});

test('results contain user names only on request', () => {
  expect(JSON.stringify(resultFor(visioIn('COMPLETED')))).not.toContain('user-of-');
  expect(resultFor(visioIn('COMPLETED'), { userNames: true }).properties.userName).toBe(`user-of-${ws(1)}`);
});

test('results of two applications with the same name have different messages', () => {
  const names = ['Visio', 'Visio', 'Visio'];
  const both = [...visioIn('COMPLETED'), association(ws(1), OFFICE)];
  const { rows } = rowsFor(both, { policy: unlisting, names });
  const messages = rows.map(
    (row) => resultOf(row, { policy: unlisting, location: FLEET_LOCATION, userNames: false }).message,
  );
  expect(new Set(messages).size).toBe(2);
});

test('text from AWS is sanitized and bounded', () => {
  const hostile = `\u001b[2J${'x'.repeat(5000)}`;
  const found = resultFor(visioIn('ERROR', { errorCode: hostile, errorMessage: hostile }), { names: [hostile] });
  const texts = [found.rule, found.message, ...Object.values(found.properties)];
  for (const text of texts) {
    expect(text).not.toContain('\u001b');
    expect(text.length).toBeLessThanOrEqual(512);
  }
  expect(found.message).toContain(VISIO);
});
