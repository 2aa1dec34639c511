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
  unapproved: true,
  ...more,
});
const EXCEEDED = { remove: 1, install: 1, affectedWorkspaces: 2, allowedWorkspaces: 1 };
const previewOf = (
  associations: ListedAssociation[],
  unapproved: NonNullable<NonNullable<PolicyObject['status']>['plan']>['unapproved'],
  more: Partial<NonNullable<PolicyObject['status']>> = {},
) =>
  approvalPreview({
    metadata: { namespace: 'desktops', name: 'no-visio' },
    status: { associations, plan: { id: '749a345130f395e3', unapproved }, ...more },
  } as PolicyObject);

test('lists the changes that an approval covers, and no others', () => {
  expect(
    previewOf(
      [
        association('ws-1'),
        association('ws-22', { verdict: 'Required', action: 'Associate', applicationName: 'Project', userName: 'bob' }),
        association('ws-3', { holdReason: 'Conflict', unapproved: false }),
        association('ws-4', { holdReason: 'UserConnected', unapproved: false }),
      ],
      EXCEEDED,
    ),
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
  const message =
    'the plan removes applications from 2 WorkSpaces, and at most 1 are allowed; the operator applies no part of it; to apply it, approve it by running: kubectl annotate wsap no-visio wsap.dev/approved-plan=749a345130f395e3';
  const ready = { type: 'Ready', status: 'False' as const, reason: 'SafeguardExceeded', message };
  const conditions = [{ ...ready, lastTransitionTime: '2027-01-01T00:00:00Z' }];
  const shown = previewOf([association('ws-1')], EXCEEDED, { conditions });
  expect(shown).toMatch(
    /^Exceeds maxAffectedWorkspaces: the plan removes applications from 2 WorkSpaces, and at most 1 are allowed\.$/m,
  );
  expect(shown).not.toContain('749a345130f395e3');
});

test('shows what AWS removes together with an application, once', () => {
  const office = { applicationName: 'Microsoft Office Professional Plus 2016', associatedResourceID: 'wsa-khw7gclz4' };
  const installed = { ...office, verdict: 'Required' as const, action: 'Associate' as const };
  const shown = previewOf([association('ws-1', office), association('ws-2', office), association('ws-3', installed)], {
    ...EXCEEDED,
    remove: 2,
  });
  expect(shown).toContain(
    '\nMicrosoft Office Professional Plus 2016: AWS also removes Trend Micro, which is part of the Office 2016 bundle.\n',
  );
  expect(shown.match(/Trend Micro/g)).toHaveLength(1);
  const installs = { ...EXCEEDED, remove: 0 };
  expect(previewOf([association('ws-3', installed)], installs)).not.toContain('Trend Micro');
  const listed = {
    applicationID: 'wsa-khw7gclz4',
    name: office.applicationName,
    associated: 9,
    removing: 0,
    installing: 0,
  };
  const applications = [{ ...listed, verdict: 'Denied' as const }];
  const omitted = previewOf([association('ws-1')], { ...EXCEEDED, remove: 26 }, { applications });
  expect(omitted).toContain('Trend Micro');
});

test('counts all changes, and shows the command that lists them if the status omits some', () => {
  expect(
    previewOf([association('ws-1')], {
      remove: 12,
      install: 2,
      replace: 1,
      affectedWorkspaces: 12,
      allowedWorkspaces: 20,
    }),
  ).toBe(
    [
      'ws-1  ada  Visio  disassociate',
      '',
      'Plan: 12 to remove, 2 to install. 1 replacement.',
      'The status omits 13 more changes. To list all of them, run:',
      '  kubectl wsap plan -n desktops no-visio',
      '',
    ].join('\n'),
  );
});

test('shows the command that lists the changes if the status does not describe the plan', () => {
  expect(previewOf([], undefined)).toBe(
    [
      '',
      'The status does not describe the changes of this plan. To list them, run:',
      '  kubectl wsap plan -n desktops no-visio',
      '',
    ].join('\n'),
  );
});

test('removes control characters from texts of AWS and of manifests', () => {
  const shown = previewOf([association('ws-1', { userName: 'a\u001b[2Jb', applicationName: '\u202eV' })], EXCEEDED);
  expect(shown).not.toContain('\u001b');
  expect(shown).not.toContain('\u202e');
});
