import { expect, test } from 'vitest';
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
  expect(removalStep(association(ws(1), VISIO, { state })).next).toBe(BY_STATE[state]);
});

const BY_ERROR_CODE = {
  'ValidationError.InsufficientDiskSpace': 'Stop',
  'ValidationError.InsufficientMemory': 'Stop',
  'ValidationError.UnsupportedOperatingSystem': 'Stop',
  'ValidationError.ApplicationOldVersionExists': 'Stop',
  'DeploymentError.InternalServerError': 'Deploy',
  'DeploymentError.WorkspaceUnreachable': 'Deploy',
} as const;

test.each(ASSOCIATION_ERROR_CODES)('to remove what ended with %s', (errorCode) => {
  const step = removalStep(
    association(ws(1), VISIO, { state: 'ERROR', stateReason: { errorCode, errorMessage: 'x' } }),
  );
  expect(step.next).toBe(BY_ERROR_CODE[errorCode]);
  expect(step).toMatchObject(
    step.next === 'Deploy' ? { force: true } : { message: expect.stringContaining(errorCode) },
  );
});

test.each([undefined, '', 'REINSTALLING', 'completed'])('a state that is not known (%j) is never acted on', (state) => {
  expect(removalStep(association(ws(1), VISIO, { state })).next).toBe('Stop');
});

test('an error code that is not known is never acted on', () => {
  const failed = association(ws(1), VISIO, { state: 'ERROR', stateReason: { errorCode: 'DeploymentError.New' } });
  expect(removalStep(failed).next).toBe('Stop');
});
