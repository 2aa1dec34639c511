import { once } from 'node:events';
import { request } from 'node:http';
import { connect, type Socket } from 'node:net';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { parseBindAddress } from '../../../src/operator/http/bindAddress.ts';
import { healthPage } from '../../../src/operator/http/health.ts';
import { Listener } from '../../../src/operator/http/listener.ts';

const ANYWHERE = { host: '127.0.0.1', port: 0 };
const noError = (error: Error) => expect.fail(error.message);

let listener: Listener;
let problem: string | undefined;

beforeEach(async () => {
  problem = undefined;
  const checks = [
    { name: 'one', problem: () => undefined },
    { name: 'two', problem: () => problem },
  ];
  const pages = {
    '/livez': healthPage('livez', checks),
    '/page': () => ({ status: 200, contentType: 'text/plain', body: 'text' }),
    '/broken': () => Promise.reject(new Error('it \u001b[31mbroke')),
  };
  listener = await Listener.open(ANYWHERE, pages, noError);
});
afterEach(() => listener.close());

const get = (path: string, init: RequestInit = {}) => fetch(`http://${listener.address}${path}`, init);
const bodyOf = async (path: string) => (await get(path)).text();

describe('a probe', () => {
  test('returns ok while all checks pass', async () => {
    const response = await get('/livez');
    expect([response.status, await response.text()]).toEqual([200, 'ok']);
  });

  test('lists all checks with verbose, as Kubernetes does', async () => {
    const lines = '[+]one ok\n[+]two ok\nlivez check passed\n';
    expect(await bodyOf('/livez?verbose')).toBe(lines);
    expect(await bodyOf('/livez?verbose=true')).toBe(lines);
  });

  test('returns 503 and the failed checks', async () => {
    problem = 'it is broken';
    const response = await get('/livez');
    expect(response.status).toBe(503);
    expect(await response.text()).toBe('[+]one ok\n[-]two failed: it is broken\nlivez check failed\n');
  });
});

test('HEAD returns the headers of GET without a body', async () => {
  const response = await get('/page', { method: 'HEAD' });
  expect([response.status, await response.text(), response.headers.get('content-length')]).toEqual([200, '', '4']);
});

test.each(['POST', 'PUT', 'DELETE', 'OPTIONS'])('rejects %s', async (method) => {
  const response = await get('/page', { method });
  expect([response.status, response.headers.get('allow')]).toEqual([405, 'GET, HEAD']);
});

test.each(['/', '/metrics', '/page/', '/constructor', '/__proto__', '/%70age', '//page'])(
  '%s is not there',
  async (path) => {
    expect((await get(path)).status).toBe(404);
  },
);

test('a failing page returns 500 without control characters', async () => {
  const response = await get('/broken');
  expect([response.status, await response.text()]).toEqual([500, 'Error: it \uFFFD[31mbroke\n']);
});

test('overlong headers are rejected and later requests succeed', async () => {
  expect((await get('/page', { headers: { cookie: 'x'.repeat(20_000) } })).status).toBe(431);
  expect(await bodyOf('/page')).toBe('text');
});

test('data that isn’t HTTP is rejected', async () => {
  const { hostname, port } = new URL(`http://${listener.address}`);
  const socket = connect(Number(port), hostname);
  socket.end('\u0016\u0003\u0001 hello\r\n\r\n');
  const [answer] = await once(socket, 'data');
  expect(String(answer)).toContain('400 Bad Request');
});

test('closing ends keep-alive connections, too', async () => {
  const socket = connect(Number(new URL(`http://${listener.address}`).port), '127.0.0.1');
  await once(socket, 'connect');
  await listener.close();
  await once(socket, 'close');
  const refused = request(`http://127.0.0.1:${socket.remotePort ?? 1}`);
  const [error] = await once(refused, 'error');
  expect(error.code).toBe('ECONNREFUSED');
  listener = await Listener.open(ANYWHERE, {}, noError);
});

describe('other connections', () => {
  const idle = new Set<Socket>();
  afterEach(() => {
    for (const socket of idle) {
      socket.destroy();
    }
    idle.clear();
  });

  /** Opens a connection that sends `text` and stays open. Resolves when the listener has accepted it. */
  async function open(text: string): Promise<Socket> {
    const socket = connect(Number(new URL(`http://${listener.address}`).port), '127.0.0.1');
    idle.add(socket);
    socket.on('error', () => idle.delete(socket)).on('close', () => idle.delete(socket));
    await once(socket, 'connect');
    socket.write(text);
    return socket;
  }

  test.each([
    ['idle', ''],
    ['in a slow request', 'GET /livez HTTP/1.1\r\nHost: x\r\nX-Slow: '],
    ['idle after a request with keep-alive', 'GET /page HTTP/1.1\r\nHost: x\r\n\r\n'],
  ])('do not prevent probes while 300 of them are %s', async (_, text) => {
    for (let index = 0; index < 300; index++) {
      await open(text);
    }
    for (let index = 0; index < 5; index++) {
      expect(await bodyOf('/livez')).toBe('ok');
    }
  });

  test('are closed from the oldest one if there are too many', async () => {
    const oldest = await open('');
    const closed = once(oldest, 'close');
    const others: Socket[] = [];
    while (idle.has(oldest)) {
      others.push(await open(''));
      expect(others.length).toBeLessThan(300);
    }
    await closed;
    expect(others.slice(-100).filter((socket) => socket.destroyed)).toEqual([]);
  });
});

test.skipIf(process.platform !== 'linux')('another client does not lose its connection', async () => {
  const { hostname, port } = new URL(`http://${listener.address}`);
  const probe = connect({ host: hostname, port: Number(port), localAddress: '127.0.0.2' });
  await once(probe, 'connect');
  probe.write('GET /livez HTTP/1.1\r\n');
  const others = Array.from({ length: 300 }, () => connect(Number(port), hostname).on('error', () => {}));
  await Promise.all(others.map((socket) => once(socket, 'connect')));
  probe.write('Host: x\r\n\r\n');
  const [answer] = await once(probe, 'data');
  expect(String(answer)).toMatch(/^HTTP\/1.1 200 OK\r\n/);
  for (const socket of others) {
    socket.destroy();
  }
});

test('a probe does not keep its connection', async () => {
  expect((await get('/livez')).headers.get('connection')).toBe('close');
  expect((await get('/nowhere')).headers.get('connection')).toBe('close');
});

describe('opening a listener fails', () => {
  test('if the address is in use', async () => {
    const taken = parseBindAddress(listener.address) ?? ANYWHERE;
    await expect(Listener.open(taken, {}, noError)).rejects.toThrow(
      `cannot listen on ${listener.address}: the address is in use`,
    );
  });

  test('if the machine doesn’t have the address', async () => {
    await expect(Listener.open({ host: '192.0.2.1', port: 0 }, {}, noError)).rejects.toThrow(
      'cannot listen on 192.0.2.1:0: this machine does not have the address',
    );
  });
});
