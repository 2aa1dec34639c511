import type { FleetErrorKind } from '../fleet/errors.ts';

const NAMES: Readonly<Partial<Record<FleetErrorKind, readonly string[]>>> = {
  AccessDenied: [
    'AccessDeniedException',
    'AccessDenied',
    'UnauthorizedOperation',
    'NotAuthorized',
    'OptInRequired',
    'WorkspacesDefaultRoleNotFoundException',
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
  ],
  InvalidParameterValues: [
    'InvalidParameterValuesException',
    'InvalidParameterCombinationException',
    'ValidationException',
    'ValidationError',
    'SerializationException',
    'MalformedHttpRequestException',
  ],
  OperationNotSupported: [
    'OperationNotSupportedException',
    'UnsupportedWorkspaceConfigurationException',
    'UnsupportedNetworkConfigurationException',
    'UnknownOperationException',
  ],
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
  ],
  ResourceUnavailable: [
    'ResourceUnavailableException',
    'InvalidResourceStateException',
    'ResourceCreationFailedException',
    'ResourceLimitExceededException',
  ],
  ResourceNotFound: ['ResourceNotFoundException'],
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
    'SlowDown',
  ],
  Unavailable: [
    'InternalServerException',
    'InternalFailure',
    'InternalServerError',
    'ServiceUnavailable',
    'ServiceUnavailableException',
    'RequestTimeout',
    'RequestTimeoutException',
    'TimeoutError',
  ],
  Cancelled: ['AbortError'],
};

/**
 * Kinds by the name of the SDK's error: the exceptions that the WorkSpaces API models, and those that any AWS API may answer with
 * though no model lists them (AWS API reference, Common Errors), throttling above all.
 */
export const KIND_OF_NAME: ReadonlyMap<string, FleetErrorKind> = new Map(
  Object.entries(NAMES).flatMap(([kind, names]) => names.map((name) => [name, kind as FleetErrorKind] as const)),
);

/** What Node calls a connection that failed, in words. */
export const NETWORK_ERRORS: ReadonlyMap<string, string> = new Map([
  ['ECONNREFUSED', 'the connection was refused'],
  ['ECONNRESET', 'the connection broke before the answer was complete'],
  ['EPIPE', 'the connection broke while the request was sent'],
  ['ETIMEDOUT', 'no answer in time'],
  ['ENOTFOUND', "the endpoint's name doesn't resolve"],
  ['EAI_AGAIN', "the endpoint's name doesn't resolve at the moment"],
  ['EHOSTUNREACH', "there is no route to the endpoint's host"],
  ['ENETUNREACH', "there is no route to the endpoint's network"],
]);

/** Those of them after which nothing can have reached AWS. */
export const NEVER_CONNECTED: ReadonlySet<string> = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
]);
