import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { InClusterConfig } from '../../src/kube/inClusterConfig.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'wsap-service-account-'));
  put({ namespace: 'wsap-system\n', token: 'first\n', 'ca.crt': 'first authority' });
});
afterEach(() => rmSync(folder, { recursive: true }));

function put(files: Readonly<Record<string, string>>): void {
  for (const [name, text] of Object.entries(files)) {
    writeFileSync(join(folder, name), text);
  }
}

const find = (env: NodeJS.ProcessEnv) => InClusterConfig.find(env, { directory: folder });
const POD = { KUBERNETES_SERVICE_HOST: '10.96.0.1', KUBERNETES_SERVICE_PORT: '443' };

describe('InClusterConfig', () => {
  test.each([
    ['an IPv4 address', POD, 'https://10.96.0.1:443'],
    ['an IPv6 address', { ...POD, KUBERNETES_SERVICE_HOST: 'fd00::1' }, 'https://[fd00::1]:443'],
    ['a name', { ...POD, KUBERNETES_SERVICE_HOST: 'api.cluster.example' }, 'https://api.cluster.example:443'],
    ['no address', { KUBERNETES_SERVICE_PORT: '443' }, undefined],
    ['an empty address', { ...POD, KUBERNETES_SERVICE_HOST: '' }, undefined],
    ['no port', { KUBERNETES_SERVICE_HOST: '10.96.0.1' }, undefined],
  ])('finds the server with %s in the environment', (_, env, server) => {
    expect(find(env)?.server).toBe(server);
  });

  test('reads the namespace of the pod', () => {
    expect(find(POD)?.namespace).toBe('wsap-system');
  });

  test('is undefined if no files are mounted', () => {
    expect(InClusterConfig.find(POD, { directory: join(folder, 'nowhere') })).toBeUndefined();
  });

  test('reads the latest credentials of the kubelet', async () => {
    const access = find(POD);
    expect(await access?.credentials()).toEqual({
      headers: { Authorization: 'Bearer first' },
      tls: { ca: 'first authority' },
    });
    put({ token: 'second', 'ca.crt': 'second authority' });
    expect(await access?.credentials()).toEqual({
      headers: { Authorization: 'Bearer second' },
      tls: { ca: 'second authority' },
    });
  });

  test('names a missing file in its error and no content of other files', async () => {
    const access = find(POD);
    rmSync(join(folder, 'ca.crt'));
    await expect(access?.credentials()).rejects.toThrow(/ENOENT.*ca\.crt/);
  });
});
