import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { KubeConfig } from '@kubernetes/client-node';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { systemClock } from '../../src/clock.ts';
import { ApiClient } from '../../src/kube/apiClient.ts';
import { KubeConfigFile } from '../../src/kube/kubeconfig/kubeConfigFile.ts';
import { loadKubeConfig } from '../../src/kube/kubeconfig/loadKubeConfig.ts';
import { serverURL } from '../../src/kube/kubeconfig/serverURL.ts';
import { POLICIES } from '../../src/kube/resources.ts';

const CANARY = 'canary';
/** Provider with which the library fails to renew a token. */
const OIDC = { 'client-id': 'wsap', 'refresh-token': CANARY, 'idp-issuer-url': 'http://127.0.0.1:9' };

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'wsap-kubeconfig-'));
});
afterAll(() => rm(folder, { recursive: true }));

/** Returns the error message that a user of the kubeconfig gets. */
async function messageOf(use: () => unknown): Promise<string> {
  try {
    await use();
    return 'no error';
  } catch (error) {
    return (error as Error).message;
  }
}

describe('the error about an invalid kubeconfig', () => {
  test.each([
    ['wrong indentation', `users:\n- name: u\n  user:\n    token: ${CANARY}\n   bad: [\n`, 'at line 5, column 1'],
    ['an unterminated string', `users:\n- name: "${CANARY}\n`, 'at line 3, column 1'],
    ['an unknown alias', `users: [{name: u, user: {token: *${CANARY}}}]\n`, 'at line 1, column '],
  ])('shows the position of %s and no content of the file', async (_, text, position) => {
    const file = join(folder, 'config');
    await writeFile(file, text);
    const message = await messageOf(() => loadKubeConfig(file));
    expect(message).toMatch(/^cannot read the kubeconfig \S+: invalid YAML at line \d+, column \d+$/);
    expect(message).toContain(file);
    expect(message).toContain(position);
    expect(message).not.toContain(CANARY);
  });

  test('names a missing file', async () => {
    expect(await messageOf(() => loadKubeConfig('/nowhere/config'))).toMatch(
      /cannot read the kubeconfig: ENOENT.*\/nowhere\/config/,
    );
  });
});

describe('the encoding of a kubeconfig', () => {
  const text = 'users: [{name: müller, user: {token: t}}]\n';

  test.each([
    ['UTF-8', Buffer.from(text)],
    ['UTF-8 with a byte order mark', Buffer.from(`\uFEFF${text}`)],
    ['UTF-16 of Windows PowerShell', Buffer.from(`\uFEFF${text}`, 'utf16le')],
    ['UTF-16 in network order', Buffer.from(`\uFEFF${text}`, 'utf16le').swap16()],
  ])('is recognized: %s', async (_, bytes) => {
    const file = join(folder, 'encoded');
    await writeFile(file, bytes);
    expect(
      loadKubeConfig(file)
        .getUsers()
        .map(({ name }) => name),
    ).toEqual(['müller']);
  });

  test('must be UTF-8 or UTF-16', async () => {
    const file = join(folder, 'encoded');
    await writeFile(file, Buffer.from(text, 'latin1'));
    expect(await messageOf(() => loadKubeConfig(file))).toBe(
      `cannot read the kubeconfig ${file}: it must be UTF-8, or UTF-16 with a byte order mark`,
    );
  });
});

/** Returns a configuration with one cluster and one user. */
function configOf(server: string, user: object = {}): KubeConfig {
  const config = new KubeConfig();
  config.loadFromString(
    JSON.stringify({
      clusters: [{ name: 'main', cluster: { server, 'insecure-skip-tls-verify': true } }],
      users: [{ name: 'operator', user }],
      contexts: [{ name: 'main', context: { cluster: 'main', user: 'operator' } }],
      'current-context': 'main',
    }),
  );
  return config;
}

test.each([
  ['https://127.0.0.1:6443/', 'no error'],
  [`https://admin:${CANARY}@127.0.0.1:6443`, 'contains a user'],
  [`https://${CANARY}@127.0.0.1:6443`, 'contains a user'],
  [`ht!tp://admin:${CANARY}@127.0.0.1`, "isn't a URL"],
])('loading the server %s: %s', async (server, expected) => {
  const message = await messageOf(() => serverURL(configOf(server)));
  expect(message).toContain(expected);
  expect(message).not.toContain(CANARY);
});

describe('the error about a failed authentication', () => {
  const plugin = (command: string, ...args: string[]) => ({
    exec: { apiVersion: 'client.authentication.k8s.io/v1', command, args, interactiveMode: 'Never' },
  });
  test.each([
    [
      'a plugin that fails',
      plugin('/bin/sh', '-c', `echo ${CANARY} >&2; exit 3`),
      'credential plugin sh of the kubeconfig failed',
    ],
    [
      'a plugin that prints no JSON',
      plugin('sh', '-c', `echo ${CANARY}`),
      'credential plugin sh of the kubeconfig failed',
    ],
    [
      'a plugin without a status',
      plugin('sh', '-c', `echo '{"token": "${CANARY}"}'`),
      'credential plugin sh of the kubeconfig failed',
    ],
    ['a missing plugin', plugin('no-such-plugin', CANARY), 'no-such-plugin not found; install it'],
    ['a token of two lines', { token: `${CANARY}\n${CANARY}` }, 'contains an invalid character'],
    ['a token beyond ASCII', { token: `${CANARY}\u2026` }, 'contains an invalid character'],
    [
      'a provider that fails',
      { 'auth-provider': { name: 'oidc', config: { ...OIDC, 'id-token': CANARY, 'client-secret': CANARY } } },
      'credential provider oidc of the kubeconfig failed',
    ],
    ['an invalid key', { 'client-certificate-data': 'Y2FuYXJ5', 'client-key-data': 'Y2FuYXJ5' }, 'cannot list'],
  ])('hides the credentials of %s', async (_, user, expected) => {
    const client = new ApiClient(new KubeConfigFile(configOf('https://127.0.0.1:9443', user)), {
      clock: systemClock,
    });
    const message = await messageOf(() => client.request({ verb: 'list', resource: POLICIES }));
    expect(message).toContain(expected);
    expect(message).not.toContain(CANARY);
    expect(message).not.toContain('Y2FuYXJ5');
  });
});
