import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { systemClock } from '../../src/clock.ts';
import { ApiClient } from '../../src/kube/apiClient.ts';
import { CredentialPlugin, type PluginCluster } from '../../src/kube/kubeconfig/credentialPlugin.ts';
import { KubeConfigFile } from '../../src/kube/kubeconfig/kubeConfigFile.ts';
import type { ExecConfig, KubeUser } from '../../src/kube/kubeconfig/kubeConfigTypes.ts';
import { LEASES } from '../../src/kube/lease.ts';
import type { RestConfig } from '../../src/kube/restConfig.ts';
import { VirtualClock } from '../fakes/clock.ts';
import { FakeApiServer, status } from './fakeApiServer.ts';

const V1 = 'client.authentication.k8s.io/v1';
const CLUSTER: PluginCluster = { server: 'https://api.example.test' };
const NO_TERMINAL = { isInputTerminal: false, isErrorTerminal: false };

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'wsap-plugin-'));
  return () => rm(folder, { recursive: true });
});
afterEach(() => {
  vi.useRealTimers();
});

/** Returns a plugin whose token is the number of its run. `fields` are further fields of the status, in JSON. */
function counting(fields = ''): ExecConfig {
  const run = `echo run >> ${folder}/runs; token=$(wc -l < ${folder}/runs | tr -d ' ')`;
  const credential = `{"apiVersion":"${V1}","kind":"ExecCredential","status":{"token":"'$token'"${fields}}}`;
  return { apiVersion: V1, command: 'sh', args: ['-c', `${run}; echo '${credential}'`], interactiveMode: 'Never' };
}

async function runs(): Promise<number> {
  return (await readFile(join(folder, 'runs'), 'utf8')).split('\n').length - 1;
}

const tokenOf = async (plugin: CredentialPlugin) => (await plugin.credential(async () => CLUSTER)).token;

describe('the credential of a plugin', () => {
  test('is kept if it does not expire', async () => {
    const plugin = new CredentialPlugin(counting());
    expect([await tokenOf(plugin), await tokenOf(plugin)]).toEqual(['1', '1']);
  });

  test('is shared by concurrent requests', async () => {
    const plugin = new CredentialPlugin(counting(',"expirationTimestamp":"2001-01-01T00:00:00Z"'));
    expect(await Promise.all([tokenOf(plugin), tokenOf(plugin), tokenOf(plugin)])).toEqual(['1', '1', '1']);
    expect(await runs()).toBe(1);
  });

  test('is renewed after its expirationTimestamp', async () => {
    vi.useFakeTimers({ now: Date.parse('2030-01-01T10:00:00Z'), toFake: ['Date'] });
    const plugin = new CredentialPlugin(counting(',"expirationTimestamp":"2030-01-01T11:00:00+00:30"'));
    expect(await tokenOf(plugin)).toBe('1');
    vi.setSystemTime(Date.parse('2030-01-01T10:29:59Z'));
    expect(await tokenOf(plugin)).toBe('1');
    vi.setSystemTime(Date.parse('2030-01-01T10:30:01Z'));
    expect(await tokenOf(plugin)).toBe('2');
  });

  test('is renewed after the API server rejected it', async () => {
    const plugin = new CredentialPlugin(counting());
    const first = await plugin.credential(async () => CLUSTER);
    plugin.reject(first);
    expect(await tokenOf(plugin)).toBe('2');
    plugin.reject(first);
    expect(await tokenOf(plugin)).toBe('2');
  });

  test('is requested again after a failure', async () => {
    const script = `[ -e ${folder}/runs ] || { echo > ${folder}/runs; exit 1; }; ${counting().args?.[1]}`;
    const plugin = new CredentialPlugin({ ...counting(), args: ['-c', script] });
    await expect(tokenOf(plugin)).rejects.toThrow('failed with exit code 1');
    expect(await tokenOf(plugin)).toBe('2');
  });
});

test('a request after a 401 has a new credential of the plugin', async () => {
  const server = await FakeApiServer.start();
  const config = server.kubeConfig();
  config.users = [{ name: 'tester', exec: counting() } as KubeUser];
  const client = new ApiClient(new KubeConfigFile(config), { clock: systemClock });
  server.others.push(status(401, 'Unauthorized', 'expired'));
  const update = { verb: 'update', resource: LEASES, namespace: 'ns', name: 'one', body: {} } as const;
  await expect(client.request(update)).rejects.toThrow('401');
  await client.request(update);
  await client.request(update);
  expect(server.requests.map(({ headers }) => headers.authorization)).toEqual(['Bearer 1', 'Bearer 2', 'Bearer 2']);
  await server.stop();
});

describe('standard input of a plugin', () => {
  const echoing = (interactiveMode: ExecConfig['interactiveMode']): ExecConfig => ({
    apiVersion: V1,
    command: 'sh',
    args: [
      '-c',
      `printf %s "$KUBERNETES_EXEC_INFO" > ${folder}/info; echo '{"apiVersion":"${V1}","kind":"ExecCredential","status":{"token":"t"}}'`,
    ],
    interactiveMode,
  });

  test.each([
    ['Never', true, false],
    ['IfAvailable', true, true],
    ['IfAvailable', false, false],
    ['Always', true, true],
  ] as const)('interactiveMode %s with a terminal: %s', async (mode, isInputTerminal, interactive) => {
    const plugin = new CredentialPlugin(echoing(mode), { ...NO_TERMINAL, isInputTerminal });
    expect(plugin.isInteractive).toBe(interactive);
    await tokenOf(plugin);
    expect(JSON.parse(await readFile(join(folder, 'info'), 'utf8'))).toEqual({
      kind: 'ExecCredential',
      apiVersion: V1,
      spec: { interactive },
    });
  });

  test('interactiveMode Always without a terminal is an error', async () => {
    const plugin = new CredentialPlugin(echoing('Always'), NO_TERMINAL);
    await expect(tokenOf(plugin)).rejects.toThrow(/plugin sh .* requires a terminal \(interactiveMode: Always\)/);
  });
});

describe('the error about a plugin', () => {
  test('contains the installHint if the command is missing', async () => {
    const installHint = 'Install it:\n  brew install \u001b[31mexample';
    const plugin = new CredentialPlugin({ ...counting(), command: '/no/such-plugin', installHint }, NO_TERMINAL);
    await expect(tokenOf(plugin)).rejects.toThrow(
      'the credential plugin such-plugin of the kubeconfig failed: /no/such-plugin not found; install it, or correct its path: Install it: brew install \uFFFD[31mexample',
    );
  });

  test.each([
    [
      'without a terminal',
      false,
      /failed with exit code 7; its output is hidden .* run kubectl with the same kubeconfig/,
    ],
    ['in a terminal, which shows the output', true, /failed with exit code 7$/],
  ])('says how to see the output %s', async (_, isErrorTerminal, expected) => {
    const plugin = new CredentialPlugin({ ...counting(), args: ['-c', 'exit 7'] }, { ...NO_TERMINAL, isErrorTerminal });
    await expect(tokenOf(plugin)).rejects.toThrow(expected);
  });

  test.each([
    ['no JSON', 'secret', 'it must be JSON'],
    ['another kind', `{"kind":"Secret","apiVersion":"${V1}"}`, 'it must have kind ExecCredential'],
    [
      'another version',
      `{"kind":"ExecCredential","apiVersion":"${V1}beta1"}`,
      `it must have the apiVersion of the kubeconfig, ${V1}`,
    ],
    ['no status', `{"kind":"ExecCredential","apiVersion":"${V1}"}`, 'neither a token nor a certificate'],
    ['half a certificate', credential('"clientKeyData":"secret"'), 'both clientCertificateData and clientKeyData'],
    ['a token of another type', credential('"token":["secret"]'), 'status.token must be a string'],
    ['an invalid time', credential('"token":"secret","expirationTimestamp":"soon"'), 'must be a time in RFC 3339'],
  ])('describes %s without the output', async (_, output, expected) => {
    const plugin = new CredentialPlugin({ ...counting(), args: ['-c', `echo '${output}'`] }, NO_TERMINAL);
    const error = await tokenOf(plugin).catch((thrown: Error) => thrown.message);
    expect(error).toContain(expected);
    expect(error).not.toContain('secret');
  });
});

function credential(fields: string): string {
  return `{"kind":"ExecCredential","apiVersion":"${V1}","status":{${fields}}}`;
}

test('the timeout of a request does not apply while a person logs in', async () => {
  const server = await FakeApiServer.start();
  const clock = new VirtualClock();
  const loggedIn = Promise.withResolvers<void>();
  const access = server.access();
  const config: RestConfig = {
    server: access.server,
    namespace: undefined,
    isInteractive: true,
    credentials: () => loggedIn.promise.then(() => access.credentials()),
  };
  const request = new ApiClient(config, { clock }).request({ verb: 'list', resource: LEASES, namespace: 'ns' });
  await clock.advance(300_000);
  loggedIn.resolve();
  expect(await request).toMatchObject({ items: [] });
  await server.stop();
});
