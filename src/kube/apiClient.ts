import process from 'node:process';
import type { Clock } from '../clock.ts';
import { ApiError, type ResourceAccess } from './apiError.ts';
import { Connections, type HttpResponse } from './connections.ts';
import { IdleTimeout } from './idleTimeout.ts';
import { urlPath } from './resource.ts';
import type { Credentials, RestConfig } from './restConfig.ts';

/** Name of the operator in requests to the API server: field manager, start of the user agent, and source of Events. */
export const COMPONENT = 'wsap-operator';

const METHODS = {
  get: 'GET',
  list: 'GET',
  watch: 'GET',
  create: 'POST',
  update: 'PUT',
  patch: 'PATCH',
  delete: 'DELETE',
} as const;

export interface ApiRequest extends ResourceAccess {
  readonly query?: Readonly<Record<string, string | undefined>>;
  readonly body?: unknown;
  /** Content type of the body. Defaults to `application/json`; a patch has one of `PATCH`. */
  readonly contentType?: string;
  /**
   * Requested content type of the response, for example, `METADATA_ONLY.object`. Defaults to the whole object in JSON.
   */
  readonly accept?: string | undefined;
  /** Path of the URL. Defaults to the path of the resource. */
  readonly path?: string;
  readonly signal?: AbortSignal | undefined;
}

/** Request and its result, with the labels of the REST client metrics of client-go. */
export interface RequestResult {
  readonly access: ResourceAccess;
  /** HTTP method. */
  readonly method: string;
  /** Host and port of the API server. */
  readonly host: string;
  /** HTTP status. Undefined if there was no response. */
  readonly code: number | undefined;
  /** Time until the response started, in milliseconds. */
  readonly durationMs: number;
}

/** Content types of patches: server-side apply and JSON merge patch (RFC 7386). */
export const PATCH = { apply: 'application/apply-patch+yaml', merge: 'application/merge-patch+json' } as const;

/** Values of `accept` that request only the metadata of an object or a list (PartialObjectMetadata). */
export const METADATA_ONLY = {
  object: 'application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1',
  list: 'application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1',
} as const;

export interface ApiClientOptions {
  readonly clock: Clock;
  /**
   * Maximum duration of a request, including authentication, and of each silence in the response to a list. Defaults to
   * 30 seconds.
   */
  readonly timeoutMs?: number;
  /** User agent. Defaults to `wsap-operator`. */
  readonly userAgent?: string | undefined;
  /** Called once for each request. */
  readonly onResponse?: ((result: RequestResult) => void) | undefined;
}

/**
 * Client for the API server. It supports cancellation during authentication and connecting, and keeps unparsable watch
 * events and the text of errors. The generated clients and `Watch` of @kubernetes/client-node do none of these. Rejects
 * with an ApiError, or with the reason of an aborted signal.
 */
export class ApiClient {
  readonly #config: RestConfig;
  readonly #connections = new Connections();
  readonly #clock: Clock;
  readonly #timeoutMs: number;
  readonly #userAgent: string;
  readonly #onResponse: ApiClientOptions['onResponse'];

  constructor(config: RestConfig, { clock, timeoutMs = 30_000, userAgent = COMPONENT, onResponse }: ApiClientOptions) {
    this.#config = config;
    this.#clock = clock;
    this.#timeoutMs = timeoutMs;
    this.#userAgent = userAgent;
    this.#onResponse = onResponse;
  }

  /** Sends a request and returns the JSON of its response. The caller asserts its type. */
  async request<T>(request: ApiRequest): Promise<T> {
    using idleTimeout = new IdleTimeout(this.#clock, this.#timeoutMs, request.signal);
    try {
      const response = await this.#send(request, idleTimeout);
      // A page of large objects takes long over a slow connection, and would fail again after each retry.
      const onData = request.verb === 'list' ? () => idleTimeout.extend() : undefined;
      return JSON.parse(await readText(response, onData));
    } catch (error) {
      throw this.#toError(request, idleTimeout, error);
    }
  }

  /**
   * Yields the lines of a response until the server ends it or sends nothing for `idleTimeoutMs`, because a lost
   * connection and an idle one look alike. Rejects if the response doesn't start within that time or ends inside a
   * line.
   */
  async *lines(
    request: ApiRequest,
    idleTimeoutMs: number,
    onOpen?: () => void,
  ): AsyncGenerator<string, void, undefined> {
    using idleTimeout = new IdleTimeout(this.#clock, idleTimeoutMs, request.signal);
    let hasStarted = false;
    try {
      const response = await this.#send(request, idleTimeout);
      onOpen?.();
      idleTimeout.extend();
      hasStarted = true;
      let rest = '';
      for await (const chunk of response.text) {
        idleTimeout.extend();
        const lines = (rest + chunk).split('\n');
        rest = lines.pop() ?? '';
        yield* lines;
      }
      if (rest !== '') {
        throw new Error('the connection was closed in the middle of a line');
      }
    } catch (error) {
      if (hasStarted && idleTimeout.expired && !request.signal?.aborted) {
        return;
      }
      throw this.#toError(request, idleTimeout, error);
    }
  }

  async #send(request: ApiRequest, idleTimeout: IdleTimeout): Promise<HttpResponse> {
    const response = await this.#exchange(request, idleTimeout);
    if (response.code >= 200 && response.code < 300) {
      return response;
    }
    throw ApiError.ofResponse(request, response.code, await readText(response), response.headers['retry-after']);
  }

  async #exchange(request: ApiRequest, idleTimeout: IdleTimeout): Promise<HttpResponse> {
    const url = this.#urlOf(request);
    const method = METHODS[request.verb];
    const startedAt = this.#clock.monotonic();
    let code: number | undefined;
    try {
      const credentials = await this.#credentials(idleTimeout);
      idleTimeout.signal.throwIfAborted();
      const headers = { 'User-Agent': this.#userAgent, ...headersOf(request), ...credentials.headers };
      const body = request.body === undefined ? undefined : JSON.stringify(request.body);
      const response = await this.#connections.send(url, credentials, {
        method,
        headers,
        body,
        signal: idleTimeout.signal,
      });
      code = response.code;
      if (code === 401) {
        credentials.reject?.();
      }
      return response;
    } finally {
      const durationMs = this.#clock.monotonic() - startedAt;
      this.#onResponse?.({ access: request, method, host: url.host, code, durationMs });
    }
  }

  #credentials(idleTimeout: IdleTimeout): Promise<Credentials> {
    const credentials = this.#config.credentials();
    return this.#config.isInteractive ? idleTimeout.unlimited(credentials) : idleTimeout.bound(credentials);
  }

  #urlOf(request: ApiRequest): URL {
    const url = new URL(this.#config.server + (request.path ?? urlPath(request)));
    for (const [name, value] of Object.entries(request.query ?? {})) {
      if (value !== undefined) {
        url.searchParams.set(name, value);
      }
    }
    return url;
  }

  #toError(request: ApiRequest, { signal }: IdleTimeout, error: unknown): unknown {
    if (request.signal?.aborted) {
      return request.signal.reason;
    }
    return error instanceof ApiError ? error : ApiError.unanswered(request, signal.aborted ? signal.reason : error);
  }
}

function headersOf({ accept = 'application/json', body, contentType = 'application/json' }: ApiRequest) {
  return { Accept: accept, ...(body !== undefined && { 'Content-Type': contentType }) };
}

/** Returns a user agent in the form of client-go's DefaultKubernetesUserAgent, for example, `wsap-operator/0.2.0 (linux/amd64)`. */
export function userAgentOf(component: string, version: string): string {
  const os = process.platform === 'win32' ? 'windows' : process.platform;
  const architecture = process.arch === 'x64' ? 'amd64' : process.arch;
  return `${component}/${version} (${os}/${architecture})`;
}

async function readText(response: HttpResponse, onData?: () => void): Promise<string> {
  let text = '';
  for await (const chunk of response.text) {
    onData?.();
    text += chunk;
  }
  return text;
}
