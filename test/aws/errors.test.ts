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

/** Returns an error as the SDK throws it. */
function sdkError(name: string, message = '', httpStatusCode = 400): Error {
  const metadata = { httpStatusCode, requestId: 'request-1' };
  return Object.assign(new Error(message), { name, $metadata: metadata });
}
function provider(message: string): Error {
  return Object.assign(new Error(message), { name: 'CredentialsProviderError' });
}
function network(code: string, name = 'Error'): Error {
  return Object.assign(new Error(`connect ${code}`), { name, code });
}

test('maps every exception in the API model to a kind', () => {
  const modelled = Object.entries(sdk)
    .filter(([, one]) => typeof one === 'function' && one.prototype instanceof sdk.WorkSpacesServiceException)
    .map(([name]) => name);
  expect(modelled.length).toBeGreaterThan(20);
  expect(modelled.filter((name) => !KIND_OF_NAME.has(name))).toEqual([]);
});

test.each<[string, Error, FleetErrorKind]>([
  ['a missing permission', sdkError('AccessDeniedException'), 'AccessDenied'],
  ["STS's missing permission", sdkError('AccessDenied', '', 403), 'AccessDenied'],
  ["EC2's missing permission", sdkError('UnauthorizedOperation', '', 403), 'AccessDenied'],
  ['an unknown error with 403', sdkError('ForbiddenByPolicy', '', 403), 'AccessDenied'],
  [
    'no credentials',
    Object.assign(new Error('Could not load'), { name: 'CredentialsProviderError' }),
    'Unauthenticated',
  ],
  ['an expired session', sdkError('ExpiredTokenException'), 'Unauthenticated'],
  ['an unknown key', sdkError('UnrecognizedClientException'), 'Unauthenticated'],
  ["STS's unknown key", sdkError('InvalidClientTokenId', '', 403), 'Unauthenticated'],
  ['a wrong signature', sdkError('InvalidSignatureException', '', 403), 'Unauthenticated'],
  ['no region', new Error('Region is missing'), 'Unauthenticated'],
  ['empty credentials', new Error('Resolved credential object is not valid'), 'Unauthenticated'],
  ['wrong values', sdkError('InvalidParameterValuesException'), 'InvalidParameterValues'],
  ['an invalid request', sdkError('ValidationException'), 'InvalidParameterValues'],
  ['an unreadable request', sdkError('SerializationException'), 'InvalidParameterValues'],
  ['an unknown error', sdkError('SomethingNewException'), 'UnknownError'],
  ['an unknown error with 404', sdkError('SomethingNewException', '', 404), 'UnknownError'],
  ['an operation that the endpoint does not know', sdkError('UnknownOperationException'), 'InvalidParameterValues'],
  ['a transaction in progress', sdkError('TransactionInProgressException'), 'ResourceInUse'],
  ['a prior request in progress', sdkError('PriorRequestNotComplete'), 'ResourceInUse'],
  ["EC2's throttling", sdkError('EC2ThrottledException'), 'Throttled'],
  ['an exhausted quota', sdkError('ServiceQuotaExceededException'), 'ResourceUnavailable'],
  ['a wrong clock', sdkError('RequestTimeTooSkewed', '', 403), 'Unauthenticated'],
  ['a clock in the future', sdkError('RequestInTheFuture', '', 403), 'Unauthenticated'],
  ['a disabled region', sdkError('RegionDisabledException', '', 403), 'Unauthenticated'],
  ['an unsupported operation', sdkError('OperationNotSupportedException'), 'OperationNotSupported'],
  ['an unsupported application', sdkError('ApplicationNotSupportedException'), 'Incompatible'],
  ['another compute type', sdkError('ComputeNotCompatibleException'), 'Incompatible'],
  ['another operating system', sdkError('OperatingSystemNotCompatibleException'), 'Incompatible'],
  ['applications that exclude each other', sdkError('IncompatibleApplicationsException'), 'Incompatible'],
  ['a resource in use', sdkError('ResourceInUseException'), 'ResourceInUse'],
  ['another operation in progress', sdkError('OperationInProgressException'), 'ResourceInUse'],
  ['an unavailable resource', sdkError('ResourceUnavailableException'), 'ResourceUnavailable'],
  ['a missing resource', sdkError('ResourceNotFoundException'), 'ResourceNotFound'],
  ['a resource that exists', sdkError('ResourceAlreadyExistsException'), 'ResourceAlreadyExists'],
  ['throttling', sdkError('ThrottlingException', 'Rate exceeded'), 'Throttled'],
  ['throttling by status only', sdkError('Unknown', '', 429), 'Throttled'],
  ['an internal error', sdkError('InternalServerException', '', 500), 'Unavailable'],
  ['an unnamed 503', sdkError('Unknown', '', 503), 'Unavailable'],
  ['an unknown error with 500', sdkError('NewException', '', 500), 'Unavailable'],
  ['a redirect', sdkError('Unknown', '', 301), 'Unavailable'],
  ["a proxy's 403", sdkError('Unknown', '', 403), 'Unavailable'],
  ['HTML with 404', sdkError('SyntaxError', "Unexpected token '<'", 404), 'Unavailable'],
  ['a timeout', network('ETIMEDOUT', 'TimeoutError'), 'Unavailable'],
  ['a reset connection', network('ECONNRESET', 'TimeoutError'), 'Unavailable'],
  ['a refused connection', network('ECONNREFUSED'), 'Unavailable'],
  ['an unknown host', network('ENOTFOUND'), 'Unavailable'],
  [
    'a reset within the answer',
    Object.assign(sdkError('Error', 'aborted', 200), { code: 'ECONNRESET' }),
    'Unavailable',
  ],
  ['a stopped process', Object.assign(new Error('aborted'), { name: 'AbortError' }), 'Canceled'],
])('%s becomes a kind', (_, error, kind) => {
  expect(toFleetError(error, READ).kind).toBe(kind);
});

test.each([undefined, null, 'text', 42, {}, { name: 5, message: {}, $metadata: 'x' }])(
  'maps a thrown value that isn’t an error (%j) to Unavailable',
  (thrown) => {
    expect(toFleetError(thrown, READ).kind).toBe('Unavailable');
  },
);

test('shows the call, the message of AWS, and the request ID', () => {
  const cause = sdkError('ResourceInUseException', 'The WorkSpace is being changed.');
  const error = toFleetError(cause, { ...READ, page: 3 });
  expect(error.message).toBe(
    'DescribeWorkspaceAssociations for ws-00000001a, page 3: The WorkSpace is being changed. (ResourceInUseException)',
  );
  expect(error.details).toMatchObject({ httpStatus: 400, requestId: 'request-1', page: 3 });
  expect(error.cause).toBe(cause);
});

test('strips control characters from messages of AWS and limits their length', () => {
  const error = toFleetError(sdkError('ResourceInUseException', `\u001b[31m\u202e\n${'x'.repeat(100_000)}`), READ);
  expect(error.message).not.toMatch(/[\p{Cc}\p{Cf}]/u);
  expect(error.message.length).toBeLessThan(1_500);
});

describe('the error about a missing permission', () => {
  const reasonOf = (message: string, target = CHANGE) =>
    toFleetError(sdkError('AccessDeniedException', message), target).details.reason;

  test('names the action and the resource from the message of AWS', () => {
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
  ])('derives the action and the resource from the call if AWS sends no message: %o', (target, expected) => {
    expect(reasonOf('', target)).toBe(`the identity lacks the IAM action ${expected}; allow it in an IAM policy`);
  });

  test('names the action of STS if the credentials can’t be obtained', () => {
    expect(reasonOf('Not authorized to perform sts:AssumeRoleWithWebIdentity')).toMatch(
      /^the identity lacks the IAM action sts:AssumeRoleWithWebIdentity; allow it/,
    );
  });

  test('shows an explicit deny, which more permissions don’t fix', () => {
    const message =
      'User: arn:aws:iam::123456789012:role/wsap is not authorized to perform: workspaces:DescribeWorkspaces ' +
      'on resource: * with an explicit deny in a service control policy';
    expect(reasonOf(message)).toContain('workspaces:DescribeWorkspaces on *; a policy denies it explicitly');
  });
});

describe('the error message', () => {
  test.each([
    [new Error('Region is missing'), 'AWS_REGION'],
    [sdkError('ExpiredTokenException', 'The security token included in the request is expired'), 'Renew the session'],
    [sdkError('InvalidSignatureException', 'Signature expired: 20260101T000000Z is now earlier'), 'clock'],
    [sdkError('InvalidSignatureException', 'Signature not yet current: 20260101T000000Z is still later'), 'clock'],
    [sdkError('RequestTimeTooSkewed', 'The difference between the times is too large.', 403), 'clock'],
    [sdkError('RegionDisabledException', 'STS is not activated in this region.', 403), 'Enable the region'],
    [sdkError('OptInRequired', 'The account is not subscribed.', 403), 'Enable the region'],
    [Object.assign(new Error('Could not load'), { name: 'CredentialsProviderError' }), 'default chain of the SDK'],
  ])('says how to fix the credentials: %s', (error, advice) => {
    const { reason } = toFleetError(error, READ).details;
    expect(reason).toContain(advice);
    expect(reason).not.toContain('IAM action');
  });

  test.each([
    [provider('Token is expired. To refresh this SSO session run aws sso login with the corresponding profile.')],
    [provider('Could not load credentials from any providers.')],
    [new Error('Region not accepted: region="eu west" is not a valid hostname component.')],
    [sdkError('OptInRequired', 'The account is not subscribed.', 403)],
  ])('has one full stop between the message of the SDK and the advice: %s', (error) => {
    expect(toFleetError(error, READ).message).not.toMatch(/\.\.|\.;/);
  });

  test('has no advice of its own if the SDK says how to log in', () => {
    const message = 'Token is expired. To refresh this SSO session run aws sso login with the corresponding profile.';
    expect(toFleetError(provider(message), READ).message).toBe(
      'DescribeWorkspaceAssociations for ws-00000001a: no usable AWS credentials: Token is expired. To refresh this SSO session run aws sso login with the corresponding profile',
    );
  });

  test.each<[Error, boolean]>([
    [network('ECONNRESET'), true],
    [sdkError('InternalServerException', 'internal', 500), true],
    [sdkError('SyntaxError', "Unexpected token '<'", 200), true],
    [network('ECONNREFUSED'), false],
    [network('ENOTFOUND'), false],
    [network('SELF_SIGNED_CERT_IN_CHAIN'), false],
    [network('ERR_PROXY_REFUSED'), false],
  ])('says whether the result of an unanswered change is unknown: %s', (error, uncertain) => {
    const { kind, reason } = toFleetError(error, CHANGE).details;
    expect(kind).toBe('Unavailable');
    expect(reason.includes('whether the change was made is unknown')).toBe(uncertain);
  });
});
