import { expect, test } from 'vitest';
import { ApiError } from '../../src/kube/apiError.ts';
import { POLICIES } from '../../src/kube/resources.ts';

function forbidden(message: string): string {
  const access = { verb: 'patch', resource: POLICIES, namespace: 'desktops', name: 'no-visio' } as const;
  const status = { kind: 'Status', apiVersion: 'v1', status: 'Failure', reason: 'Forbidden', code: 403, message };
  return ApiError.ofResponse(access, 403, JSON.stringify(status), undefined).message;
}

const CANNOT = 'cannot patch workspaceapplicationpolicies.wsap.dev no-visio in namespace desktops: 403: ';

test('a missing permission is reported with the verb to grant', () => {
  const message = 'User "alice" cannot patch resource "workspaceapplicationpolicies"';
  const advice =
    'grant the verb "patch" on workspaceapplicationpolicies.wsap.dev to this user or service account (RBAC)';
  expect(forbidden(message)).toBe(`${CANNOT}${message}; ${advice}`);
});

test.each([
  "ValidatingAdmissionPolicy 'wsap-approval' with binding 'wsap-approval' denied request: ask your platform team",
  'admission webhook "policies.example.com" denied the request: ask your platform team',
])('a denied admission is reported without advice on permissions: %s', (message) => {
  expect(forbidden(message)).toBe(`${CANNOT}${message}`);
});
