import { expect, test } from 'vitest';
import { proposalOf } from '../../../src/cli/actions/approvalPreview.ts';
import type { PolicyObject } from '../../../src/kube/resources.ts';

type Listed = NonNullable<NonNullable<PolicyObject['status']>['associations']>[number];

const row = (workspaceID: string, more: Partial<Listed> = {}): Listed => ({
  workspaceID,
  userName: 'ada',
  associatedResourceID: 'wsa-visio0000',
  associatedResourceType: 'APPLICATION',
  applicationName: 'Visio',
  verdict: 'Denied',
  action: 'Disassociate',
  state: 'COMPLETED',
  holdReason: 'SafeguardExceeded',
  ...more,
});
const ready = (reason: string, message: string) => ({ type: 'Ready', status: 'False', reason, message });
const EXCEEDED = ready('SafeguardExceeded', 'the plan takes something from 2 WorkSpaces, and at most 1 are allowed');
const proposed = (associations: Listed[], associationsOmitted = 0, conditions = [EXCEEDED]) =>
  proposalOf({
    metadata: { namespace: 'desktops', name: 'no-visio' },
    status: { associations, associationsOmitted, conditions },
  } as PolicyObject);

test('every change that an approval releases is shown, and nothing else', () => {
  expect(
    proposed([
      row('ws-1'),
      row('ws-22', { verdict: 'Required', action: 'Associate', applicationName: 'Project', userName: 'bob' }),
      row('ws-3', { holdReason: 'Conflict' }),
      row('ws-4', { holdReason: 'UserConnected' }),
    ]),
  ).toBe(
    [
      'ws-1   ada  Visio    disassociate',
      'ws-22  bob  Project  associate',
      'It takes away 1 and installs 1 of these.',
      'It is beyond maxAffectedWorkspaces: the plan takes something from 2 WorkSpaces, and at most 1 are allowed.',
      '',
    ].join('\n'),
  );
});

test('where the status has no room for all, the command that lists them is told', () => {
  expect(proposed([row('ws-1', { holdReason: 'AwaitingApproval' })], 12, [])).toBe(
    [
      'ws-1  ada  Visio  disassociate',
      'It takes away 1 and installs 0 of these.',
      'The status has no room for 12 more; this lists them all:',
      '  kubectl wsap plan -n desktops no-visio',
      '',
    ].join('\n'),
  );
});

test('what AWS or a manifest says can not move a cursor', () => {
  const shown = proposed([row('ws-1', { userName: 'a\u001b[2Jb', applicationName: '\u202eV' })]);
  expect(shown).not.toContain('\u001b');
  expect(shown).not.toContain('\u202e');
});
