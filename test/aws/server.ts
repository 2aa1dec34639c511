import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** Request as the endpoint received it. */
export interface Received {
  /** Name of the operation from `X-Amz-Target`, for example, `DescribeWorkspaces`. */
  readonly operation: string;
  readonly input: Readonly<Record<string, unknown>>;
  readonly headers: IncomingMessage['headers'];
}

/** Response with JSON or any text. */
export interface ScriptedResponse {
  readonly status?: number;
  readonly body: unknown;
  readonly contentType?: string;
  /** Request ID. Undefined if the response has none, as one from a proxy. */
  readonly requestId?: string | undefined;
  readonly headers?: Readonly<Record<string, string>>;
}

/** Scripted response, or one of three ways of not responding. */
export type Reply =
  | ScriptedResponse
  /** The connection is reset. */
  | 'reset'
  /** The endpoint never responds. */
  | 'silence'
  /** The response starts and never ends. */
  | 'stall';

export interface ScriptedServer extends AsyncDisposable {
  readonly endpoint: string;
  readonly received: readonly Received[];
}

export const ok = (body: unknown): ScriptedResponse => ({ body });
export const exception = (type: string, message = 'as AWS says', status = 400): ScriptedResponse => ({
  status,
  body: { __type: `com.amazonaws.workspaces#${type}`, message },
});
export const html = (status: number): ScriptedResponse => ({
  status,
  body: '<html><body>Bad Gateway</body></html>',
  contentType: 'text/html',
  requestId: undefined,
});

/**
 * Starts an endpoint for AWS JSON 1.1 with scripted responses. A list is played in order and its last entry repeats; a
 * function returns the response to each request.
 */
export async function startServer(script: readonly Reply[] | ((request: Received) => Reply)): Promise<ScriptedServer> {
  const received: Received[] = [];
  const server = createServer(async (request, response) => {
    let body = '';
    for await (const chunk of request) {
      body += chunk;
    }
    const operation = String(request.headers['x-amz-target']).replace('WorkspacesService.', '');
    const arrived: Received = { operation, input: JSON.parse(body), headers: request.headers };
    received.push(arrived);
    const reply = typeof script === 'function' ? script(arrived) : script[Math.min(received.length, script.length) - 1];
    respond(response, reply ?? ok({}));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    received,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function respond(response: ServerResponse, reply: Reply): void {
  if (reply === 'silence') {
    return;
  }
  if (reply === 'reset') {
    response.socket?.resetAndDestroy();
    return;
  }
  if (reply === 'stall') {
    response.writeHead(200, { 'content-type': 'application/x-amz-json-1.1', 'content-length': '1000' });
    response.write('{"Workspaces":[');
    return;
  }
  const { status = 200, body, contentType = 'application/x-amz-json-1.1', headers } = reply;
  const requestId = 'requestId' in reply ? reply.requestId : '3f0c9e8a-0000-4000-8000-000000000001';
  response.writeHead(status, {
    'content-type': contentType,
    ...(requestId !== undefined && { 'x-amzn-RequestId': requestId }),
    ...headers,
  });
  response.end(typeof body === 'string' ? body : JSON.stringify(body));
}
