import { expect, test } from 'vitest';
import { initialState } from '../../src/status/runState.ts';
import { policy, VISIO, ws } from '../builders.ts';

const LOCATION = { name: 'emea', accountID: '123456789012', region: 'eu-central-1' };

test.each([
  ['counts as possibly made', 'uid-of-no-visio', 1],
  ['does not count for an object that was restored from a backup', 'another', 0],
  ['counts for a status without an object', undefined, 1],
])('a removal that a status shows as due %s', (_, objectUID, count) => {
  const status = {
    ...(objectUID !== undefined && { objectUID }),
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
  const { unconfirmedRemovals } = initialState(policy('no-visio'), status, LOCATION);
  expect(unconfirmedRemovals).toHaveLength(count);
});
