import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { parse, stringify } from 'yaml';
import { fleetOf, VISIO } from '../cluster/clusterHarness.ts';
import { kubectl } from '../environment/kubectl.ts';
import { having, removals } from './account.ts';
import { eventually } from './eventually.ts';
import { Installation } from './installation.ts';

const FOLDER = '/var/run/secrets/kubernetes.io/serviceaccount';
const TOKEN = 'operator-token';

let installation: Installation;
beforeAll(async () => {
  installation = await Installation.prepare(fleetOf(20, 5));
});
afterAll(() => installation[Symbol.asyncDispose]());

/** Creates a token of the operator that is valid until the Secret `bound` is deleted. Returns it. */
async function createToken(bound: string): Promise<string> {
  await installation.kubectl('create', 'secret', 'generic', bound);
  const flags = ['--bound-object-kind=Secret', `--bound-object-name=${bound}`];
  return (await installation.kubectl('create', 'token', 'wsap', ...flags)).trim();
}

/** Mounts a token into the pods of the operator. The kubelet replaces the file of running pods. */
async function mountToken(token: string): Promise<void> {
  await installation.apply({
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name: TOKEN, namespace: installation.namespace },
    stringData: { token },
  });
}

/** The volume of the API server's admission, with a token that the test controls. */
const VOLUME = {
  name: 'service-account',
  projected: {
    sources: [
      { secret: { name: TOKEN } },
      { configMap: { name: 'kube-root-ca.crt', items: [{ key: 'ca.crt', path: 'ca.crt' }] } },
      { downwardAPI: { items: [{ path: 'namespace', fieldRef: { fieldPath: 'metadata.namespace' } }] } },
    ],
  },
};

/** Asks the API server who the owner of a token is. */
async function whoAmI(token: string): Promise<string> {
  const { cluster, directory } = installation;
  const config = parse(await readFile(cluster.kubeconfigPath, 'utf8'));
  config.users = config.users.map(({ name }: { name: string }) => ({ name, user: { token } }));
  const kubeconfigPath = join(directory, 'token.kubeconfig');
  await writeFile(kubeconfigPath, stringify(config));
  return kubectl({ ...cluster, kubeconfigPath }, ['auth', 'whoami']);
}

test('the operator continues with a replaced token after the API server rejects the first one', async () => {
  const serviceAccount = { create: false, name: 'wsap' };
  await installation.kubectl('create', 'serviceaccount', 'wsap');
  const first = await createToken('first');
  await mountToken(first);
  await installation.deploy(
    installation.values({
      serviceAccount,
      automountServiceAccountToken: false,
      extraVolumes: [VOLUME],
      extraVolumeMounts: [{ name: VOLUME.name, mountPath: FOLDER, readOnly: true }],
    }),
  );
  const [name = ''] = await installation.waitForReady(1);
  const affected = having(installation.aws, VISIO);

  const second = await createToken('second');
  await mountToken(second);
  const read = ['exec', name, '--', '/nodejs/bin/node', '-p', `fs.readFileSync('${FOLDER}/token', 'utf8')`];
  await eventually(async () => expect((await installation.kubectl(...read)).trim()).toBe(second));
  await installation.kubectl('delete', 'secret', 'first');
  await eventually(async () => expect(whoAmI(first)).rejects.toThrow('Unauthorized'));
  expect(await whoAmI(second)).toContain(`system:serviceaccount:${installation.namespace}:wsap`);

  await installation.enforce('no-visio', 'Visio');
  expect(removals(installation.aws).sort()).toEqual(affected.map((workspaceID) => `${workspaceID} ${VISIO}`).sort());
  const pod = await installation.pod(name);
  expect(pod.status.containerStatuses).toMatchObject([{ restartCount: 0, ready: true }]);
  expect(await installation.kubectl('logs', name)).not.toMatch(/Unauthorized|401/);
});
