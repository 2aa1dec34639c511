import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { failure, type WireAnswer } from './answers.ts';
import { CONTROL_PATH, ControlError, type ControlParts, control } from './control.ts';
import { ServiceError } from './errors.ts';
import { operationIn } from './model.ts';
import { signerIn } from './signature.ts';
import type { SimulatedAccounts } from './simulatedAccounts.ts';

/** Far more than any request of this service needs. */
const MAX_BODY_BYTES = 1024 * 1024;

/** Which requests are STS's, whose protocol has no other mark. */
const FORM = 'application/x-www-form-urlencoded';

/** The endpoints over HTTP: `POST /` for AWS JSON 1.1 and for the forms of STS, and the simulator's own paths below /_simulator. */
export function createHttpServer(accounts: SimulatedAccounts, signal: AbortSignal): Server {
  return createServer((request, response) => {
    serve(accounts, request, response, signal).catch((error: Error) => {
      // A client that went away, or a server that is closing: there is nobody left to answer. Else a bug, and said so.
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
    const { scope, path } = accounts.controlled(pathname.slice(CONTROL_PATH.length));
    serveControl(scope, request.method ?? 'GET', path, body, response);
  } else if (body === undefined) {
    const message = `The request is larger than ${MAX_BODY_BYTES} bytes.`;
    send(response, failure(new ServiceError('RequestEntityTooLargeException', message, {}, 413)));
  } else if (pathname === '/' && request.method === 'POST') {
    const signer = signerIn(request.headers.authorization);
    if (request.headers['content-type']?.startsWith(FORM)) {
      send(response, accounts.sts.handle(body, signer));
      return;
    }
    const { answer, requestId } = await accounts.of(signer).endpoint.handle(operationOf(request), body, signal);
    response.setHeader('x-amzn-RequestId', requestId);
    send(response, answer);
  } else {
    const message = `The service is at POST /, the simulator's own endpoints are below ${CONTROL_PATH}/.`;
    send(response, failure(new ServiceError('UnknownOperationException', message, {}, 404)));
  }
}

function send(response: ServerResponse, answer: WireAnswer): void {
  switch (answer.kind) {
    case 'close':
      response.destroy();
      break;
    case 'silence':
      break;
    case 'response':
      response.writeHead(answer.status, { 'content-type': answer.contentType }).end(answer.body);
  }
}

function serveControl(
  parts: ControlParts,
  method: string,
  path: string,
  body: string | undefined,
  response: ServerResponse,
): void {
  let status = 200;
  let answer: unknown;
  try {
    if (body === undefined) {
      throw new ControlError(413, `the body is larger than ${MAX_BODY_BYTES} bytes`);
    }
    answer = control(parts, method, path, parseJson(body));
  } catch (error) {
    if (!(error instanceof ControlError)) {
      throw error;
    }
    status = error.status;
    answer = { error: error.message };
  }
  if (answer === undefined) {
    response.writeHead(204).end();
  } else {
    response.writeHead(status, { 'content-type': 'application/json' }).end(`${JSON.stringify(answer, null, 2)}\n`);
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

/** The body, or undefined if it is too large, of which no more is kept. */
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
