import { FleetError, type FleetErrorKind } from '../fleet/errors.ts';
import { isUntrustedCertificate } from '../network/certificateErrors.ts';
import { redactCredentials, sanitize } from '../sanitize.ts';
import { accessDeniedReason } from './accessDenied.ts';
import { KIND_OF_NAME, KMS_ERRORS, NETWORK_ERRORS, NEVER_CONNECTED } from './errorKinds.ts';
import { type CallTarget, isChange, resourceOf } from './operations.ts';
import { MalformedResponseError } from './response.ts';

/** Maximum length of an error message from AWS, in characters. An ARN and its explanation fit. */
const MAX_MESSAGE_LENGTH = 1024;
/** Advice for programmers that the SDK appends to the message of a parser. */
const SDK_HINT = /\s*Deserialization error: to see the raw response[\s\S]*$/;

/** Placeholder that the SDK uses if AWS sent no message. */
const NO_MESSAGE = 'UnknownError';

/**
 * Members that errors of the SDK, its credential providers, and Node have in common. Each can be missing or have any
 * type.
 */
interface Failure {
  readonly name: string;
  readonly message: string;
  readonly code: string;
  readonly status: number | undefined;
  readonly requestId: string | undefined;
  /** Description of the proxy through which the request was sent. Empty for a direct connection. */
  readonly proxy: string;
}

/**
 * Translates the error of a call through the SDK, or of parsing its response. `metadata` is the metadata of the
 * response; a parsing error has none.
 */
export function toFleetError(error: unknown, target: CallTarget, metadata?: unknown): FleetError {
  const failure = readFailure(error, metadata);
  const kind = kindOf(error, failure, target);
  return new FleetError(
    {
      kind,
      operation: target.operation,
      resource: resourceOf(target),
      page: target.page,
      reason: reasonOf(kind, failure, target),
      httpStatus: failure.status,
      requestId: failure.requestId,
      exception: KIND_OF_NAME.has(failure.name) ? failure.name : undefined,
    },
    { cause: error },
  );
}

function readFailure(error: unknown, metadata: unknown): Failure {
  const { name, message, code, proxy, $metadata = metadata } = Object(error) as Record<string, unknown>;
  const { httpStatusCode, requestId } = Object($metadata) as Record<string, unknown>;
  return {
    name: typeof name === 'string' ? sanitize(name, 128) : 'Unknown',
    message: typeof message === 'string' && message !== NO_MESSAGE ? clean(message) : '',
    code: typeof code === 'string' ? code : '',
    status: typeof httpStatusCode === 'number' ? httpStatusCode : undefined,
    requestId: typeof requestId === 'string' ? sanitize(requestId, 128) : undefined,
    proxy: typeof proxy === 'string' ? sanitize(proxy) : '',
  };
}

function clean(message: string): string {
  return sanitize(redactCredentials(message.replace(SDK_HINT, '')), MAX_MESSAGE_LENGTH);
}

function kindOf(error: unknown, failure: Failure, target: CallTarget): FleetErrorKind {
  const kind = classify(error, failure);
  // After a change, an unreadable response counts as lost: only a read shows the result.
  return kind === 'InvalidResponse' && isChange(target) ? 'Unavailable' : kind;
}

function classify(error: unknown, { name, message, code, status }: Failure): FleetErrorKind {
  if (error instanceof MalformedResponseError) {
    return 'InvalidResponse';
  }
  const known = KIND_OF_NAME.get(name);
  if (known !== undefined) {
    return known;
  }
  if (NETWORK_ERRORS.has(code)) {
    return 'Unavailable';
  }
  if (status === undefined) {
    return isConfigurationError(message) ? 'Unauthenticated' : 'Unavailable';
  }
  if (status === 429) {
    return 'Throttled';
  }
  if (status < 300) {
    return error instanceof SyntaxError ? 'Unavailable' : 'InvalidResponse';
  }
  // AWS names its errors. A body that isn't JSON or has no name comes from a proxy in between.
  if (isNameless(name) || status < 400 || status === 408 || status >= 500) {
    return 'Unavailable';
  }
  return status === 401 || status === 403 ? 'AccessDenied' : 'UnknownError';
}

function reasonOf(kind: FleetErrorKind, failure: Failure, target: CallTarget): string {
  const { name, message } = failure;
  const sentence = (message || name).replace(/\.$/, '');
  switch (kind) {
    case 'AccessDenied':
      return ACCESS_ADVICE[name] === undefined
        ? accessDeniedReason(message, target)
        : `${sentence}. ${ACCESS_ADVICE[name]}`;
    case 'Unauthenticated':
      return `no usable AWS credentials: ${[sentence, ...adviceOn(failure)].join('. ')}`;
    case 'Throttled':
      return `AWS throttles this account's requests (${message || name}); other callers may share the rate limit`;
    case 'Unavailable':
      return unavailableReason(failure, target);
    case 'InvalidResponse':
      return `invalid response: ${message}`;
    case 'ResourceNotFound':
      return target.queueName === undefined
        ? `${sentence} (${name})`
        : `the queue doesn't exist in this region, or the identity has no access to it; check spec.events.queueURL of the fleet, and, for a queue of another account, its policy (AWS: ${sentence})`;
    case 'Canceled':
      return 'canceled because the process is stopping';
    default:
      return `${message || 'AWS gave no reason'} (${name})`;
  }
}

/** Advice for errors that an IAM policy alone doesn't fix. */
const ACCESS_ADVICE: Readonly<Record<string, string>> = {
  OptInRequired: 'Enable the region or the service for the account',
  ...Object.fromEntries(
    KMS_ERRORS.map((name) => [
      name,
      'Enable the KMS key of the queue, and allow kms:Decrypt in its key policy and in an IAM policy',
    ]),
  ),
  WorkspacesDefaultRoleNotFoundException: 'Create the role workspaces_DefaultRole in the account',
};

function unavailableReason({ name, message, code, status, proxy }: Failure, target: CallTarget): string {
  const isUntrusted = isUntrustedCertificate(code);
  const isUncertain = isChange(target) && !NEVER_CONNECTED.has(code) && !isUntrusted;
  return description() + (isUncertain ? '; whether the change was made is unknown until the next read' : '');

  function description(): string {
    const network = NETWORK_ERRORS.get(code);
    if (network !== undefined) {
      return `${network} (${code})${proxy === '' ? '' : `, through ${proxy}`}`;
    }
    if (isUntrusted) {
      return `the certificate of the endpoint, or of a proxy in between, isn't signed by a trusted authority (${code}); set AWS_CA_BUNDLE, or ca_bundle in the AWS profile, to a file with the CA certificates`;
    }
    if (name === 'TimeoutError') {
      return `no response within the timeout (${message})`;
    }
    if (name === 'MalformedResponseError') {
      return `invalid response: ${message}`;
    }
    if (status === undefined) {
      return message || name;
    }
    if (isNameless(name)) {
      return `HTTP ${status} with a body that isn't from AWS; a proxy may be in between (${message})`;
    }
    return `HTTP ${status}, ${name}: ${message}`;
  }
}

/**
 * Whether the error has no name from AWS. The SDK names such an error `Unknown`; an unparsable body has the name of a
 * parser error.
 */
function isNameless(name: string): boolean {
  return name === 'Unknown' || name === 'SyntaxError' || name === 'TypeError';
}

/** Whether the SDK threw a configuration error before it sent anything. The SDK has no class for these errors. */
function isConfigurationError(message: string): boolean {
  return /^(Region is missing|Region not accepted|Resolved credential object is not valid)/.test(message);
}

/** Errors for a request whose time differs too much from the time of AWS. */
const CLOCK_ERRORS: ReadonlySet<string> = new Set(['RequestExpired', 'RequestInTheFuture', 'RequestTimeTooSkewed']);

/** Returns how to fix the credentials. Empty if the message of the SDK says it. */
function adviceOn({ name, message }: Failure): string[] {
  if (message.includes('aws sso login')) {
    return [];
  }
  if (message.startsWith('Region')) {
    return ['Set AWS_REGION to the region of the WorkSpaces'];
  }
  if (name === 'RegionDisabledException') {
    return ['Enable the region for the account, and STS in the region'];
  }
  if (CLOCK_ERRORS.has(name) || /Signature (expired|not yet current)/.test(message)) {
    return ['Check the clock of this machine'];
  }
  if (name.startsWith('ExpiredToken')) {
    return ['Renew the session, or use a role whose credentials are renewed automatically'];
  }
  return [
    'Provide credentials in the default chain of the SDK: a role for the service account, a profile, or AWS_ACCESS_KEY_ID',
  ];
}
