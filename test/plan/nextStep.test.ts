import { describe, expect, test } from 'vitest';
import { ASSOCIATION_ERROR_CODES, ASSOCIATION_STATES } from '../../src/fleet/model.ts';
import { type Goal, nextStep } from '../../src/plan/nextStep.ts';
import { association, VISIO, ws } from '../builders.ts';

/** By state: to install it, to remove it. */
const BY_STATE = {
  COMPLETED: ['Done', 'Disassociate'],
  PENDING_INSTALL_DEPLOYMENT: ['Deploy', 'Disassociate'],
  PENDING_INSTALL: ['Wait', 'Wait'],
  INSTALLING: ['Wait', 'Wait'],
  PENDING_UNINSTALL_DEPLOYMENT: ['Associate', 'Deploy'],
  PENDING_UNINSTALL: ['Wait', 'Wait'],
  UNINSTALLING: ['Wait', 'Wait'],
  ERROR: ['Stop', 'Stop'],
  REMOVED: ['Associate', 'Done'],
} as const;

const GOALS = ['Install', 'Remove'] as const;

describe.each(ASSOCIATION_STATES)('what is %s', (state) => {
  test.each(GOALS)('and is to: %s', (goal) => {
    const step = nextStep(goal, association(ws(1), VISIO, { state }), undefined);
    expect(step.kind).toBe(BY_STATE[state][GOALS.indexOf(goal)]);
  });
});

test('what is not associated is associated, or as it should be', () => {
  expect(nextStep('Install', undefined, undefined)).toEqual({ kind: 'Associate' });
  expect(nextStep('Remove', undefined, undefined)).toEqual({ kind: 'Done' });
});

const AFTER_ERROR = {
  'ValidationError.InsufficientDiskSpace': 'Stop',
  'ValidationError.InsufficientMemory': 'Stop',
  'ValidationError.UnsupportedOperatingSystem': 'Stop',
  'ValidationError.ApplicationOldVersionExists': 'Stop',
  'DeploymentError.InternalServerError': 'Repeat',
  'DeploymentError.WorkspaceUnreachable': 'Repeat',
} as const;

describe.each(ASSOCIATION_ERROR_CODES)('what ended with %s', (errorCode) => {
  const error = association(ws(1), VISIO, { state: 'ERROR', stateReason: { errorCode, errorMessage: 'x' } });
  const stops = AFTER_ERROR[errorCode] === 'Stop';
  const stop = { kind: 'Stop', message: expect.stringContaining(`${errorCode}: x`) };

  test(stops ? 'is for a person' : 'is repeated by force, if it was what is wanted', () => {
    const expected = stops ? stop : { kind: 'Deploy', force: true };
    expect(nextStep('Remove', error, 'Uninstall')).toEqual(expected);
    expect(nextStep('Install', error, 'Install')).toEqual(expected);
  });

  test.each<[Goal, 'Install' | 'Uninstall' | undefined, string]>([
    ['Remove', undefined, 'Disassociate'],
    ['Remove', 'Install', 'Disassociate'],
    ['Install', undefined, 'Associate'],
    ['Install', 'Uninstall', 'Associate'],
  ])('is never repeated to %s what may have been the opposite (%s)', (goal, failed, marked) => {
    expect(nextStep(goal, error, failed).kind).toBe(stops ? 'Stop' : marked);
  });
});

describe.each(GOALS)('to %s,', (goal) => {
  test.each([undefined, '', 'REINSTALLING', 'completed', 'constructor'])(
    'a state that is not known (%j) is never acted on',
    (state) => {
      expect(nextStep(goal, association(ws(1), VISIO, { state }), undefined).kind).toBe('Stop');
    },
  );

  test('an error code that is not known is never acted on', () => {
    const failed = association(ws(1), VISIO, { state: 'ERROR', stateReason: { errorCode: 'DeploymentError.New' } });
    expect(nextStep(goal, failed, goal === 'Install' ? 'Install' : 'Uninstall').kind).toBe('Stop');
  });
});
