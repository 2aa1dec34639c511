import { expect, it } from 'vitest';
import { waitingForUsers } from './logOff.ts';
import type { WatchedPolicy } from './policyWatch.ts';

function status(due: number, holdReason: Record<string, string>): Pick<WatchedPolicy, 'status'> {
  const held = Object.keys(holdReason).length;
  const associations = Object.entries(holdReason).map(([workspaceID, reason]) => ({
    workspaceID,
    associatedResourceID: 'wsa-pnwx3wblx',
    associatedResourceType: 'APPLICATION' as const,
    verdict: 'Denied' as const,
    action: 'None' as const,
    holdReason: reason,
  }));
  return {
    status: {
      compliance: { selected: 40, compliant: 40 - due - held, drifted: due + held, inProgress: 0, held, failed: 0 },
      associations,
    },
  };
}

it('is nobody while there is something else to do, or to wait for', () => {
  expect(waitingForUsers({ status: {} })).toEqual([]);
  expect(waitingForUsers(status(1, { 'ws-1': 'UserConnected' }))).toEqual([]);
  expect(waitingForUsers(status(0, { 'ws-1': 'UserConnected', 'ws-2': 'Protected' }))).toEqual([]);
});

it('is everybody who is connected where an application has to go', () => {
  expect(waitingForUsers(status(0, { 'ws-1': 'UserConnected', 'ws-2': 'UserConnected' }))).toEqual(['ws-1', 'ws-2']);
});
