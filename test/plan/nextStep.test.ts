import { describe, expect, test } from 'vitest';
import { ASSOCIATION_ERROR_CODES, ASSOCIATION_STATES } from '../../src/fleet/model.ts';
import { type DesiredState, nextStep } from '../../src/plan/nextStep.ts';
import { association, VISIO, ws } from '../builders.ts';

/** Next steps by state, for the desired states Present and Absent. */
const BY_STATE = {
  COMPLETED: ['Done', 'Disassociate'],
  PENDING_INSTALL_DEPLOYMENT: ['Deploy', 'Disassociate'],
  PENDING_INSTALL: ['Wait', 'Wait'],
  INSTALLING: ['Wait', 'Wait'],
  PENDING_UNINSTALL_DEPLOYMENT: ['Associate', 'Deploy'],
  PENDING_UNINSTALL: ['Wait', 'Wait'],
  UNINSTALLING: ['Wait', 'Wait'],
  ERROR: ['NeedsIntervention', 'NeedsIntervention'],
  REMOVED: ['Associate', 'Done'],
} as const;

const DESIRED_STATES = ['Present', 'Absent'] as const;

describe.each(ASSOCIATION_STATES)('an association in %s', (state) => {
  test.each(DESIRED_STATES)('with desired state %s has one next step', (desired) => {
    const step = nextStep(desired, association(ws(1), VISIO, { state }), undefined);
    expect(step.kind).toBe(BY_STATE[state][DESIRED_STATES.indexOf(desired)]);
  });
});

test('without an association, the next step is to associate, or nothing', () => {
  expect(nextStep('Present', undefined, undefined)).toEqual({ kind: 'Associate' });
  expect(nextStep('Absent', undefined, undefined)).toEqual({ kind: 'Done' });
});

const AFTER_ERROR = {
  'ValidationError.InsufficientDiskSpace': 'NeedsIntervention',
  'ValidationError.InsufficientMemory': 'NeedsIntervention',
  'ValidationError.UnsupportedOperatingSystem': 'NeedsIntervention',
  'ValidationError.ApplicationOldVersionExists': 'NeedsIntervention',
  'DeploymentError.InternalServerError': 'Repeat',
  'DeploymentError.WorkspaceUnreachable': 'Repeat',
} as const;

describe.each(ASSOCIATION_ERROR_CODES)('an association that failed with %s', (errorCode) => {
  const error = association(ws(1), VISIO, { state: 'ERROR', stateReason: { errorCode, errorMessage: 'x' } });
  const stops = AFTER_ERROR[errorCode] === 'NeedsIntervention';
  const stop = { kind: 'NeedsIntervention', message: expect.stringContaining(`${errorCode}: x`) };

  test(stops ? 'needs intervention' : 'is retried with force if the failed operation is the desired one', () => {
    const expected = stops ? stop : { kind: 'Deploy', force: true };
    expect(nextStep('Absent', error, 'Uninstall')).toEqual(expected);
    expect(nextStep('Present', error, 'Install')).toEqual(expected);
  });

  test.each<[DesiredState, 'Install' | 'Uninstall' | undefined, string]>([
    ['Absent', undefined, 'Disassociate'],
    ['Absent', 'Install', 'Disassociate'],
    ['Present', undefined, 'Associate'],
    ['Present', 'Uninstall', 'Associate'],
  ])('with desired state %s is not retried after an unknown or opposite operation (%s)', (desired, failed, marked) => {
    expect(nextStep(desired, error, failed).kind).toBe(stops ? 'NeedsIntervention' : marked);
  });
});

describe.each(DESIRED_STATES)('with desired state %s,', (desired) => {
  test.each([undefined, '', 'REINSTALLING', 'completed', 'constructor'])(
    'the unknown state %j needs intervention',
    (state) => {
      expect(nextStep(desired, association(ws(1), VISIO, { state }), undefined).kind).toBe('NeedsIntervention');
    },
  );

  test('an unknown error code needs intervention', () => {
    const failed = association(ws(1), VISIO, { state: 'ERROR', stateReason: { errorCode: 'DeploymentError.New' } });
    expect(nextStep(desired, failed, desired === 'Present' ? 'Install' : 'Uninstall').kind).toBe('NeedsIntervention');
  });
});
