import { FleetError } from '../fleet/errors.ts';
import { redactCredentials, sanitize } from '../sanitize.ts';
import { qualifiedName, type ResourcePath } from './resource.ts';

/** Verb and resource of a request, in the terms of RBAC. */
export interface ResourceAccess extends ResourcePath {
  readonly verb: 'get' | 'list' | 'watch' | 'create' | 'update' | 'patch' | 'delete';
}

interface FailedResponse {
  /** HTTP status. Undefined if there was no usable response. */
  readonly code?: number | undefined;
  /** Machine-readable reason of the API server's Status, for example, `Forbidden`, `Expired`, or `Conflict`. */
  readonly reason?: string | undefined;
  /** Name of the object in the Status. Distinguishes a missing object from a missing resource. */
  readonly objectName?: string | undefined;
  /** Delay until the next request that the server demands, in milliseconds. */
  readonly retryAfterMs?: number | undefined;
  readonly text: string;
}

/**
 * Failed request to the Kubernetes API. The message is sanitized and says how to fix the problem, where that is
 * possible.
 */
export class ApiError extends Error {
  override readonly name = 'ApiError';
  readonly code: number | undefined;
  readonly reason: string | undefined;
  readonly objectName: string | undefined;
  readonly retryAfterMs: number | undefined;
  /** Message of the API server, or the reason for the missing response; sanitized. */
  readonly text: string;

  constructor(access: ResourceAccess, response: FailedResponse, options?: ErrorOptions) {
    const text = sanitize(redactCredentials(response.text), 1024);
    const result = response.code === undefined ? text : `${response.code}${text === '' ? '' : `: ${text}`}`;
    super([`cannot ${describe(access)}: ${result}`, ...advice(access, response)].join('; '), options);
    this.code = response.code;
    this.reason = response.reason;
    this.objectName = response.objectName;
    this.retryAfterMs = response.retryAfterMs;
    this.text = text;
  }

  /** Returns the error of an HTTP response. The body is a Status, or any text of a proxy in between. */
  static ofResponse(access: ResourceAccess, code: number, body: string, retryAfter: string | undefined): ApiError {
    const seconds = Number(retryAfter);
    const retryAfterMs = retryAfter !== undefined && seconds >= 0 ? seconds * 1000 : undefined;
    return new ApiError(access, { text: body.trim(), ...statusFields(parseJson(body)), retryAfterMs, code });
  }

  /** Returns the error of a Status object in a watch. */
  static ofStatus(access: ResourceAccess, status: unknown): ApiError {
    return new ApiError(access, {
      text: 'the API server reported an error without a message',
      ...statusFields(status),
    });
  }

  /**
   * Returns the error of a request without a usable response, for example, after a failed authentication or a lost
   * connection.
   */
  static unanswered(access: ResourceAccess, cause: unknown): ApiError {
    return new ApiError(access, { text: messageOf(cause) }, { cause });
  }

  /**
   * Whether the same request can succeed later without a manual change: lost responses, throttling, and server errors.
   */
  get transient(): boolean {
    return this.code === undefined || this.code === 429 || this.code >= 500;
  }
}

/**
 * Returns the message of an error and of its causes; the message of `fetch` alone is only "fetch failed". ApiError and
 * FleetError already include and sanitize their causes.
 */
export function messageOf(error: unknown): string {
  if (!(error instanceof Error)) {
    return String(error);
  }
  const message = error.message || ('code' in error ? String(error.code) : error.name);
  if (error instanceof ApiError || error instanceof FleetError || error.cause === undefined) {
    return message;
  }
  return `${message}: ${messageOf(error.cause)}`;
}

function describe(access: ResourceAccess): string {
  const object = access.name === undefined ? '' : ` ${access.name}`;
  const scope = access.namespace === undefined ? '' : ` in namespace ${access.namespace}`;
  return sanitize(`${access.verb} ${qualifiedName(access)}${object}${scope}`, 512);
}

/** Part of the message if an admission policy or webhook denied a request. A permission on the resource wouldn't help. */
const ADMISSION_DENIAL = /\bdenied (the )?request\b/;

function advice(access: ResourceAccess, { code, objectName, text }: FailedResponse): string[] {
  const name = qualifiedName(access);
  if (code === 401) {
    return ['the API server rejects the credentials; check the kubeconfig or the token of the service account'];
  }
  if (code === 403 && !ADMISSION_DENIAL.test(text)) {
    const user = /\bUser "([^"]+)" cannot /.exec(text)?.[1];
    return user === ANONYMOUS
      ? ['the API server accepted no credentials; check the user of the kubeconfig']
      : [`grant the verb "${access.verb}" on ${name} to ${subjectOf(user)} (RBAC)`];
  }
  if (code === 404 && objectName === undefined && access.resource.group.includes('.')) {
    return [`install the CRD of ${access.resource.kind}: kubectl apply -f crds/`];
  }
  return [];
}

/** User of a request without credentials. */
const ANONYMOUS = 'system:anonymous';

/** Describes the user that the API server denied. Undefined if its message names none. */
function subjectOf(user: string | undefined): string {
  if (user === undefined) {
    return 'this user or service account';
  }
  const [, namespace, account] = /^system:serviceaccount:([^:]+):([^:]+)$/.exec(user) ?? [];
  return account === undefined
    ? `the user ${sanitize(user)}`
    : sanitize(`the service account ${account} in namespace ${namespace}`);
}

function parseJson(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    return undefined;
  }
}

/** Returns the valid members of a meta/v1 Status. */
function statusFields(value: unknown): Partial<FailedResponse> {
  const status = record(value);
  if (status === undefined || status.kind !== 'Status') {
    return {};
  }
  const name = record(status.details)?.name;
  return {
    ...(typeof status.code === 'number' && { code: status.code }),
    ...(typeof status.message === 'string' && { text: status.message }),
    ...(typeof status.reason === 'string' && { reason: status.reason }),
    ...(typeof name === 'string' && name !== '' && { objectName: name }),
  };
}

function record(value: unknown): Record<string, unknown> | undefined {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : undefined;
}
