/**
 * What a call to a fleet can fail with, in classes that the core can act on. Adapters translate their own errors into these; nothing
 * beyond them leaks through a port.
 */
export const FLEET_ERROR_KINDS = [
  /** The identity lacks a permission. A person has to grant it. */
  'AccessDenied',
  /** There are no usable credentials: none found, expired, or unknown to AWS. */
  'Unauthenticated',
  /** AWS refused the request's values; the same request will be refused again. */
  'InvalidParameterValues',
  /** AWS refused the operation for this resource, as for a WorkSpace that isn't Windows; it will again. */
  'OperationNotSupported',
  /** The application doesn't fit this WorkSpace (compute type, operating system, other applications). */
  'Incompatible',
  /** Something else is changing the resource. It passes. */
  'ResourceInUse',
  /** The resource can't be used at the moment. It passes. */
  'ResourceUnavailable',
  /** The resource is gone, or never was. */
  'ResourceNotFound',
  /** The association is already there. */
  'ResourceAlreadyExists',
  /** Still throttled after the retries: nothing was done. */
  'Throttled',
  /** No usable answer: 5xx, a timeout, a reset connection, HTML. A mutation may or may not have happened. */
  'Unavailable',
  /** An answer that can't be trusted as complete, as one whose page token repeats. */
  'InvalidResponse',
  /** The process is stopping, and the call was given up before it was sent. */
  'Cancelled',
] as const;
export type FleetErrorKind = (typeof FLEET_ERROR_KINDS)[number];

export interface FleetErrorDetails {
  readonly kind: FleetErrorKind;
  /** The AWS operation, as `DescribeWorkspaces`. */
  readonly operation: string;
  /** What it was asked about, as `wsa-0123456789`; undefined for a listing of everything. */
  readonly resource?: string | undefined;
  /** Which page of a listing failed, from 1. */
  readonly page?: number | undefined;
  /** What AWS said, of any length and content: print it only through `sanitize`. */
  readonly reason: string;
  /** The HTTP status, where there was an answer. */
  readonly httpStatus?: number | undefined;
  readonly requestId?: string | undefined;
}

/** A failed call to a fleet. Its message names the operation, the resource and the page. */
export class FleetError extends Error {
  override readonly name = 'FleetError';
  readonly details: FleetErrorDetails;

  constructor(details: FleetErrorDetails, options?: ErrorOptions) {
    const about = details.resource === undefined ? '' : ` for ${details.resource}`;
    const page = details.page === undefined || details.page === 1 ? '' : `, page ${details.page}`;
    super(`${details.operation}${about}${page}: ${details.reason}`, options);
    this.details = details;
  }

  get kind(): FleetErrorKind {
    return this.details.kind;
  }
}
