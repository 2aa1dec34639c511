import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { fleetOf, VISIO } from '../cluster/clusterHarness.ts';
import { having, removals } from './account.ts';
import { eventually } from './eventually.ts';
import { type HttpsEndpoint, startHttpsEndpoint } from './httpsEndpoint.ts';
import { Installation } from './installation.ts';

const ROLE = 'arn:aws:iam::123456789012:role/wsap';
const TOKENS = '/var/run/secrets/eks.amazonaws.com/serviceaccount';

let installation: Installation;
let endpoint: HttpsEndpoint;
beforeAll(async () => {
  installation = await Installation.prepare(fleetOf(20, 5, { roles: [{ name: 'wsap' }] }));
  const directory = join(installation.directory, 'certificates');
  await mkdir(directory);
  const { machineAddress } = installation.cluster;
  endpoint = await startHttpsEndpoint(installation.aws.url, machineAddress, directory);
  await installation.apply({
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: 'authorities', namespace: installation.namespace },
    data: { 'ca.crt': endpoint.authority },
  });
});
afterAll(async () => {
  await installation[Symbol.asyncDispose]();
  await endpoint[Symbol.asyncDispose]();
});

/** Values with what the webhook of EKS adds to a pod, and the documented values for a private authority. */
function webIdentity(authorities: readonly object[]): object {
  const token = { serviceAccountToken: { audience: 'sts.amazonaws.com', expirationSeconds: 600, path: 'token' } };
  return installation.values({
    serviceAccount: { annotations: { 'eks.amazonaws.com/role-arn': ROLE } },
    extraEnv: [
      { name: 'AWS_ENDPOINT_URL', value: `https://${installation.cluster.machineAddress}:${endpoint.port}` },
      { name: 'AWS_ROLE_ARN', value: ROLE },
      { name: 'AWS_WEB_IDENTITY_TOKEN_FILE', value: `${TOKENS}/token` },
      ...authorities,
    ],
    extraVolumes: [
      { name: 'aws-token', projected: { sources: [token] } },
      { name: 'authorities', configMap: { name: 'authorities' } },
    ],
    extraVolumeMounts: [
      { name: 'aws-token', mountPath: TOKENS, readOnly: true },
      { name: 'authorities', mountPath: '/authorities', readOnly: true },
    ],
  });
}

test('without the authority, the pod is ready, and the fleet reports the certificate', async () => {
  await installation.deploy(webIdentity([]));

  await eventually(async () => {
    const { status } = JSON.parse(await installation.kubectl('get', 'wsfleet', 'default', '-o', 'json'));
    const ready = status?.conditions?.find(({ type }: { type: string }) => type === 'Ready');
    expect(ready).toMatchObject({ status: 'False', message: expect.stringMatching(/certificate/) });
  });
  expect(installation.aws.calls.list()).toEqual([]);
});

test('with the authority, the operator assumes its role with the token of its service account', async () => {
  const affected = having(installation.aws, VISIO);
  await installation.deploy(webIdentity([{ name: 'NODE_EXTRA_CA_CERTS', value: '/authorities/ca.crt' }]));
  await installation.enforce('no-visio', 'Visio');

  expect(removals(installation.aws).sort()).toEqual(affected.map((workspaceID) => `${workspaceID} ${VISIO}`).sort());
  expect(await installation.exec('doctor', '--no-cluster')).toMatch(/^ok +aws identity +.*:assumed-role\/wsap\//m);
});
