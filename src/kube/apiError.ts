import { FleetError } from '../fleet/errors.ts';
import { redactCredentials, sanitize } from '../sanitize.ts';
import { qualifiedName, type ResourcePath } from './resource.ts';

/** What a request wanted, in RBAC's terms. */
export interface ResourceAccess extends ResourcePath {
  readonly verb: 'get' | 'list' | 'watch' | 'create' | 'update' | 'patch' | 'delete';
}

interface HttpAnswer {
  /** HTTP status; undefined where there was no usable answer. */
  readonly code?: number | undefined;
  /** Machine-readable reason of the API server's Status, as `Forbidden`, `Expired` or `Conflict`. */
  readonly reason?: string | undefined;
  /** The name that the Status is about: tells a missing object from a missing resource. */
  readonly objectName?: string | undefined;
  /** How long the server asks to be left alone. */
  readonly retryAfterMs?: number | undefined;
  readonly text: string;
}

/** A request that the Kubernetes API didn't fulfil. Its message is printable and says what to do, where a person can do something. */
export class ApiError extends Error {
  override readonly name = 'ApiError';
  readonly code: number | undefined;
  readonly reason: string | undefined;
  readonly objectName: string | undefined;
  readonly retryAfterMs: number | undefined;
  /** What the API server said, or why it couldn't; printable. */
  readonly text: string;

  constructor(access: ResourceAccess, answer: HttpAnswer, options?: ErrorOptions) {
    const text = sanitize(redactCredentials(answer.text), 1024);
    const said = answer.code === undefined ? text : `${answer.code}${text === '' ? '' : `: ${text}`}`;
    super([`cannot ${describe(access)}: ${said}`, ...advice(access, answer)].join('; '), options);
    this.code = answer.code;
    this.reason = answer.reason;
    this.objectName = answer.objectName;
    this.retryAfterMs = answer.retryAfterMs;
    this.text = text;
  }

  /** From an HTTP answer: its body is a Status, or whatever a proxy in between made of it. */
  static ofResponse(access: ResourceAccess, code: number, body: string, retryAfter: string | undefined): ApiError {
    const seconds = Number(retryAfter);
    const retryAfterMs = retryAfter !== undefined && seconds >= 0 ? seconds * 1000 : undefined;
    return new ApiError(access, { text: body.trim(), ...statusFields(parse(body)), retryAfterMs, code });
  }

  /** From a Status object inside a watch. */
  static ofStatus(access: ResourceAccess, status: unknown): ApiError {
    return new ApiError(access, {
      text: 'the API server reported an error without a message',
      ...statusFields(status),
    });
  }

  /** From a request without a usable answer: authentication, connection, time. */
  static unanswered(access: ResourceAccess, cause: unknown): ApiError {
    return new ApiError(access, { text: messageOf(cause) }, { cause });
  }

  /** Whether the same request can succeed later without anybody's doing: lost answers, throttling, server faults. */
  get transient(): boolean {
    return this.code === undefined || this.code === 429 || this.code >= 500;
  }
}

/** What an error says, with what caused it: fetch itself says only "fetch failed". Our own errors say so already, made safe to show. */
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

function advice(access: ResourceAccess, { code, objectName, text }: HttpAnswer): string[] {
  const name = qualifiedName(access);
  if (code === 401) {
    return ["check the kubeconfig, or the service account's token: the API server doesn't accept it"];
  }
  if (code === 403 && !ADMISSION_DENIAL.test(text)) {
    return [`grant the verb "${access.verb}" on ${name} to this user or service account (RBAC)`];
  }
  if (code === 404 && objectName === undefined && access.resource.group.includes('.')) {
    return [`the CRD of ${access.resource.kind} isn't installed: kubectl apply -f crds/`];
  }
  return [];
}

function parse(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    return undefined;
  }
}

/** The usable members of something that should be a meta/v1 Status. */
function statusFields(value: unknown): Partial<HttpAnswer> {
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
