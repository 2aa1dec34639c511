import { request as requestHttp } from 'node:http';
import { request as requestHttps } from 'node:https';
import process from 'node:process';
import type { Clock } from '../clock.ts';
import { isUntrustedCertificate } from '../network/certificateErrors.ts';
import { createProxyAgent, PROXY_REFUSED } from '../network/proxyAgent.ts';
import { ProxyRules } from '../network/proxyRules.ts';
import type { DeliveryResult } from '../notifications/deliveryRecords.ts';
import type { ReceiverRequest } from '../notifications/message.ts';
import type { Receiver } from '../notifications/receiver.ts';
import { type ReceiverResponse, resultOfResponse } from '../notifications/responses.ts';
import type { ProviderConfig } from '../policy/notificationProvider.ts';

/** Maximum number of bytes of a response to read. */
const MAX_RESPONSE_BYTES = 65_536;

export interface HttpNotifierOptions {
  readonly clock: Pick<Clock, 'now'>;
  readonly userAgent: string;
  /** Environment variables that select a proxy. Defaults to those of the process. */
  readonly env?: NodeJS.ProcessEnv;
  /** Aborts the requests in progress. Defaults to never. */
  readonly stopping?: AbortSignal;
}

/** Progress of a request, which decides whether the receiver may have received it. */
interface Progress {
  /** Whether a connection was established, over which the request may have been sent. */
  isConnected: boolean;
}

/** Sends messages to receivers over HTTP. Uses a new connection for each request, and follows no redirect. */
export class HttpNotifier {
  readonly #options: HttpNotifierOptions;
  readonly #rules: ProxyRules;

  constructor(options: HttpNotifierOptions) {
    this.#options = options;
    this.#rules = new ProxyRules(options.env ?? process.env);
  }

  /** Sends a request once. Never rejects. Messages of the result name only the host of the receiver. */
  async send(receiver: Receiver, request: ReceiverRequest, provider: ProviderConfig): Promise<DeliveryResult> {
    const progress: Progress = { isConnected: false };
    const { token } = receiver;
    const { timeoutMs } = provider;
    const { clock, stopping = new AbortController().signal } = this.#options;
    const timeout = AbortSignal.timeout(timeoutMs);
    try {
      const response = await this.#exchange(receiver, request, AbortSignal.any([timeout, stopping]), progress);
      return resultOfResponse(provider, token !== undefined, response, clock.now());
    } catch (error) {
      const abortion = timeout.aborted
        ? `no response within ${timeoutMs / 1_000}s`
        : stopping.aborted
          ? 'the operator stopped before the response'
          : undefined;
      return failureOf(error, receiver, abortion, progress);
    }
  }

  async #exchange(
    { address, ca }: Receiver,
    { headers, body, defaultPath }: ReceiverRequest,
    signal: AbortSignal,
    progress: Progress,
  ): Promise<ReceiverResponse> {
    const url = new URL(address);
    if (url.pathname === '/' && defaultPath !== undefined) {
      url.pathname = defaultPath;
    }
    const isSecure = url.protocol === 'https:';
    const tls = ca === undefined ? {} : { ca };
    // A receiver without TLS is in the cluster, and a proxy would see its credentials.
    const proxy = isSecure ? this.#rules.proxyFor(url) : undefined;
    const agent =
      proxy === undefined ? false : await createProxyAgent(proxy, { isSecure, agent: { keepAlive: false }, tls });
    const { promise, resolve, reject } = Promise.withResolvers<ReceiverResponse>();
    const sent = (isSecure ? requestHttps : requestHttp)(url, {
      method: 'POST',
      headers: {
        ...headers,
        'user-agent': this.#options.userAgent,
        'content-length': String(Buffer.byteLength(body)),
      },
      agent,
      signal,
      ...tls,
    });
    sent.on('error', reject);
    // A server that switches the protocol ends the request without an error.
    const onClose = () => reject(Object.assign(new Error('closed'), { code: 'the connection was closed' }));
    sent.on('close', onClose);
    sent.on('socket', (socket) => {
      const onConnect = () => {
        progress.isConnected = true;
      };
      // The tunnel of a proxy is connected before TLS is. Each request has a new connection, so the event is still to come.
      if (isSecure || socket.connecting) {
        socket.once(isSecure ? 'secureConnect' : 'connect', onConnect);
      } else {
        onConnect();
      }
    });
    sent.on('response', (response) => {
      const chunks: Buffer[] = [];
      let size = 0;
      const finish = () =>
        resolve({
          status: response.statusCode ?? 0,
          retryAfter: response.headers['retry-after'],
          body: Buffer.concat(chunks).toString('utf8'),
        });
      response.on('data', (chunk: Buffer) => {
        size += chunk.length;
        chunks.push(chunk);
        if (size > MAX_RESPONSE_BYTES) {
          finish();
          response.destroy();
        }
      });
      response.on('end', finish);
      // The status is the result, also if the connection ends, or the time passes, during the body.
      response.on('error', finish);
      sent.off('error', reject).off('close', onClose).on('error', finish);
    });
    sent.end(body);
    return promise;
  }
}

/** What to do about an error of a connection, by Node's error code. */
const ADVICE: readonly (readonly [RegExp, string])[] = [
  [/^(ENOTFOUND|EAI_AGAIN)$/, 'check the host in the Secret, and DNS'],
  [/^ECONNREFUSED$/, 'check the address in the Secret, and whether the receiver runs'],
  [/^(EPROTO|ERR_SSL_\w+)$/, "the receiver doesn't answer with TLS, so check the scheme and the port in the Secret"],
  [/^ERR_TLS_CERT_ALTNAME_INVALID$/, 'the certificate is for another host, so check the host in the Secret'],
];

function failureOf(
  error: unknown,
  { address: { host }, ca }: Receiver,
  abortion: string | undefined,
  { isConnected }: Progress,
): DeliveryResult {
  const code = String((error as { readonly code?: unknown }).code ?? 'the request failed').replace(/[^\w ]/g, '');
  if (isUntrustedCertificate(code)) {
    return {
      kind: 'Rejected',
      message: `${host} presents a certificate of an untrusted authority (${code}); ${ca === undefined ? 'add the certificate of the authority to the Secret, with the key ca.crt' : 'correct ca.crt in the Secret'}`,
    };
  }
  if (code === PROXY_REFUSED) {
    return { kind: 'Rejected', message: `the proxy refuses the connection to ${host}; check HTTPS_PROXY and NO_PROXY` };
  }
  const cause = abortion ?? code;
  return isConnected
    ? { kind: 'Unknown', message: `${host}: ${cause}; the receiver may have accepted the message` }
    : { kind: 'Rejected', message: `cannot connect to ${host}: ${cause}${adviceOn(cause)}` };
}

function adviceOn(code: string): string {
  const [, advice] = ADVICE.find(([codes]) => codes.test(code)) ?? [];
  return advice === undefined ? '' : `; ${advice}`;
}
