import { expect, test } from 'vitest';
import { initialState, recordedHistory } from '../../src/status/runState.ts';
import { policy, VISIO, ws } from '../builders.ts';

const LOCATION = { name: 'emea', accountID: '123456789012', region: 'eu-central-1' };

const DUE = {
  fleet: LOCATION,
  lastSyncTime: '2026-01-05T10:00:00Z',
  associations: [
    {
      workspaceID: ws(1),
      associatedResourceID: VISIO,
      associatedResourceType: 'APPLICATION' as const,
      state: 'COMPLETED',
      verdict: 'Denied' as const,
      action: 'Disassociate' as const,
      message: 'denied by id wsa-visio',
    },
  ],
};

test.each([
  ['counts as possibly made', 'uid-of-no-visio', 1],
  ['does not count for an object that was restored from a backup', 'another', 0],
  ['counts for a status without an object', undefined, 1],
])('a removal that a status shows as due %s', (_, objectUID, count) => {
  const status = { ...DUE, ...(objectUID !== undefined && { objectUID }) };
  const { unconfirmedRemovals } = initialState(policy('no-visio'), status, LOCATION);
  expect(unconfirmedRemovals).toHaveLength(count);
});

test.each([
  ['does not count if the policy only audits', 'Audit', 1, 0],
  ['counts if the policy may have made changes before an edit', 'Audit', 0, 1],
  ['counts if the policy makes changes', 'Enforce', 1, 1],
] as const)('a change that a status shows as due %s', (_, enforcement, observedGeneration, count) => {
  const associations = DUE.associations.map((row) => ({ ...row, holdReason: 'OutsideMaintenanceWindow' as const }));
  const status = { ...DUE, objectUID: 'uid-of-no-visio', observedGeneration, associations };
  const audited = policy('no-visio', { enforcement });
  expect(initialState(audited, status, LOCATION).unconfirmedRemovals).toHaveLength(count);
  expect(recordedHistory(audited, status, LOCATION).started).toHaveLength(count);
});
