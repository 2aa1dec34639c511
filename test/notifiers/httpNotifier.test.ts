import { once } from 'node:events';
import { createServer } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { describe, expect, test } from 'vitest';
import type { Receiver } from '../../src/notifications/receiver.ts';
import { HttpNotifier } from '../../src/notifiers/httpNotifier.ts';
import { CA_CERTIFICATE, CLIENT_CERTIFICATE, SERVER_CERTIFICATE, SERVER_KEY } from '../certificates.ts';
import { VirtualClock } from '../fakes/clock.ts';
import { NotificationReceiver } from '../notificationReceiver.ts';
import { providerWith } from '../notifications/policies.ts';

const REQUEST = { headers: { 'content-type': 'application/json', 'x-signature': 'sha256=1' }, body: '{"a":"é"}' };

function send(url: string, more: Partial<Receiver> = {}, timeoutMs = 5_000, request: object = REQUEST, env = {}) {
  const notifier = new HttpNotifier({ clock: new VirtualClock(), userAgent: 'wsap/1', env });
  const receiver = { address: new URL(url), token: undefined, ca: undefined, ...more };
  return notifier.send(receiver, { ...REQUEST, ...request }, providerWith({ timeoutMs }));
}

describe('a request to a receiver', () => {
  test('is a POST request with the headers and the body', async () => {
    await using receiver = await NotificationReceiver.start();
    expect(await send(`${receiver.url}/services/secret?x=1`)).toEqual({ kind: 'Accepted' });
    expect(receiver.requests).toMatchObject([
      {
        method: 'POST',
        path: '/services/secret?x=1',
        body: REQUEST.body,
        headers: { 'x-signature': 'sha256=1', 'user-agent': 'wsap/1', 'content-type': 'application/json' },
      },
    ]);
  });

  test('goes to the default path only if the address has none', async () => {
    await using receiver = await NotificationReceiver.start();
    await send(receiver.url, {}, 5_000, { defaultPath: '/api/v2/alerts' });
    await send(`${receiver.url}/am`, {}, 5_000, { defaultPath: '/api/v2/alerts' });
    expect(receiver.requests.map(({ path }) => path)).toEqual(['/api/v2/alerts', '/am']);
  });

  test('contains the user and password of the address', async () => {
    await using receiver = await NotificationReceiver.start();
    await send(receiver.url.replace('://', '://me:pass@'));
    expect(receiver.requests[0]?.headers.authorization).toBe(`Basic ${btoa('me:pass')}`);
  });

  test('trusts the certificates of the Secret, and no others', async () => {
    await using receiver = await NotificationReceiver.start({ key: SERVER_KEY, cert: SERVER_CERTIFICATE });
    expect(await send(receiver.url, { ca: CA_CERTIFICATE })).toEqual({ kind: 'Accepted' });
    expect(await send(receiver.url)).toMatchObject({
      kind: 'Rejected',
      message: expect.stringMatching(/untrusted authority .*; add the certificate of the authority to the Secret/),
    });
    expect(await send(receiver.url, { ca: CLIENT_CERTIFICATE })).toMatchObject({
      kind: 'Rejected',
      message: expect.stringMatching(/untrusted authority .*; correct ca\.crt in the Secret/),
    });
    expect(receiver.requests).toHaveLength(1);
  });

  test('follows no redirect, so that a receiver cannot direct it elsewhere', async () => {
    await using receiver = await NotificationReceiver.start();
    await using other = await NotificationReceiver.start();
    receiver.answer = (response) => response.writeHead(307, { location: other.url }).end();
    expect(await send(receiver.url)).toMatchObject({ kind: 'Rejected' });
    expect(other.requests).toEqual([]);
  });

  test('with TLS goes through the proxy of the environment, and is certainly not accepted if the proxy refuses', async () => {
    const targets: (string | undefined)[] = [];
    const proxy = createServer().on('connect', ({ url }, socket) => {
      targets.push(url);
      socket.end('HTTP/1.1 403 Forbidden\r\n\r\n');
    });
    await once(proxy.listen(0, '127.0.0.1'), 'listening');
    const env = { HTTPS_PROXY: `http://127.0.0.1:${(proxy.address() as AddressInfo).port}` };
    const result = await send('https://receiver.example.com/x', {}, 5_000, REQUEST, env);
    proxy.close();
    expect(result).toMatchObject({ kind: 'Rejected', message: expect.stringContaining('the proxy refuses') });
    expect(targets).toEqual(['receiver.example.com:443']);
  });

  test('without TLS never leaves the cluster through a proxy', async () => {
    await using proxy = await NotificationReceiver.start();
    const env = { HTTP_PROXY: proxy.url };
    expect(await send('http://receiver.invalid.svc/x', {}, 5_000, REQUEST, env)).toMatchObject({ kind: 'Rejected' });
    expect(proxy.requests).toEqual([]);
  });
});

describe('a failed request', () => {
  test('is certainly not accepted if no connection was established', async () => {
    const receiver = await NotificationReceiver.start();
    const { url } = receiver;
    await receiver[Symbol.asyncDispose]();
    expect(await send(`${url}/services/secret`)).toEqual({
      kind: 'Rejected',
      message: `cannot connect to ${new URL(url).host}: ECONNREFUSED; check the address in the Secret, and whether the receiver runs`,
    });
    expect(await send('https://receiver.invalid/services/secret')).toEqual({
      kind: 'Rejected',
      message: expect.stringMatching(
        /^cannot connect to receiver\.invalid: (ENOTFOUND|EAI_AGAIN); check the host in the Secret, and DNS$/,
      ),
    });
  });

  test('shows that a receiver without TLS needs another address', async () => {
    await using receiver = await NotificationReceiver.start();
    const { host } = new URL(receiver.url);
    expect(await send(`https://${host}/services/secret`)).toEqual({
      kind: 'Rejected',
      message: expect.stringMatching(/^cannot connect to .*: E\w+; the receiver doesn't answer with TLS, so check the/),
    });
  });

  test('is unknown if the connection was reset after the request', async () => {
    await using receiver = await NotificationReceiver.start();
    receiver.answer = (response) => response.socket?.resetAndDestroy();
    expect(await send(`${receiver.url}/services/secret`)).toMatchObject({ kind: 'Unknown' });
    expect(receiver.requests).toHaveLength(1);
  });

  test('is unknown if the receiver does not respond in time', async () => {
    await using receiver = await NotificationReceiver.start();
    receiver.answer = () => {};
    const result = await send(`${receiver.url}/services/secret`, {}, 3_000);
    expect(result).toMatchObject({ kind: 'Unknown', message: expect.stringContaining('no response within 3s') });
    expect(JSON.stringify(result)).not.toContain('secret');
  });

  test('is unknown if the operator stops after the request was sent', async () => {
    await using receiver = await NotificationReceiver.start();
    const stopping = new AbortController();
    receiver.answer = () => stopping.abort();
    const notifier = new HttpNotifier({
      clock: new VirtualClock(),
      userAgent: 'wsap/1',
      env: {},
      stopping: stopping.signal,
    });
    const target = { address: new URL(receiver.url), token: undefined, ca: undefined };
    expect(await notifier.send(target, REQUEST, providerWith({ timeoutMs: 4_000 }))).toMatchObject({
      kind: 'Unknown',
      message: expect.stringContaining('the operator stopped'),
    });
    expect(await notifier.send(target, REQUEST, providerWith())).toMatchObject({ kind: 'Rejected' });
    expect(receiver.requests).toHaveLength(1);
  });

  test('never shows the path, the token, or the response', async () => {
    await using receiver = await NotificationReceiver.start();
    receiver.answer = (response) => response.writeHead(400).end('bad token s3cret');
    const result = await send(`${receiver.url}/s3cret`, { token: 's3cret' });
    expect(result).toMatchObject({ kind: 'Rejected' });
    expect(JSON.stringify(result)).not.toContain('s3cret');
  });

  test('does not read an endless response', async () => {
    await using receiver = await NotificationReceiver.start();
    receiver.answer = (response) => {
      response.writeHead(200);
      const write = () => {
        while (!response.destroyed && response.write('x'.repeat(65_536))) {
          // Until the buffer is full.
        }
      };
      response.on('drain', write).on('error', () => {});
      write();
    };
    expect(await send(receiver.url)).toEqual({ kind: 'Accepted' });
  });

  test('ends if the receiver switches the protocol', async () => {
    await using receiver = await NotificationReceiver.start();
    receiver.answer = (response) =>
      response.socket?.write('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n');
    expect(await send(receiver.url)).toMatchObject({ kind: 'Unknown' });
  });

  test.each([
    [200, 'Accepted'],
    [403, 'Rejected'],
    [429, 'Rejected'],
    [500, 'Unknown'],
  ])(
    'has the result of the status %i even if the connection ends, or the time passes, during the body',
    async (status, kind) => {
      await using receiver = await NotificationReceiver.start();
      const begin = (response: Parameters<typeof receiver.answer>[0]) =>
        response.writeHead(status, { 'content-length': '1000', 'retry-after': '7' }).write('x');
      receiver.answer = (response) => {
        begin(response);
        setImmediate(() => response.socket?.resetAndDestroy());
      };
      const retryAfterMs = status === 429 ? { retryAfterMs: 7_000 } : {};
      expect(await send(receiver.url)).toMatchObject({ kind, ...retryAfterMs });
      receiver.answer = (response) => void begin(response);
      expect(await send(receiver.url, {}, 3_000)).toMatchObject({ kind, ...retryAfterMs });
    },
  );

  test('is unknown if the body that describes the result of Slack is incomplete', async () => {
    await using receiver = await NotificationReceiver.start();
    receiver.answer = (response) => void response.writeHead(200, { 'content-length': '1000' }).write('{"ok":tr');
    expect(await send(receiver.url, { token: 'xoxb-1' }, 3_000)).toMatchObject({ kind: 'Unknown' });
  });

  test('is certainly not accepted if the proxy ends the tunnel before TLS is established', async () => {
    const proxy = createServer().on('connect', (_, socket) => {
      socket.write('HTTP/1.1 200 OK\r\n\r\n', () => socket.destroy());
    });
    await once(proxy.listen(0, '127.0.0.1'), 'listening');
    const env = { HTTPS_PROXY: `http://127.0.0.1:${(proxy.address() as AddressInfo).port}` };
    const result = await send('https://receiver.example.com/x', {}, 5_000, REQUEST, env);
    proxy.close();
    expect(result).toMatchObject({ kind: 'Rejected', message: expect.stringContaining('cannot connect') });
  });

  test('is unknown if the connection through a proxy is reset after the request', async () => {
    await using receiver = await NotificationReceiver.start({ key: SERVER_KEY, cert: SERVER_CERTIFICATE });
    receiver.answer = (response) => response.socket?.destroy();
    const proxy = createServer().on('connect', ({ url = '' }, socket) => {
      const target = connect(Number(url.split(':')[1]), '127.0.0.1', () => {
        socket.write('HTTP/1.1 200 OK\r\n\r\n');
        target.pipe(socket).pipe(target);
      });
      target.on('error', () => socket.destroy());
      socket.on('error', () => target.destroy());
    });
    await once(proxy.listen(0, '127.0.0.1'), 'listening');
    const env = { HTTPS_PROXY: `http://127.0.0.1:${(proxy.address() as AddressInfo).port}` };
    const url = receiver.url.replace('127.0.0.1', 'api.example.test');
    const result = await send(url, { ca: CA_CERTIFICATE }, 5_000, REQUEST, env);
    proxy.close();
    expect(receiver.requests).toHaveLength(1);
    expect(result).toMatchObject({ kind: 'Unknown' });
  });
});
