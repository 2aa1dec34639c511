import { describe, expect, test } from 'vitest';
import type { Statement } from '../../src/aws/permissions.ts';
import { decideAccess } from '../../src/simulator/iam.ts';

const ARN = 'arn:aws:workspaces:eu-central-1:123456789012:workspace/ws-00000001a';
const ACCESS = {
  action: 'workspaces:DeployWorkspaceApplications',
  resource: ARN,
  context: { 'aws:RequestedRegion': 'eu-central-1', 'aws:ResourceTag/Department': 'Finance' },
};
const ALLOW: Statement = { Effect: 'Allow', Action: ACCESS.action, Resource: ARN };
const DENY: Statement = { ...ALLOW, Effect: 'Deny' };
const OTHER = { ...ALLOW, Action: 'workspaces:DescribeTags' };

const decide = (...statements: Statement[]) => decideAccess({ Version: '2012-10-17', Statement: statements }, ACCESS);
const under = (Condition: NonNullable<Statement['Condition']>) => decide({ ...ALLOW, Condition });

test('denies unless a statement allows, and a Deny overrides every Allow', () => {
  expect(decide()).toBe('ImplicitDeny');
  expect(decide(OTHER)).toBe('ImplicitDeny');
  expect(decide(OTHER, ALLOW)).toBe('Allow');
  expect(decide(DENY, ALLOW)).toBe('ExplicitDeny');
  expect(decide(ALLOW, DENY)).toBe('ExplicitDeny');
});

test.each([
  ['workspaces:DeployWorkspaceApplications', 'Allow'],
  ['WorkSpaces:deployworkspaceapplications', 'Allow'],
  ['workspaces:Deploy*', 'Allow'],
  ['*', 'Allow'],
  ['workspaces:Describe*', 'ImplicitDeny'],
  ['tag:DeployWorkspaceApplications', 'ImplicitDeny'],
])('matches the action %s: %s', (Action, decision) => {
  expect(decide({ ...ALLOW, Action })).toBe(decision);
  expect(decide({ ...ALLOW, Action: ['tag:GetResources', Action] })).toBe(decision);
});

test.each([
  ['*', 'Allow'],
  [ARN, 'Allow'],
  ['arn:aws:workspaces:eu-central-1:123456789012:workspace/*', 'Allow'],
  ['arn:aws:workspaces:*:*:workspace/*', 'Allow'],
  ['arn:aws:workspaces:eu-central-1:123456789012:workspace/ws-0000000??', 'Allow'],
  ['arn:aws:workspaces:eu-west-1:123456789012:workspace/*', 'ImplicitDeny'],
  ['arn:aws:workspaces:eu-central-1:210987654321:workspace/*', 'ImplicitDeny'],
  ['arn:aws:workspaces:eu-central-1:123456789012:workspaceapplication/*', 'ImplicitDeny'],
  ['arn:aws:workspaces:*', 'ImplicitDeny'],
  ['arn:aws:workspaces:*:workspace/*', 'ImplicitDeny'],
])('matches the resource %s: %s', (Resource, decision) => {
  expect(decide({ ...ALLOW, Resource })).toBe(decision);
});

describe('a condition', () => {
  test.each<[NonNullable<Statement['Condition']>, string]>([
    [{ StringEquals: { 'aws:RequestedRegion': 'eu-central-1' } }, 'Allow'],
    [{ StringEquals: { 'AWS:requestedregion': ['eu-west-1', 'eu-central-1'] } }, 'Allow'],
    [{ StringEquals: { 'aws:RequestedRegion': 'EU-central-1' } }, 'ImplicitDeny'],
    [{ StringEquals: { 'aws:ResourceTag/Team': 'Finance' } }, 'ImplicitDeny'],
    [{ StringNotEquals: { 'aws:ResourceTag/Department': 'Sales' } }, 'Allow'],
    [{ StringNotEquals: { 'aws:ResourceTag/Department': 'Finance' } }, 'ImplicitDeny'],
    [{ StringNotEquals: { 'aws:ResourceTag/Team': 'Sales' } }, 'Allow'],
    [{ StringLike: { 'aws:ResourceTag/Department': 'Fin*' } }, 'Allow'],
    [{ StringLike: { 'aws:ResourceTag/Team': '*' } }, 'ImplicitDeny'],
    [{ Null: { 'aws:ResourceTag/Department': 'false' } }, 'Allow'],
    [{ Null: { 'aws:ResourceTag/Department': 'true' } }, 'ImplicitDeny'],
    [{ Null: { 'aws:ResourceTag/Team': 'true' } }, 'Allow'],
  ])('%j results in %s', (condition, decision) => {
    expect(under(condition)).toBe(decision);
  });

  test('holds only if all its keys match', () => {
    const region = { 'aws:RequestedRegion': 'eu-central-1' };
    expect(under({ StringEquals: { ...region, 'aws:ResourceTag/Department': 'Finance' } })).toBe('Allow');
    expect(under({ StringEquals: { ...region, 'aws:ResourceTag/Department': 'Sales' } })).toBe('ImplicitDeny');
    expect(under({ StringEquals: region, Null: { 'aws:ResourceTag/Department': 'true' } })).toBe('ImplicitDeny');
  });
});
