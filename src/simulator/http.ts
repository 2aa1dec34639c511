import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { CONTROL_PATH, ControlError, type ControlTargets, control } from './control.ts';
import { ServiceError } from './errors.ts';
import { operationIn } from './model.ts';
import { signerIn } from './signature.ts';
import type { SimulatedAccounts } from './simulatedAccounts.ts';
import { failure, type WireResponse } from './wireResponse.ts';

/** Maximum size of a request body, far above the size of any valid request. */
const MAX_BODY_BYTES = 1024 * 1024;

/** Content type that identifies requests to STS. */
const STS_CONTENT_TYPE = 'application/x-www-form-urlencoded';

/**
 * Creates the HTTP server: `POST /` for AWS JSON 1.1 and for the forms of STS, and the control endpoint below
 * `/_simulator`.
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
    serveControl(scope, request.method ?? 'GET', path, body, response);
  } else if (body === undefined) {
    const message = `The request is larger than ${MAX_BODY_BYTES} bytes.`;
    send(response, failure(new ServiceError('RequestEntityTooLargeException', message, {}, 413)));
  } else if (pathname === '/' && request.method === 'POST') {
    const signer = signerIn(request.headers.authorization);
    if (request.headers['content-type']?.startsWith(STS_CONTENT_TYPE)) {
      send(response, accounts.sts.handle(body, signer));
      return;
    }
    const { response: wireResponse, requestId } = await accounts
      .scopeOf(signer)
      .endpoint.handle(operationOf(request), body, signal);
    response.setHeader('x-amzn-RequestId', requestId);
    send(response, wireResponse);
  } else {
    const message = `Send requests to the service to POST /, and requests to the simulator to paths below ${CONTROL_PATH}/.`;
    send(response, failure(new ServiceError('UnknownOperationException', message, {}, 404)));
  }
}

function send(response: ServerResponse, wireResponse: WireResponse): void {
  switch (wireResponse.kind) {
    case 'close':
      response.destroy();
      break;
    case 'silence':
      break;
    case 'response':
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

function operationOf({ headers }: IncomingMessage): string {
  return operationIn(String(headers['x-amz-target'] ?? ''));
}

/** Returns the body, or undefined if it is too large. The rest of a large body is discarded. */
async function readBody(request: IncomingMessage): Promise<string | undefined> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size <= MAX_BODY_BYTES) {
      chunks.push(chunk);
    }
  }
  return size > MAX_BODY_BYTES ? undefined : Buffer.concat(chunks).toString('utf8');
}
