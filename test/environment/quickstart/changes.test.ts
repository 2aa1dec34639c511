import { expect, it } from 'vitest';
import type { Call } from '../../../src/simulator/callLog.ts';
import { seedFrom } from '../../../src/simulator/seed.ts';
import { changeLine } from './changes.ts';

const AT = { directoryID: 'd-9a67b1c4e2', bundleID: 'wsb-8vbljg4r6' };
const SEED = seedFrom({
  applications: [{ applicationID: 'wsa-pnwx3wblx', name: 'Visio' }],
  workspaces: [
    { workspaceID: 'ws-3x08q7wv7', userName: 'lukas.weber', ...AT },
    { workspaceID: 'ws-68qs99q85', userName: 'anna', ...AT },
  ],
});
const DISASSOCIATE: Call = {
  number: 1,
  time: '2026-10-01T00:00:00.000Z',
  operation: 'DisassociateWorkspaceApplication',
  input: { WorkspaceId: 'ws-3x08q7wv7', ApplicationId: 'wsa-pnwx3wblx' },
  page: 1,
  done: true,
  status: 200,
};
const DEPLOY: Call = {
  ...DISASSOCIATE,
  operation: 'DeployWorkspaceApplications',
  input: { WorkspaceId: 'ws-68qs99q85' },
  associations: [{ AssociatedResourceId: 'wsa-pnwx3wblx' }],
};

it('shows the operation, WorkSpace, user, and application of each change in columns', () => {
  expect([DISASSOCIATE, DEPLOY].map((call) => changeLine(call, SEED))).toEqual([
    { text: 'Disassociate  ws-3x08q7wv7  lukas.weber  Visio', made: true },
    { text: 'Deploy        ws-68qs99q85  anna         Visio', made: true },
  ]);
});

it('shows no line for a read', () => {
  expect(changeLine({ ...DISASSOCIATE, operation: 'DescribeWorkspaces', input: {} }, SEED)).toBeUndefined();
});

it.each<[string, Partial<Call>, string]>([
  [
    'throttled',
    { status: 400, done: false, error: 'ThrottlingException' },
    '→ throttled; the operator slows down and retries',
  ],
  ['rejected', { status: 400, done: false, error: 'ResourceInUseException' }, '→ ResourceInUseException'],
  ['a lost response', { status: undefined }, '→ made, but the response was lost'],
  ['no response', { status: undefined, done: false }, '→ no response'],
  ['an error of a proxy', { status: 502, done: false }, '→ HTTP 502'],
])('shows the result of a failed change: %s', (_, how, result) => {
  const line = changeLine({ ...DISASSOCIATE, ...how }, SEED);

  expect(line?.made).toBe(false);
  expect(line?.text).toBe(`Disassociate  ws-3x08q7wv7  lukas.weber  Visio ${result}`);
});

it('shows unknown IDs without control characters', () => {
  const input = { WorkspaceId: 'ws-\u001b[2J', ApplicationId: 'wsa-unknown' };

  expect(changeLine({ ...DISASSOCIATE, input }, SEED)?.text).toBe(
    'Disassociate  ws-\uFFFD[2J       -            wsa-unknown',
  );
});

it('shows a call without an input object', () => {
  expect(
    changeLine({ ...DISASSOCIATE, input: null, done: false, status: 400, error: 'SerializationException' }, SEED)?.text,
  ).toMatch(/^Disassociate .* → SerializationException$/);
});
