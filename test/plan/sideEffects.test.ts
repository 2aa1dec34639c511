import { describe, expect, test } from 'vitest';
import type { Application } from '../../src/fleet/model.ts';
import { sideEffectOf } from '../../src/plan/sideEffects.ts';
import { complete } from '../../src/slices.ts';
import { assess } from '../../src/status/assessment.ts';
import { association, guardedPlan, policy, snapshot, workspace, ws } from '../builders.ts';
import { NOW } from '../fixtures.ts';

const OFFICE_2016: Application = {
  applicationID: 'wsa-khw7gclz4',
  name: 'Microsoft Office Professional Plus 2016',
  owner: 'AMAZON',
  state: 'UNINSTALL_ONLY',
};
const EFFECT = 'AWS also removes Trend Micro, which is part of the Office 2016 bundle';

test.each<[string, Partial<Application>, boolean]>([
  ['Office 2016', {}, true],
  ['Office 2016 without a known owner', { owner: undefined }, true],
  ['Office 2019', { name: 'Microsoft Office Professional Plus 2019' }, false],
  ['Visio 2016', { name: 'Microsoft Visio Professional 2016' }, false],
  ['an application of the account', { owner: '123456789012' }, false],
  ['an application without a name', { name: undefined }, false],
])('%s', (_, change, hasEffect) => {
  expect(sideEffectOf({ ...OFFICE_2016, ...change })).toBe(hasEffect ? EFFECT : undefined);
});

describe('the removal of Office 2016', () => {
  const messageWith = (spec: Parameters<typeof policy>[1], state = 'COMPLETED') => {
    const one = policy('p', { applications: { denied: [{ name: 'Microsoft Office*' }] }, ...spec });
    const fleet = snapshot(
      [
        workspace(ws(1), {
          connection: { workspaceID: ws(1), connectionState: 'DISCONNECTED', connectionStateCheckTimestamp: NOW },
        }),
      ],
      [association(ws(1), OFFICE_2016.applicationID, { state })],
      [OFFICE_2016],
    );
    const [assessment] = complete(assess(guardedPlan(one, [one], fleet, NOW)));
    return { reason: assessment?.held?.reason, hold: assessment?.held?.message, message: assessment?.message };
  };
  const ALLOWED = { safeguards: { allowUninstallOnly: true, maxAffectedWorkspaces: '100%' } };

  test('names its side effect once in the hold UninstallOnly', () => {
    const { reason, hold, message } = messageWith({});
    expect(reason).toBe('UninstallOnly');
    expect(hold?.split(EFFECT)).toHaveLength(2);
    expect(message).toBe(hold);
  });

  test.each([
    ['without a hold', ALLOWED, undefined],
    ['with a hold of the whole plan', { ...ALLOWED, enforcement: 'Audit' as const }, 'Audit'],
    ['with an approval', { ...ALLOWED, enforcement: 'Approve' as const }, 'AwaitingApproval'],
  ])('names its side effect once %s', (_, spec, expected) => {
    const { reason, message } = messageWith(spec);
    expect(reason).toBe(expected);
    expect(message).toBe(`denied by name "Microsoft Office*"; ${EFFECT}`);
  });

  test('names no side effect after it', () => {
    expect(messageWith(ALLOWED, 'REMOVED').message).not.toContain('Trend Micro');
  });
});
