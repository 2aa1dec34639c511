import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { BUILD_TIME, KUSTOMIZE, renderers } from '../deploy/rendering.ts';
import { DeployedOperator } from './deployedOperator.ts';
import { ADMITTED, admitPod, denying, fleet, freePort, untilCompliant } from './installation.ts';
import { doneBy, permittedTo } from './permissions.ts';
import { untilTold } from './scene.ts';
import { Site } from './site.ts';

let site: Site;
beforeAll(async () => {
  await renderers();
  site = await Site.begin();
}, BUILD_TIME);
afterAll(() => site[Symbol.asyncDispose]());

test.each(['default', 'high-availability', 'network-policy', 'one-namespace'])(
  'the overlay %s applies as it is and completely, and its pod is one that Pod Security restricted admits',
  async (overlay) => {
    await site.kubectl('apply', '-k', join(KUSTOMIZE, overlay));
    expect(await site.kubectl('diff', '-k', join(KUSTOMIZE, overlay))).toBe('');
    expect(await admitPod(site)).toBe(ADMITTED);
  },
);

test('for one namespace, the operator is refused nothing and can look nowhere else', async () => {
  const [health, metrics] = [await freePort(), await freePort()];
  await site.kubectl(
    ...['set', 'env', '-n', 'wsap-system', 'deployment/wsap', 'AWS_REGION=eu-central-1'],
    ...[`WSAP_HEALTH_PROBE_BIND_ADDRESS=:${health}`, `WSAP_METRICS_BIND_ADDRESS=:${metrics}`],
  );
  await site.apply([
    fleet('default'),
    denying('Visio', { name: 'no-visio', namespace: 'desktops' }),
    denying('Office', { name: 'no-office', namespace: 'elsewhere' }),
  ]);
  await using operator = await DeployedOperator.start(site);
  await untilCompliant(site, 'no-visio');
  await untilTold(async () =>
    expect(await site.kubectl('get', 'events', '-n', 'default')).toContain('workspacefleet/default'),
  );
  expect((await doneBy(site, 'wsap-system', 'wsap')).refused).toEqual([]);
  expect(operator.log).not.toMatch(/forbidden/i);

  const conditions = ['get', 'wsap', '-n', 'elsewhere', 'no-office', '-o', 'jsonpath={.status.conditions}'];
  expect(await site.kubectl(...conditions)).toBe('');
  expect(await permittedTo(site, 'wsap-system', 'wsap', 'elsewhere')).toEqual([
    'namespaces [list watch]',
    'workspacefleets.wsap.dev [get list watch]',
    'workspacefleets.wsap.dev/status [patch]',
  ]);
});
