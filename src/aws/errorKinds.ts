import type { FleetErrorKind } from '../fleet/errors.ts';
import { PROXY_REFUSED } from '../network/proxyAgent.ts';

/** Errors of SQS that an administrator of the KMS key of a queue must fix. */
export const KMS_ERRORS = [
  'KmsAccessDenied',
  'KmsDisabled',
  'KmsInvalidKeyUsage',
  'KmsInvalidState',
  'KmsNotFound',
  'KmsOptInRequired',
] as const;

const NAMES: Readonly<Partial<Record<FleetErrorKind, readonly string[]>>> = {
  AccessDenied: [
    'AccessDeniedException',
    'AccessDenied',
    'UnauthorizedOperation',
    'NotAuthorized',
    'OptInRequired',
    'WorkspacesDefaultRoleNotFoundException',
    ...KMS_ERRORS,
  ],
  Unauthenticated: [
    'CredentialsProviderError',
    'TokenProviderError',
    'ProviderError',
    'ExpiredTokenException',
    'ExpiredToken',
    'InvalidIdentityToken',
    'IDPRejectedClaim',
    'UnrecognizedClientException',
    'InvalidClientTokenId',
    'InvalidSignatureException',
    'SignatureDoesNotMatch',
    'IncompleteSignature',
    'IncompleteSignatureException',
    'MissingAuthenticationToken',
    'MissingAuthenticationTokenException',
    'RequestExpired',
    'RequestInTheFuture',
    'RequestTimeTooSkewed',
    'AuthFailure',
    // The credentials come from STS, which the account must enable in the region.
    'RegionDisabledException',
  ],
  InvalidParameterValues: [
    'InvalidParameterValuesException',
    'InvalidParameterCombinationException',
    'ValidationException',
    'ValidationError',
    'SerializationException',
    'MalformedHttpRequestException',
    'UnsupportedWorkspaceConfigurationException',
    'UnsupportedNetworkConfigurationException',
    'UnknownOperationException',
    'InvalidAddress',
    'InvalidAttributeName',
    'InvalidParameterValue',
    'InvalidSecurity',
    'ReceiptHandleIsInvalid',
    'MessageNotInflight',
    'UnsupportedOperation',
  ],
  // For a read, this kind means that the resource has nothing to read, so no other error may have it.
  OperationNotSupported: ['OperationNotSupportedException'],
  Incompatible: [
    'ApplicationNotSupportedException',
    'ComputeNotCompatibleException',
    'OperatingSystemNotCompatibleException',
    'IncompatibleApplicationsException',
  ],
  ResourceInUse: [
    'ResourceInUseException',
    'ResourceAssociatedException',
    'OperationInProgressException',
    'ConflictException',
    'PriorRequestNotComplete',
    'TransactionInProgressException',
  ],
  ResourceUnavailable: [
    'ResourceUnavailableException',
    'InvalidResourceStateException',
    'ResourceCreationFailedException',
    'ResourceLimitExceededException',
    'ServiceQuotaExceededException',
  ],
  ResourceNotFound: [
    'ResourceNotFoundException',
    'QueueDoesNotExist',
    'AWS.SimpleQueueService.NonExistentQueue',
    'QueueDeletedRecently',
  ],
  ResourceAlreadyExists: ['ResourceAlreadyExistsException'],
  Throttled: [
    'ThrottlingException',
    'Throttling',
    'ThrottledException',
    'RequestThrottled',
    'RequestThrottledException',
    'RequestLimitExceeded',
    'TooManyRequestsException',
    'LimitExceededException',
    'BandwidthLimitExceeded',
    'EC2ThrottledException',
    'ProvisionedThroughputExceededException',
    'SlowDown',
    'OverLimit',
    'KmsThrottled',
  ],
  Unavailable: [
    'InternalServerException',
    'InternalFailure',
    'InternalServerError',
    'InternalError',
    'ServiceUnavailable',
    'ServiceUnavailableException',
    'RequestTimeout',
    'RequestTimeoutException',
    'TimeoutError',
  ],
  Canceled: ['AbortError'],
};

/**
 * Error kinds by the name of the SDK's error: exceptions that the WorkSpaces API models, and errors common to all AWS
 * APIs that no model lists (AWS API reference, Common Errors), such as throttling.
 */
export const KIND_OF_NAME: ReadonlyMap<string, FleetErrorKind> = new Map(
  Object.entries(NAMES).flatMap(([kind, names]) => names.map((name) => [name, kind as FleetErrorKind] as const)),
);

/** Descriptions of failed connections, by Node's error code. */
export const NETWORK_ERRORS: ReadonlyMap<string, string> = new Map([
  ['ECONNREFUSED', 'the connection was refused'],
  ['ECONNRESET', 'the connection was reset before the response was complete'],
  ['EPIPE', 'the connection was closed while the request was sent'],
  ['ETIMEDOUT', 'no response within the timeout'],
  ['ENOTFOUND', "the endpoint's host name doesn't resolve"],
  ['EAI_AGAIN', "the endpoint's host name doesn't resolve (temporary DNS failure)"],
  ['EHOSTUNREACH', "there is no route to the endpoint's host"],
  ['ENETUNREACH', "there is no route to the endpoint's network"],
]);

/** Connection errors after which no request can have reached AWS. */
export const NEVER_CONNECTED: ReadonlySet<string> = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  PROXY_REFUSED,
]);
