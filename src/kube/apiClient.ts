import type { Clock } from '../clock.ts';
import { ApiError, type ResourceAccess } from './apiError.ts';
import { Connections, type HttpAnswer } from './connections.ts';
import { COMPONENT } from './identity.ts';
import { IdleTimeout } from './idleTimeout.ts';
import { urlPath } from './resource.ts';
import type { RestConfig } from './restConfig.ts';

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
  /** Of the body: `application/json`, or what a patch is. */
  readonly contentType?: string;
  /** Of the answer, where it isn't to be the whole object, as METADATA_ONLY. */
  readonly accept?: string | undefined;
  /** Of the URL, below the API server's address, where it isn't the resource's own. */
  readonly path?: string;
  readonly signal?: AbortSignal | undefined;
}

/** One request and how it was answered, in the terms of client-go's rest client metrics. */
export interface RequestResult {
  readonly access: ResourceAccess;
  /** Of HTTP. */
  readonly method: string;
  /** Of the API server, with its port. */
  readonly host: string;
  /** HTTP status; undefined where no answer came. */
  readonly code: number | undefined;
  /** Until the answer began, in milliseconds. */
  readonly took: number;
}

/** `contentType` of patches: server-side apply, and RFC 7386. */
export const PATCH = { apply: 'application/apply-patch+yaml', merge: 'application/merge-patch+json' } as const;

/** `accept` for an object of which only its metadata is of interest (PartialObjectMetadata), or for a list of such. */
export const METADATA_ONLY = {
  object: 'application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1',
  list: 'application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1',
} as const;

export interface ApiClientOptions {
  readonly clock: Clock;
  /** How long a request may take as a whole, authentication included. */
  readonly timeoutMs?: number;
  /** Told of each request once. */
  readonly onAnswer?: ((answered: RequestResult) => void) | undefined;
}

/**
 * Requests to the API server. The generated clients of @kubernetes/client-node and its Watch take no signal during authentication and
 * connecting, and its Watch drops what it can't parse and the text of errors; this keeps all three. Rejects with an ApiError, or with the
 * signal's reason when that is aborted.
 */
export class ApiClient {
  readonly #access: RestConfig;
  readonly #connections = new Connections();
  readonly #clock: Clock;
  readonly #timeoutMs: number;
  readonly #onAnswer: ApiClientOptions['onAnswer'];

  constructor(access: RestConfig, { clock, timeoutMs = 30_000, onAnswer }: ApiClientOptions) {
    this.#access = access;
    this.#clock = clock;
    this.#timeoutMs = timeoutMs;
    this.#onAnswer = onAnswer;
  }

  /** The answer's JSON. Its shape is the caller's claim. */
  async request<T>(request: ApiRequest): Promise<T> {
    using idleTimeout = new IdleTimeout(this.#clock, this.#timeoutMs, request.signal);
    try {
      const answer = await this.#send(request, idleTimeout);
      return JSON.parse(await wholeOf(answer));
    } catch (error) {
      throw this.#failure(request, idleTimeout, error);
    }
  }

  /**
   * The answer line by line, until the server ends it or nothing more comes for `idleTimeoutMs`, which may mean that the connection is lost or
   * that there is nothing to say. It fails when the answer doesn't begin within that time, or ends inside a line.
   */
  async *lines(
    request: ApiRequest,
    idleTimeoutMs: number,
    onOpen?: () => void,
  ): AsyncGenerator<string, void, undefined> {
    using idleTimeout = new IdleTimeout(this.#clock, idleTimeoutMs, request.signal);
    let answering = false;
    try {
      const answer = await this.#send(request, idleTimeout);
      onOpen?.();
      idleTimeout.extend();
      answering = true;
      let rest = '';
      for await (const chunk of answer.text) {
        idleTimeout.extend();
        const lines = (rest + chunk).split('\n');
        rest = lines.pop() ?? '';
        yield* lines;
      }
      if (rest !== '') {
        throw new Error('the connection was closed in the middle of a line');
      }
    } catch (error) {
      if (answering && idleTimeout.expired && !request.signal?.aborted) {
        return;
      }
      throw this.#failure(request, idleTimeout, error);
    }
  }

  async #send(request: ApiRequest, idleTimeout: IdleTimeout): Promise<HttpAnswer> {
    const answer = await this.#answerTo(request, idleTimeout);
    if (answer.code >= 200 && answer.code < 300) {
      return answer;
    }
    throw ApiError.ofResponse(request, answer.code, await wholeOf(answer), answer.headers['retry-after']);
  }

  async #answerTo(request: ApiRequest, idleTimeout: IdleTimeout): Promise<HttpAnswer> {
    const url = this.#urlOf(request);
    const method = METHODS[request.verb];
    const startedAt = this.#clock.monotonic();
    let code: number | undefined;
    try {
      const credentials = await idleTimeout.bound(this.#access.credentials());
      idleTimeout.signal.throwIfAborted();
      const headers = { ...headersOf(request), ...credentials.headers };
      const body = request.body === undefined ? undefined : JSON.stringify(request.body);
      const answer = await this.#connections.send(url, credentials, {
        method,
        headers,
        body,
        signal: idleTimeout.signal,
      });
      code = answer.code;
      return answer;
    } finally {
      const took = this.#clock.monotonic() - startedAt;
      this.#onAnswer?.({ access: request, method, host: url.host, code, took });
    }
  }

  #urlOf(request: ApiRequest): URL {
    const url = new URL(this.#access.server + (request.path ?? urlPath(request)));
    for (const [name, value] of Object.entries(request.query ?? {})) {
      if (value !== undefined) {
        url.searchParams.set(name, value);
      }
    }
    return url;
  }

  #failure(request: ApiRequest, { signal }: IdleTimeout, error: unknown): unknown {
    if (request.signal?.aborted) {
      return request.signal.reason;
    }
    return error instanceof ApiError ? error : ApiError.unanswered(request, signal.aborted ? signal.reason : error);
  }
}

function headersOf({ accept = 'application/json', body, contentType = 'application/json' }: ApiRequest) {
  return { Accept: accept, 'User-Agent': COMPONENT, ...(body !== undefined && { 'Content-Type': contentType }) };
}

async function wholeOf({ text }: HttpAnswer): Promise<string> {
  let whole = '';
  for await (const chunk of text) {
    whole += chunk;
  }
  return whole;
}
