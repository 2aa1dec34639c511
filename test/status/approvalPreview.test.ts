import { expect, test } from 'vitest';
import type { PolicyObject } from '../../src/kube/resources.ts';
import { approvalPreview } from '../../src/status/approvalPreview.ts';

type ListedAssociation = NonNullable<NonNullable<PolicyObject['status']>['associations']>[number];

const association = (workspaceID: string, more: Partial<ListedAssociation> = {}): ListedAssociation => ({
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
const EXCEEDED = {
  type: 'Ready',
  status: 'False',
  reason: 'SafeguardExceeded',
  message: 'the plan removes applications from 2 WorkSpaces, and at most 1 are allowed',
};
const previewOf = (associations: ListedAssociation[], associationsOmitted = 0, conditions = [EXCEEDED]) =>
  approvalPreview({
    metadata: { namespace: 'desktops', name: 'no-visio' },
    status: { associations, associationsOmitted, conditions },
  } as PolicyObject);

test('lists the changes that an approval covers, and no others', () => {
  expect(
    previewOf([
      association('ws-1'),
      association('ws-22', { verdict: 'Required', action: 'Associate', applicationName: 'Project', userName: 'bob' }),
      association('ws-3', { holdReason: 'Conflict' }),
      association('ws-4', { holdReason: 'UserConnected' }),
    ]),
  ).toBe(
    [
      'ws-1   ada  Visio    disassociate',
      'ws-22  bob  Project  associate',
      '',
      'Plan: 1 to remove, 1 to install.',
      'Exceeds maxAffectedWorkspaces: the plan removes applications from 2 WorkSpaces, and at most 1 are allowed.',
      '',
    ].join('\n'),
  );
});

test('contains no second command to approve the plan, because a sentence would end it with a period', () => {
  const message = `${EXCEEDED.message}; the operator applies no part of it; to apply it, approve it by running: kubectl annotate wsap no-visio wsap.dev/approved-plan=749a345130f395e3`;
  const shown = previewOf([association('ws-1')], 0, [{ ...EXCEEDED, message }]);
  expect(shown).toMatch(
    /^Exceeds maxAffectedWorkspaces: the plan removes applications from 2 WorkSpaces, and at most 1 are allowed\.$/m,
  );
  expect(shown).not.toContain('749a345130f395e3');
});

test('shows what AWS removes together with an application, once', () => {
  const office = { applicationName: 'Microsoft Office Professional Plus 2016', associatedResourceID: 'wsa-khw7gclz4' };
  const installed = { ...office, verdict: 'Required' as const, action: 'Associate' as const };
  const shown = previewOf([association('ws-1', office), association('ws-2', office), association('ws-3', installed)]);
  expect(shown).toContain(
    '\nMicrosoft Office Professional Plus 2016: AWS also removes Trend Micro, which is part of the Office 2016 bundle.\n',
  );
  expect(shown.match(/Trend Micro/g)).toHaveLength(1);
  expect(previewOf([association('ws-3', installed)])).not.toContain('Trend Micro');
});

test('shows the command that lists all changes if the status omits some', () => {
  expect(previewOf([association('ws-1', { holdReason: 'AwaitingApproval' })], 12, [])).toBe(
    [
      'ws-1  ada  Visio  disassociate',
      '',
      'Plan: 1 to remove, 0 to install.',
      'The status omits 12 more associations. To list all of them, run:',
      '  kubectl wsap plan -n desktops no-visio',
      '',
    ].join('\n'),
  );
});

test('removes control characters from texts of AWS and of manifests', () => {
  const shown = previewOf([association('ws-1', { userName: 'a\u001b[2Jb', applicationName: '\u202eV' })]);
  expect(shown).not.toContain('\u001b');
  expect(shown).not.toContain('\u202e');
});
