import { describe, expect, test } from 'vitest';
import { ApiError, type ResourceAccess } from '../../src/kube/apiError.ts';
import { POLICIES } from '../../src/kube/resources.ts';

function forbidden(message: string): string {
  const access = { verb: 'patch', resource: POLICIES, namespace: 'desktops', name: 'no-visio' } as const;
  const status = { kind: 'Status', apiVersion: 'v1', status: 'Failure', reason: 'Forbidden', code: 403, message };
  return ApiError.ofResponse(access, 403, JSON.stringify(status), undefined).message;
}

const CANNOT = 'cannot patch workspaceapplicationpolicies.wsap.dev no-visio in namespace desktops: 403: ';

test('a missing permission is reported with the verb to grant', () => {
  const message = 'User "alice" cannot patch resource "workspaceapplicationpolicies"';
  const advice = 'grant the verb "patch" on workspaceapplicationpolicies.wsap.dev to the user alice (RBAC)';
  expect(forbidden(message)).toBe(`${CANNOT}${message}; ${advice}`);
});

test.each([
  "ValidatingAdmissionPolicy 'wsap-approval' with binding 'wsap-approval' denied request: ask your platform team",
  'admission webhook "policies.example.com" denied the request: ask your platform team',
])('a denied admission is reported without advice on permissions: %s', (message) => {
  expect(forbidden(message)).toBe(`${CANNOT}${message}`);
});

describe('the advice about a missing permission', () => {
  const access: ResourceAccess = { verb: 'list', resource: POLICIES, namespace: 'desktops' };
  const messageOf = (message: string) =>
    ApiError.ofResponse(access, 403, JSON.stringify({ kind: 'Status', message }), undefined).message;
  const forbidden = (user: string) =>
    `workspaceapplicationpolicies.wsap.dev is forbidden: User "${user}" cannot list resource "workspaceapplicationpolicies"`;

  test.each([
    ['alice@example.test', 'to the user alice@example.test (RBAC)'],
    ['system:serviceaccount:wsap-system:wsap', 'to the service account wsap in namespace wsap-system (RBAC)'],
    ['system:anonymous', 'the API server accepted no credentials; check the user of the kubeconfig'],
  ])('names %s', (user, advice) => {
    expect(messageOf(forbidden(user))).toContain(advice);
  });

  test('sanitizes the user', () => {
    expect(messageOf(forbidden('a\u001b[31m'))).toContain('to the user a\uFFFD[31m (RBAC)');
  });
});
