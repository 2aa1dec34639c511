import { randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { CONTROL_PATH, ControlError, type ControlTargets, control } from './control.ts';
import { ServiceError } from './errors.ts';
import { operationIn } from './model.ts';
import { AWS_JSON_1_1, operationOfPath, type Protocol, RPC_V2_CBOR } from './protocols.ts';
import { signerIn } from './signature.ts';
import type { SimulatedAccounts } from './simulatedAccounts.ts';
import { SQS_TARGET_PREFIX } from './sqsProtocol.ts';
import { failure, type WireResponse } from './wireResponse.ts';

/** Maximum size of a request body, far above the size of any valid request. */
const MAX_BODY_BYTES = 1024 * 1024;

/** Content type that identifies requests to STS. */
const STS_CONTENT_TYPE = 'application/x-www-form-urlencoded';

/** Value of the Smithy-Protocol header. */
const SMITHY_RPC_V2_CBOR = 'rpc-v2-cbor';

/**
 * Creates the HTTP server: `POST /` for AWS JSON 1.1, for AWS JSON 1.0 of SQS, and for the forms of STS, `POST /service/…/operation/…` for Smithy
 * RPC v2 CBOR, and the control endpoint below `/_simulator`.
 */
export function createHttpServer(accounts: SimulatedAccounts, signal: AbortSignal): Server {
  return createServer((request, response) => {
    serve(accounts, request, response, signal).catch((error: Error) => {
      // The client disconnected or the server is closing, so no response is possible. Any other error is a bug and is
      // shown.
      if (signal.aborted || request.errored !== null || response.headersSent) {
        response.destroy();
      } else {
        response.writeHead(500, { 'content-type': 'text/plain' }).end(String(error));
      }
    });
  });
}

async function serve(
  accounts: SimulatedAccounts,
  request: IncomingMessage,
  response: ServerResponse,
  signal: AbortSignal,
): Promise<void> {
  const body = await readBody(request);
  const { pathname } = new URL(request.url ?? '/', 'http://localhost');
  if (pathname.startsWith(`${CONTROL_PATH}/`)) {
    const { scope, path } = accounts.resolveControlPath(pathname.slice(CONTROL_PATH.length));
    serveControl(scope, request.method ?? 'GET', path, body?.toString('utf8'), response);
    return;
  }
  if (body === undefined) {
    const message = `The request is larger than ${MAX_BODY_BYTES} bytes.`;
    send(response, failure(new ServiceError('RequestEntityTooLargeException', message, {}, 413)));
    return;
  }
  const signer = signerIn(request.headers.authorization);
  const target = String(request.headers['x-amz-target'] ?? '');
  if (request.method === 'POST' && target.startsWith(SQS_TARGET_PREFIX)) {
    const host = request.headers.host ?? 'localhost';
    const { sqs } = accounts.scopeOf(signer);
    const gone = AbortSignal.any([signal, closed(response)]);
    const wireResponse = await sqs.handle(target.slice(SQS_TARGET_PREFIX.length), body, host, gone);
    response.setHeader('x-amzn-RequestId', randomUUID());
    send(response, wireResponse);
    return;
  }
  const call = callOf(request, pathname);
  if (pathname === '/' && request.headers['content-type']?.startsWith(STS_CONTENT_TYPE)) {
    send(response, accounts.sts.handle(body.toString('utf8'), signer));
  } else if (call !== undefined) {
    const { endpoint } = accounts.scopeOf(signer);
    const caller = accounts.sts.callerOf(signer, request.headers['user-agent'] ?? '');
    const { response: wireResponse, requestId } = await endpoint.handle(
      call.operation,
      body,
      signal,
      call.protocol,
      caller,
    );
    response.setHeader('x-amzn-RequestId', requestId);
    if (call.protocol === RPC_V2_CBOR) {
      response.setHeader('smithy-protocol', SMITHY_RPC_V2_CBOR);
    }
    send(response, wireResponse);
  } else {
    const message = `Send requests to the service to POST / or POST /service/…/operation/…, and requests to the simulator to paths below ${CONTROL_PATH}/.`;
    send(response, failure(new ServiceError('UnknownOperationException', message, {}, 404)));
  }
}

/** Returns a signal that is aborted when the client disconnects, so that a long poll doesn't receive messages for nobody. */
function closed(response: ServerResponse): AbortSignal {
  const controller = new AbortController();
  response.once('close', () => controller.abort());
  return controller.signal;
}

function send(response: ServerResponse, wireResponse: WireResponse): void {
  switch (wireResponse.kind) {
    case 'close':
      response.destroy();
      break;
    case 'silence':
      break;
    case 'response':
    case 'binary':
      response.writeHead(wireResponse.status, { 'content-type': wireResponse.contentType }).end(wireResponse.body);
  }
}

function serveControl(
  targets: ControlTargets,
  method: string,
  path: string,
  body: string | undefined,
  response: ServerResponse,
): void {
  let status = 200;
  let result: unknown;
  try {
    if (body === undefined) {
      throw new ControlError(413, `the body is larger than ${MAX_BODY_BYTES} bytes`);
    }
    result = control(targets, method, path, parseJson(body));
  } catch (error) {
    if (!(error instanceof ControlError)) {
      throw error;
    }
    status = error.status;
    result = { error: error.message };
  }
  if (result === undefined) {
    response.writeHead(204).end();
  } else {
    response.writeHead(status, { 'content-type': 'application/json' }).end(`${JSON.stringify(result, null, 2)}\n`);
  }
}

function parseJson(body: string): unknown {
  try {
    return body === '' ? undefined : JSON.parse(body);
  } catch {
    throw new ControlError(400, 'the body is not valid JSON');
  }
}

/** Returns the operation and the protocol of a request to the service, or undefined for another request. */
function callOf(
  { method, headers }: IncomingMessage,
  path: string,
): { readonly operation: string; readonly protocol: Protocol } | undefined {
  if (method !== 'POST') {
    return undefined;
  }
  if (path === '/') {
    return { operation: operationIn(String(headers['x-amz-target'] ?? '')), protocol: AWS_JSON_1_1 };
  }
  const operation = headers['smithy-protocol'] === SMITHY_RPC_V2_CBOR ? operationOfPath(path) : undefined;
  return operation === undefined ? undefined : { operation, protocol: RPC_V2_CBOR };
}

/** Returns the body, or undefined if it is too large. The rest of a large body is discarded. */
async function readBody(request: IncomingMessage): Promise<Buffer | undefined> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size <= MAX_BODY_BYTES) {
      chunks.push(chunk);
    }
  }
  return size > MAX_BODY_BYTES ? undefined : Buffer.concat(chunks);
}
