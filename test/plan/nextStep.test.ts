import { describe, expect, test } from 'vitest';
import { ASSOCIATION_ERROR_CODES, ASSOCIATION_STATES } from '../../src/fleet/model.ts';
import { removalStep } from '../../src/plan/removal.ts';
import { association, VISIO, ws } from '../builders.ts';

const BY_STATE = {
  COMPLETED: 'Disassociate',
  PENDING_INSTALL_DEPLOYMENT: 'Disassociate',
  PENDING_INSTALL: 'Wait',
  INSTALLING: 'Wait',
  PENDING_UNINSTALL_DEPLOYMENT: 'Deploy',
  PENDING_UNINSTALL: 'Wait',
  UNINSTALLING: 'Wait',
  ERROR: 'Stop',
  REMOVED: 'Done',
} as const;

test.each(ASSOCIATION_STATES)('to remove what is %s', (state) => {
  expect(removalStep(association(ws(1), VISIO, { state }), false).next).toBe(BY_STATE[state]);
});

const AFTER_ERROR = {
  'ValidationError.InsufficientDiskSpace': 'Stop',
  'ValidationError.InsufficientMemory': 'Stop',
  'ValidationError.UnsupportedOperatingSystem': 'Stop',
  'ValidationError.ApplicationOldVersionExists': 'Stop',
  'DeploymentError.InternalServerError': 'Repeat',
  'DeploymentError.WorkspaceUnreachable': 'Repeat',
} as const;

describe.each(ASSOCIATION_ERROR_CODES)('to remove what ended with %s', (errorCode) => {
  const failed = association(ws(1), VISIO, { state: 'ERROR', stateReason: { errorCode, errorMessage: 'x' } });

  test(AFTER_ERROR[errorCode] === 'Stop' ? 'is for a person' : 'repeats the uninstall by force, if it was one', () => {
    const expected =
      AFTER_ERROR[errorCode] === 'Stop'
        ? { next: 'Stop', message: expect.stringContaining(`${errorCode}: x`) }
        : { next: 'Deploy', force: true };
    expect(removalStep(failed, true)).toEqual(expected);
  });

  test('never repeats what may have been an install', () => {
    expect(removalStep(failed, false).next).toBe(AFTER_ERROR[errorCode] === 'Stop' ? 'Stop' : 'Disassociate');
  });
});

test.each([undefined, '', 'REINSTALLING', 'completed'])('a state that is not known (%j) is never acted on', (state) => {
  expect(removalStep(association(ws(1), VISIO, { state }), false).next).toBe('Stop');
});

test('an error code that is not known is never acted on', () => {
  const failed = association(ws(1), VISIO, { state: 'ERROR', stateReason: { errorCode: 'DeploymentError.New' } });
  expect(removalStep(failed, true).next).toBe('Stop');
});
