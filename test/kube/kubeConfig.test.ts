import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { KubeConfig } from '@kubernetes/client-node';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { systemClock } from '../../src/clock.ts';
import { ApiClient } from '../../src/kube/apiClient.ts';
import { loadKubeConfig, serverOf } from '../../src/kube/kubeConfig.ts';
import { KubeConfigFile } from '../../src/kube/kubeConfigFile.ts';
import { POLICIES } from '../../src/kube/resources.ts';

const CANARY = 'canary';
/** With which the library tries to renew a token, and doesn't succeed. */
const OIDC = { 'client-id': 'wsap', 'refresh-token': CANARY, 'idp-issuer-url': 'http://127.0.0.1:9' };

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'wsap-kubeconfig-'));
});
afterAll(() => rm(folder, { recursive: true }));

/** What somebody is told who uses a kubeconfig. */
async function told(use: () => unknown): Promise<string> {
  try {
    await use();
    return 'nothing is wrong';
  } catch (error) {
    return (error as Error).message;
  }
}

describe('a kubeconfig that is not right is refused without repeating what stands in it', () => {
  test.each([
    ['a slip of indentation', `users:\n- name: u\n  user:\n    token: ${CANARY}\n   bad: [\n`, 'at line 5, column 4'],
    ['a text without an end', `users:\n- name: "${CANARY}\n`, 'at line 3, column 1'],
    ['an alias of nothing', `users: [{name: u, user: {token: *${CANARY}}}]\n`, 'at line 1, column '],
  ])('%s', async (_, text, place) => {
    const file = join(folder, 'config');
    await writeFile(file, text);
    const message = await told(() => loadKubeConfig(file));
    expect(message).toMatch(/^the kubeconfig can't be read: it isn't YAML at line \d+, column \d+$/);
    expect(message).toContain(place);
    expect(message).not.toContain(CANARY);
  });

  test('one that is not there is named', async () => {
    expect(await told(() => loadKubeConfig('/nowhere/config'))).toMatch(/can't be read: ENOENT.*\/nowhere\/config/);
  });
});

/** A configuration with one cluster and one user. */
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
  ['https://127.0.0.1:6443/', 'nothing is wrong'],
  [`https://admin:${CANARY}@127.0.0.1:6443`, 'has a user in its URL'],
  [`https://${CANARY}@127.0.0.1:6443`, 'has a user in its URL'],
  [`ht!tp://admin:${CANARY}@127.0.0.1`, "isn't a URL"],
])('the server %s: %s', async (server, expected) => {
  const message = await told(() => serverOf(configOf(server)));
  expect(message).toContain(expected);
  expect(message).not.toContain(CANARY);
});

describe('what a request says of a user that can not be authenticated', () => {
  const plugin = (command: string, ...args: string[]) => ({
    exec: { apiVersion: 'client.authentication.k8s.io/v1', command, args, interactiveMode: 'Never' },
  });
  test.each([
    ['a plugin that fails', plugin('/bin/sh', '-c', `echo ${CANARY} >&2; exit 3`), 'credential plugin sh failed'],
    ['a plugin that prints no JSON', plugin('sh', '-c', `echo ${CANARY}`), 'credential plugin sh failed'],
    ['a plugin without a status', plugin('sh', '-c', `echo '{"token": "${CANARY}"}'`), 'credential plugin sh failed'],
    ['a plugin that is not there', plugin('no-such-plugin', CANARY), 'spawn no-such-plugin ENOENT'],
    ['a token of two lines', { token: `${CANARY}\n${CANARY}` }, 'characters that no token has'],
    ['a token beyond ASCII', { token: `${CANARY}\u2026` }, 'characters that no token has'],
    [
      'a provider that fails',
      { 'auth-provider': { name: 'oidc', config: { ...OIDC, 'id-token': CANARY, 'client-secret': CANARY } } },
      'credential provider oidc failed',
    ],
    ['a key that is none', { 'client-certificate-data': 'Y2FuYXJ5', 'client-key-data': 'Y2FuYXJ5' }, 'cannot list'],
  ])('%s', async (_, user, expected) => {
    const client = new ApiClient(new KubeConfigFile(configOf('https://127.0.0.1:9443', user)), {
      clock: systemClock,
    });
    const message = await told(() => client.request({ verb: 'list', resource: POLICIES }));
    expect(message).toContain(expected);
    expect(message).not.toContain(CANARY);
    expect(message).not.toContain('Y2FuYXJ5');
  });
});
