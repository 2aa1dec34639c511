import * as sdk from '@aws-sdk/client-workspaces';
import { describe, expect, test } from 'vitest';
import { KIND_OF_NAME } from '../../src/aws/errorKinds.ts';
import { toFleetError } from '../../src/aws/errors.ts';
import type { CallTarget } from '../../src/aws/operations.ts';
import type { FleetErrorKind } from '../../src/fleet/errors.ts';

const READ: CallTarget = { operation: 'DescribeWorkspaceAssociations', workspaceID: 'ws-00000001a' };
const CHANGE: CallTarget = {
  operation: 'DisassociateWorkspaceApplication',
  workspaceID: 'ws-00000001a',
  applicationID: 'wsa-00000001a',
};

/** An error as the SDK throws it. */
function answered(name: string, message = '', httpStatusCode = 400): Error {
  const metadata = { httpStatusCode, requestId: 'request-1' };
  return Object.assign(new Error(message), { name, $metadata: metadata });
}
function network(code: string, name = 'Error'): Error {
  return Object.assign(new Error(`connect ${code}`), { name, code });
}

test('every exception that the API models has a kind', () => {
  const modelled = Object.entries(sdk)
    .filter(([, one]) => typeof one === 'function' && one.prototype instanceof sdk.WorkSpacesServiceException)
    .map(([name]) => name);
  expect(modelled.length).toBeGreaterThan(20);
  expect(modelled.filter((name) => !KIND_OF_NAME.has(name))).toEqual([]);
});

test.each<[string, Error, FleetErrorKind]>([
  ['a missing permission', answered('AccessDeniedException'), 'AccessDenied'],
  ["STS's missing permission", answered('AccessDenied', '', 403), 'AccessDenied'],
  ["EC2's missing permission", answered('UnauthorizedOperation', '', 403), 'AccessDenied'],
  ['an unknown refusal with 403', answered('ForbiddenByPolicy', '', 403), 'AccessDenied'],
  [
    'no credentials',
    Object.assign(new Error('Could not load'), { name: 'CredentialsProviderError' }),
    'Unauthenticated',
  ],
  ['an expired session', answered('ExpiredTokenException'), 'Unauthenticated'],
  ['an unknown key', answered('UnrecognizedClientException'), 'Unauthenticated'],
  ["STS's unknown key", answered('InvalidClientTokenId', '', 403), 'Unauthenticated'],
  ['a wrong signature', answered('InvalidSignatureException', '', 403), 'Unauthenticated'],
  ['no region', new Error('Region is missing'), 'Unauthenticated'],
  ['empty credentials', new Error('Resolved credential object is not valid'), 'Unauthenticated'],
  ['wrong values', answered('InvalidParameterValuesException'), 'InvalidParameterValues'],
  ['an invalid request', answered('ValidationException'), 'InvalidParameterValues'],
  ['an unreadable request', answered('SerializationException'), 'InvalidParameterValues'],
  ['an error that nobody knows', answered('NewException'), 'InvalidParameterValues'],
  ['an unsupported operation', answered('OperationNotSupportedException'), 'OperationNotSupported'],
  ['an unsupported application', answered('ApplicationNotSupportedException'), 'Incompatible'],
  ['another compute type', answered('ComputeNotCompatibleException'), 'Incompatible'],
  ['another operating system', answered('OperatingSystemNotCompatibleException'), 'Incompatible'],
  ['applications that exclude each other', answered('IncompatibleApplicationsException'), 'Incompatible'],
  ['a resource in use', answered('ResourceInUseException'), 'ResourceInUse'],
  ['another operation in progress', answered('OperationInProgressException'), 'ResourceInUse'],
  ['an unavailable resource', answered('ResourceUnavailableException'), 'ResourceUnavailable'],
  ['a resource that is gone', answered('ResourceNotFoundException'), 'ResourceNotFound'],
  ['a resource that is there', answered('ResourceAlreadyExistsException'), 'ResourceAlreadyExists'],
  ['throttling', answered('ThrottlingException', 'Rate exceeded'), 'Throttled'],
  ['throttling by status only', answered('Unknown', '', 429), 'Throttled'],
  ['an internal error', answered('InternalServerException', '', 500), 'Unavailable'],
  ['an unnamed 503', answered('Unknown', '', 503), 'Unavailable'],
  ['an unknown error with 500', answered('NewException', '', 500), 'Unavailable'],
  ['a redirect', answered('Unknown', '', 301), 'Unavailable'],
  ["a proxy's 403", answered('Unknown', '', 403), 'Unavailable'],
  ['HTML with 404', answered('SyntaxError', "Unexpected token '<'", 404), 'Unavailable'],
  ['a timeout', network('ETIMEDOUT', 'TimeoutError'), 'Unavailable'],
  ['a reset connection', network('ECONNRESET', 'TimeoutError'), 'Unavailable'],
  ['a refused connection', network('ECONNREFUSED'), 'Unavailable'],
  ['an unknown host', network('ENOTFOUND'), 'Unavailable'],
  [
    'a reset within the answer',
    Object.assign(answered('Error', 'aborted', 200), { code: 'ECONNRESET' }),
    'Unavailable',
  ],
  ['a stopped process', Object.assign(new Error('aborted'), { name: 'AbortError' }), 'Cancelled'],
])('%s becomes a kind', (_, error, kind) => {
  expect(toFleetError(error, READ).kind).toBe(kind);
});

test.each([undefined, null, 'text', 42, {}, { name: 5, message: {}, $metadata: 'x' }])(
  'something thrown that is no error (%j) is Unavailable, and crashes nothing',
  (thrown) => {
    expect(toFleetError(thrown, READ).kind).toBe('Unavailable');
  },
);

test('says what was asked, what AWS said, and under which request id', () => {
  const cause = answered('ResourceInUseException', 'The WorkSpace is being changed.');
  const error = toFleetError(cause, { ...READ, page: 3 });
  expect(error.message).toBe(
    'DescribeWorkspaceAssociations for ws-00000001a, page 3: The WorkSpace is being changed. (ResourceInUseException)',
  );
  expect(error.details).toMatchObject({ httpStatus: 400, requestId: 'request-1', page: 3 });
  expect(error.cause).toBe(cause);
});

test('lets no control character of AWS through, and bounds its length', () => {
  const error = toFleetError(answered('ResourceInUseException', `\u001b[31m\u202e\n${'x'.repeat(100_000)}`), READ);
  expect(error.message).not.toMatch(/[\p{Cc}\p{Cf}]/u);
  expect(error.message.length).toBeLessThan(1_500);
});

describe('a missing permission', () => {
  const reasonOf = (message: string, subject = CHANGE) =>
    toFleetError(answered('AccessDeniedException', message), subject).details.reason;

  test("names the action and the resource that AWS's message has", () => {
    const message =
      'User: arn:aws:sts::123456789012:assumed-role/wsap/pod is not authorized to perform: ' +
      'workspaces:DisassociateWorkspaceApplication on resource: ' +
      'arn:aws:workspaces:eu-central-1:123456789012:workspaceapplication/wsa-00000001a because no identity-based policy allows it';
    expect(reasonOf(message)).toBe(
      'arn:aws:sts::123456789012:assumed-role/wsap/pod lacks the IAM action workspaces:DisassociateWorkspaceApplication on ' +
        `arn:aws:workspaces:eu-central-1:123456789012:workspaceapplication/wsa-00000001a; allow it in an IAM policy (AWS: ${message})`,
    );
  });

  test.each<[CallTarget, string]>([
    [
      CHANGE,
      'workspaces:DisassociateWorkspaceApplication on workspace/ws-00000001a and workspaceapplication/wsa-00000001a',
    ],
    [READ, 'workspaces:DescribeWorkspaceAssociations on workspace/ws-00000001a'],
    [
      { operation: 'DescribeApplicationAssociations', applicationID: 'wsa-00000001a' },
      'workspaces:DescribeApplicationAssociations on workspaceapplication/wsa-00000001a',
    ],
    [{ operation: 'DescribeWorkspaces', directoryID: 'd-0123456789' }, 'workspaces:DescribeWorkspaces on *'],
    [{ operation: 'DescribeApplications', applicationID: 'wsa-00000001a' }, 'workspaces:DescribeApplications on *'],
  ])('is worked out where AWS says nothing: %o', (subject, expected) => {
    expect(reasonOf('', subject)).toBe(`the identity lacks the IAM action ${expected}; allow it in an IAM policy`);
  });

  test("is the credentials' own, where they can't be had", () => {
    expect(reasonOf('Not authorized to perform sts:AssumeRoleWithWebIdentity')).toMatch(
      /^the identity lacks the IAM action sts:AssumeRoleWithWebIdentity; allow it/,
    );
  });

  test('says when a policy forbids it, so that nobody adds permissions in vain', () => {
    const message =
      'User: arn:aws:iam::123456789012:role/wsap is not authorized to perform: workspaces:DescribeWorkspaces ' +
      'on resource: * with an explicit deny in a service control policy';
    expect(reasonOf(message)).toContain('workspaces:DescribeWorkspaces on *; a policy denies it explicitly');
  });
});

describe('what to do next is said', () => {
  test.each([
    [new Error('Region is missing'), 'AWS_REGION'],
    [answered('ExpiredTokenException', 'The security token included in the request is expired'), 'Renew the session'],
    [answered('InvalidSignatureException', 'Signature expired: 20260101T000000Z is now earlier'), 'clock'],
    [Object.assign(new Error('Could not load'), { name: 'CredentialsProviderError' }), "SDK's default chain"],
  ])('about credentials: %s', (error, advice) => {
    expect(toFleetError(error, READ).details.reason).toContain(advice);
  });

  test.each<[Error, boolean]>([
    [network('ECONNRESET'), true],
    [answered('InternalServerException', 'internal', 500), true],
    [answered('SyntaxError', "Unexpected token '<'", 200), true],
    [network('ECONNREFUSED'), false],
    [network('ENOTFOUND'), false],
  ])('about a change without an answer: %s', (error, uncertain) => {
    const { kind, reason } = toFleetError(error, CHANGE).details;
    expect(kind).toBe('Unavailable');
    expect(reason.includes('whether it was carried out is unknown')).toBe(uncertain);
  });
});
