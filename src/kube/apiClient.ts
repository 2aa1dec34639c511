import {
  HttpMethod,
  IsomorphicFetchHttpLibrary,
  type KubeConfig,
  RequestContext,
  type ResponseContext,
} from '@kubernetes/client-node';
import type { Clock } from '../clock.ts';
import { type Access, ApiError } from './apiError.ts';
import { Connections } from './connections.ts';
import { Deadline } from './deadline.ts';
import { COMPONENT } from './identity.ts';
import { authenticationFailure, serverOf } from './kubeConfig.ts';
import { urlPath } from './resource.ts';

const METHODS = {
  get: HttpMethod.GET,
  list: HttpMethod.GET,
  watch: HttpMethod.GET,
  create: HttpMethod.POST,
  update: HttpMethod.PUT,
  patch: HttpMethod.PATCH,
  delete: HttpMethod.DELETE,
} as const;

export interface ApiRequest extends Access {
  readonly query?: Readonly<Record<string, string | undefined>>;
  readonly body?: unknown;
  /** Of the body; `application/json` unless a PatchStrategy is given. */
  readonly contentType?: string;
  /** Of the answer, where it isn't to be the whole object, as METADATA_ONLY. */
  readonly accept?: string | undefined;
  /** Of the URL, below the API server's address, where it isn't the resource's own. */
  readonly path?: string;
  readonly signal?: AbortSignal | undefined;
}

/** One request and how it was answered, in the terms of client-go's rest client metrics. */
export interface AnsweredRequest {
  readonly access: Access;
  /** Of HTTP. */
  readonly method: string;
  /** Of the API server, with its port. */
  readonly host: string;
  /** HTTP status; undefined where no answer came. */
  readonly code: number | undefined;
  /** Until the answer began, in milliseconds. */
  readonly took: number;
}

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
  readonly onAnswer?: ((answered: AnsweredRequest) => void) | undefined;
}

/**
 * Requests to the API server, over the library's KubeConfig (addresses, TLS, every way of authentication) and HTTP layer. The library's
 * generated clients and its Watch take no signal during authentication and connecting, and its Watch drops what it can't parse and the
 * text of errors; this keeps all three. Rejects with an ApiError, or with the signal's reason when that is aborted.
 */
export class ApiClient {
  readonly #config: KubeConfig;
  readonly #connections: Connections;
  readonly #clock: Clock;
  readonly #timeoutMs: number;
  readonly #onAnswer: ApiClientOptions['onAnswer'];
  readonly #http = new IsomorphicFetchHttpLibrary();

  constructor(config: KubeConfig, { clock, timeoutMs = 30_000, onAnswer }: ApiClientOptions) {
    this.#config = config;
    this.#connections = new Connections(config);
    this.#clock = clock;
    this.#timeoutMs = timeoutMs;
    this.#onAnswer = onAnswer;
  }

  /** The answer's JSON. Its shape is the caller's claim. */
  async request<T>(request: ApiRequest): Promise<T> {
    using deadline = new Deadline(this.#clock, this.#timeoutMs, request.signal);
    try {
      const response = await this.#send(request, deadline);
      return JSON.parse(await response.body.text());
    } catch (error) {
      throw this.#failure(request, error);
    }
  }

  /**
   * The answer line by line, until the server ends it or nothing more comes for `silenceMs`, which may mean that the connection is lost or
   * that there is nothing to say. It fails when the answer doesn't begin within that time, or ends inside a line.
   */
  async *lines(request: ApiRequest, silenceMs: number, onOpen?: () => void): AsyncGenerator<string, void, undefined> {
    using deadline = new Deadline(this.#clock, silenceMs, request.signal);
    let answering = false;
    try {
      const response = await this.#send(request, deadline);
      onOpen?.();
      deadline.extend();
      answering = true;
      const decoder = new TextDecoder();
      let rest = '';
      for await (const chunk of response.body.stream() ?? []) {
        deadline.extend();
        const lines = (rest + decoder.decode(chunk, { stream: true })).split('\n');
        rest = lines.pop() ?? '';
        yield* lines;
      }
      if (rest !== '') throw new Error('the connection was closed in the middle of a line');
    } catch (error) {
      if (answering && deadline.expired && !request.signal?.aborted) return;
      throw this.#failure(request, error);
    }
  }

  async #send(request: ApiRequest, deadline: Deadline): Promise<ResponseContext> {
    const response = await this.#answerTo(request, deadline);
    if (response.httpStatusCode >= 200 && response.httpStatusCode < 300) return response;
    const retryAfter = response.headers['retry-after'];
    throw ApiError.ofResponse(request, response.httpStatusCode, await response.body.text(), retryAfter);
  }

  async #answerTo(request: ApiRequest, deadline: Deadline): Promise<ResponseContext> {
    const context = this.#context(request);
    const startedAt = this.#clock.monotonic();
    let code: number | undefined;
    try {
      await deadline.bound(this.#authenticate(context));
      deadline.signal.throwIfAborted();
      context.setSignal(deadline.signal);
      const response = await this.#http.send(context).toPromise();
      code = response.httpStatusCode;
      return response;
    } finally {
      const { host } = new URL(context.getUrl());
      const took = this.#clock.monotonic() - startedAt;
      this.#onAnswer?.({ access: request, method: context.getHttpMethod(), host, code, took });
    }
  }

  async #authenticate(context: RequestContext): Promise<void> {
    try {
      await this.#connections.prepare(context);
    } catch (error) {
      throw authenticationFailure(this.#config.getCurrentUser(), error);
    }
    // The HTTP layer would say what the header is.
    if (/[^\t\x20-\x7e\x80-\xff]/.test(context.getHeaders().Authorization ?? '')) {
      throw new Error("the kubeconfig's token has characters that no token has, as a line break");
    }
  }

  #context(request: ApiRequest): RequestContext {
    const context = new RequestContext(
      serverOf(this.#config) + (request.path ?? urlPath(request)),
      METHODS[request.verb],
    );
    context.setHeaderParam('Accept', request.accept ?? 'application/json');
    context.setHeaderParam('User-Agent', COMPONENT);
    for (const [name, value] of Object.entries(request.query ?? {})) {
      if (value !== undefined) context.setQueryParam(name, value);
    }
    if (request.body !== undefined) {
      context.setHeaderParam('Content-Type', request.contentType ?? 'application/json');
      context.setBody(JSON.stringify(request.body));
    }
    return context;
  }

  #failure(request: ApiRequest, error: unknown): unknown {
    if (request.signal?.aborted) return request.signal.reason;
    return error instanceof ApiError ? error : ApiError.unanswered(request, error);
  }
}
