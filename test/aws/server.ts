import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A request as it arrived. */
export interface Received {
  /** As `DescribeWorkspaces`, from X-Amz-Target. */
  readonly operation: string;
  readonly input: Readonly<Record<string, unknown>>;
  readonly headers: IncomingMessage['headers'];
}

/** JSON, or any text of any type. */
export interface Answer {
  readonly status?: number;
  readonly body: unknown;
  readonly contentType?: string;
  /** Undefined: the answer carries none, as one that isn't AWS's. */
  readonly requestId?: string | undefined;
  readonly headers?: Readonly<Record<string, string>>;
}

/** What to answer; or nothing, in one of three ways. */
export type Reply =
  | Answer
  /** The connection is reset. */
  | 'reset'
  /** No answer ever comes. */
  | 'silence'
  /** The answer begins and never ends. */
  | 'stall';

export interface ScriptedServer extends AsyncDisposable {
  readonly endpoint: string;
  readonly received: readonly Received[];
}

export const ok = (body: unknown): Answer => ({ body });
export const exception = (type: string, message = 'as AWS says', status = 400): Answer => ({
  status,
  body: { __type: `com.amazonaws.workspaces#${type}`, message },
});
export const html = (status: number): Answer => ({
  status,
  body: '<html><body>Bad Gateway</body></html>',
  contentType: 'text/html',
  requestId: undefined,
});

/**
 * An endpoint that speaks AWS JSON 1.1 and answers as scripted: with the replies in order, the last one for ever, or with what a function
 * makes of each request.
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
    answer(response, reply ?? ok({}));
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

function answer(response: ServerResponse, reply: Reply): void {
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
