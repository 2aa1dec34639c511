/**
 * Kinds of errors of fleet calls, by how the core reacts to them. Adapters translate their own errors into these kinds.
 */
export const FLEET_ERROR_KINDS = [
  /** The identity lacks a permission, which an administrator must grant. */
  'AccessDenied',
  /** No valid credentials: not found, expired, or unknown to AWS. */
  'Unauthenticated',
  /** AWS rejected the values of the request, and would reject the same request again. */
  'InvalidParameterValues',
  /** AWS rejected the operation for this resource, for example, because the WorkSpace doesn't run Windows. AWS would reject it again. */
  'OperationNotSupported',
  /** The application is incompatible with the WorkSpace: its compute type, operating system, or other applications. */
  'Incompatible',
  /** Something else is changing the resource. Temporary. */
  'ResourceInUse',
  /** The resource is unavailable. Temporary. */
  'ResourceUnavailable',
  /** The resource doesn't exist. */
  'ResourceNotFound',
  /** The association exists already. */
  'ResourceAlreadyExists',
  /** AWS still throttles the call after the retries. The call had no effect. */
  'Throttled',
  /** No usable response: 5xx, timeout, connection reset, HTML. A change may have been applied. */
  'Unavailable',
  /** A response that may be incomplete, for example, because its page token repeats. */
  'InvalidResponse',
  /** AWS rejected the call with an error that this version doesn't know. It may be temporary. */
  'UnknownError',
  /** The call was not sent, because its precondition no longer held or the process is stopping. */
  'Canceled',
  /** The change was not sent, because the audit log can't be written. */
  'AuditLogUnavailable',
] as const;
export type FleetErrorKind = (typeof FLEET_ERROR_KINDS)[number];

export interface FleetErrorDetails {
  readonly kind: FleetErrorKind;
  /** AWS operation, for example, `DescribeWorkspaces`. */
  readonly operation: string;
  /** ID of the resource, for example, `wsa-0123456789`. Undefined for a listing of all resources. */
  readonly resource?: string | undefined;
  /** Number of the failed page of a listing, starting from 1. */
  readonly page?: number | undefined;
  /** Message from AWS with any length and content. Pass it through `sanitize` before you print it. */
  readonly reason: string;
  /** HTTP status of the response, if there is one. */
  readonly httpStatus?: number | undefined;
  readonly requestId?: string | undefined;
  /** Name of the exception of AWS, for example, ComputeNotCompatibleException. Undefined if AWS sent none. */
  readonly exception?: string | undefined;
}

/** A failed fleet call. The message contains the operation, the resource, and the page. */
export class FleetError extends Error {
  override readonly name = 'FleetError';
  readonly details: FleetErrorDetails;

  constructor(details: FleetErrorDetails, options?: ErrorOptions) {
    const resource = details.resource === undefined ? '' : ` for ${details.resource}`;
    const page = details.page === undefined || details.page === 1 ? '' : `, page ${details.page}`;
    super(`${details.operation}${resource}${page}: ${details.reason}`, options);
    this.details = details;
  }

  get kind(): FleetErrorKind {
    return this.details.kind;
  }
}
