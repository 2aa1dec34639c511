import { FleetError, type FleetErrorKind } from '../fleet/errors.ts';
import { redactCredentials, sanitize } from '../sanitize.ts';
import { accessDeniedReason } from './accessDenied.ts';
import { KIND_OF_NAME, NETWORK_ERRORS, NEVER_CONNECTED } from './errorKinds.ts';
import { MalformedResponseError } from './malformedResponse.ts';
import { type CallTarget, isChange, resourceOf } from './operations.ts';

/** What AWS says about an error is as long as this at most, in characters; an ARN and its explanation fit. */
const MESSAGE_LENGTH = 1024;
/** The SDK appends this advice for programmers to what a parser said. */
const SDK_HINT = /\s*Deserialization error: to see the raw response[\s\S]*$/;

/** What the SDK puts where AWS said nothing. */
const NO_MESSAGE = 'UnknownError';

/** The members that errors of the SDK, of its credential providers and of Node have in common; each may be missing or anything. */
interface Failure {
  readonly name: string;
  readonly message: string;
  readonly code: string;
  readonly status: number | undefined;
  readonly requestId: string | undefined;
}

/**
 * Translates whatever a call through the SDK rejected with, or what was wrong with its answer; then `metadata` is the answer's, as
 * the error has none.
 */
export function toFleetError(error: unknown, subject: CallTarget, metadata?: unknown): FleetError {
  const failure = read(error, metadata);
  const kind = kindOf(error, failure, subject);
  return new FleetError(
    {
      kind,
      operation: subject.operation,
      resource: resourceOf(subject),
      page: subject.page,
      reason: reasonOf(kind, failure, subject),
      httpStatus: failure.status,
      requestId: failure.requestId,
    },
    { cause: error },
  );
}

function read(error: unknown, metadata: unknown): Failure {
  const { name, message, code, $metadata = metadata } = Object(error) as Record<string, unknown>;
  const { httpStatusCode, requestId } = Object($metadata) as Record<string, unknown>;
  return {
    name: typeof name === 'string' ? sanitize(name, 128) : 'Unknown',
    message: typeof message === 'string' && message !== NO_MESSAGE ? clean(message) : '',
    code: typeof code === 'string' ? code : '',
    status: typeof httpStatusCode === 'number' ? httpStatusCode : undefined,
    requestId: typeof requestId === 'string' ? sanitize(requestId, 128) : undefined,
  };
}

function clean(message: string): string {
  return sanitize(redactCredentials(message.replace(SDK_HINT, '')), MESSAGE_LENGTH);
}

function kindOf(error: unknown, failure: Failure, subject: CallTarget): FleetErrorKind {
  const kind = classify(error, failure);
  // After a change an answer that can't be read is as good as lost: only a read tells what happened.
  return kind === 'InvalidResponse' && isChange(subject) ? 'Unavailable' : kind;
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
  // AWS names its errors; a body that isn't JSON or has no name was written by something in between.
  if (isNameless(name) || status < 400 || status === 408 || status >= 500) {
    return 'Unavailable';
  }
  return status === 401 || status === 403 ? 'AccessDenied' : 'InvalidParameterValues';
}

function reasonOf(kind: FleetErrorKind, failure: Failure, subject: CallTarget): string {
  const { name, message } = failure;
  switch (kind) {
    case 'AccessDenied':
      return accessDeniedReason(message, subject);
    case 'Unauthenticated':
      return `no usable AWS credentials: ${message || name}. ${adviceOn(failure)}`;
    case 'Throttled':
      return `AWS throttles this account's requests (${message || name}); other callers may share the rate limit`;
    case 'Unavailable':
      return unavailableReason(failure, subject);
    case 'InvalidResponse':
      return `the answer can't be trusted: ${message}`;
    case 'Cancelled':
      return 'given up, as the process is stopping';
    default:
      return `${message || 'AWS gave no reason'} (${name})`;
  }
}

function unavailableReason({ name, message, code, status }: Failure, subject: CallTarget): string {
  const uncertain = isChange(subject) && !NEVER_CONNECTED.has(code);
  return whatFailed() + (uncertain ? '; whether it was carried out is unknown until the next read' : '');

  function whatFailed(): string {
    const network = NETWORK_ERRORS.get(code);
    if (network !== undefined) {
      return `${network} (${code})`;
    }
    if (name === 'TimeoutError') {
      return `no answer in time (${message})`;
    }
    if (name === 'MalformedAnswer') {
      return `the answer can't be trusted: ${message}`;
    }
    if (status === undefined) {
      return message || name;
    }
    if (isNameless(name)) {
      return `HTTP ${status} with a body that isn't AWS's; a proxy may be in between (${message})`;
    }
    return `HTTP ${status}, ${name}: ${message}`;
  }
}

/** The SDK calls an error without a name `Unknown`; one whose body it can't parse has a parser's name. */
function isNameless(name: string): boolean {
  return name === 'Unknown' || name === 'SyntaxError' || name === 'TypeError';
}

/** The SDK has no class for these, which it throws before anything is sent. */
function isConfigurationError(message: string): boolean {
  return /^(Region is missing|Region not accepted|Resolved credential object is not valid)/.test(message);
}

function adviceOn({ name, message }: Failure): string {
  if (message.startsWith('Region')) {
    return 'Set AWS_REGION to the region of the WorkSpaces';
  }
  if (name === 'RequestExpired' || message.includes('Signature expired')) {
    return "Check this machine's clock";
  }
  if (name.startsWith('ExpiredToken')) {
    return 'Renew the session, or give the operator a role whose credentials renew themselves';
  }
  return "Give the operator an identity of the SDK's default chain: a role for its service account, a profile, or AWS_ACCESS_KEY_ID";
}
