import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { BUILD_TIME, KUSTOMIZE, renderers } from '../deploy/rendering.ts';
import { freePort } from '../environment/freePort.ts';
import { eventuallyReported } from './clusterHarness.ts';
import { DeployedOperator } from './deployedOperator.ts';
import { ADMITTED, admitPod, denying, fleet, waitForCompliance } from './installationFixtures.ts';
import { InstallationHarness } from './installationHarness.ts';
import { effectivePermissions, usedPermissions } from './permissions.ts';

let installation: InstallationHarness;
beforeAll(async () => {
  await renderers();
  installation = await InstallationHarness.start();
}, BUILD_TIME);
afterAll(() => installation[Symbol.asyncDispose]());

test.each(['default', 'approval-policy', 'high-availability', 'network-policy', 'notifications', 'one-namespace'])(
  'the overlay %s applies completely, and Pod Security restricted admits its pod',
  async (overlay) => {
    await installation.kubectl('apply', '-k', join(KUSTOMIZE, overlay));
    expect(await installation.kubectl('diff', '-k', join(KUSTOMIZE, overlay))).toBe('');
    expect(await admitPod(installation)).toBe(ADMITTED);
  },
);

test('an operator for one namespace has all permissions that it needs, and none in other namespaces', async () => {
  const [health, metrics] = [await freePort(), await freePort()];
  await installation.kubectl(
    ...['set', 'env', '-n', 'wsap-system', 'deployment/wsap', 'AWS_REGION=eu-central-1'],
    ...[`WSAP_HEALTH_PROBE_BIND_ADDRESS=:${health}`, `WSAP_METRICS_BIND_ADDRESS=:${metrics}`],
  );
  await installation.apply([
    fleet('default'),
    denying('Visio', { name: 'no-visio', namespace: 'desktops' }),
    denying('Office', { name: 'no-office', namespace: 'elsewhere' }),
  ]);
  await using operator = await DeployedOperator.start(installation);
  await waitForCompliance(installation, 'no-visio');
  await eventuallyReported(async () =>
    expect(await installation.kubectl('get', 'events', '-n', 'default')).toContain('workspacefleet/default'),
  );
  expect((await usedPermissions(installation, 'wsap-system', 'wsap')).refused).toEqual([]);
  expect(operator.log).not.toMatch(/forbidden/i);

  const conditions = ['get', 'wsap', '-n', 'elsewhere', 'no-office', '-o', 'jsonpath={.status.conditions}'];
  expect(await installation.kubectl(...conditions)).toBe('');
  expect(await effectivePermissions(installation, 'wsap-system', 'wsap', 'elsewhere')).toEqual([
    'leases.coordination.k8s.io wsap.operators [get create update]',
    'namespaces [list watch]',
    'notificationproviders.wsap.dev [get list watch]',
    'notificationproviders.wsap.dev/status [patch]',
    'workspacefleets.wsap.dev [get list watch]',
    'workspacefleets.wsap.dev/status [patch]',
  ]);
});
