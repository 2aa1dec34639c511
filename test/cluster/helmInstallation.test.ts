import { cp, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { KubeConfig, PatchStrategy } from '@kubernetes/client-node';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { systemClock } from '../../src/clock.ts';
import { ApiClient } from '../../src/kube/apiClient.ts';
import { KubeConfigFile } from '../../src/kube/kubeconfig/kubeConfigFile.ts';
import { FLEETS, POLICIES } from '../../src/kube/resources.ts';
import { BUILD_TIME, CHART, renderers, run } from '../deploy/rendering.ts';
import { freePort } from '../environment/freePort.ts';
import { locateHelm } from '../environment/helm.ts';
import { eventuallyReported } from './clusterHarness.ts';
import { DeployedOperator } from './deployedOperator.ts';
import { ADMITTED, admitPod, denying, fleet, waitForCompliance } from './installationFixtures.ts';
import { InstallationHarness, restrictedNamespace } from './installationHarness.ts';
import { effectivePermissions, rolePermissions, usedPermissions } from './permissions.ts';

/** Permissions that requests with another verb require to create an object: server-side apply, and the update of a Lease. */
const CREATED_BY_OTHERS = [
  'create policyreports.wgpolicyk8s.io',
  'create reports.openreports.io',
  'create leases.coordination.k8s.io wsap.operators',
];

let installation: InstallationHarness;
beforeAll(async () => {
  await renderers();
  installation = await InstallationHarness.start();
}, BUILD_TIME);
afterAll(() => installation[Symbol.asyncDispose]());

test('an upgrade of the chart upgrades the CRDs', async () => {
  await installation.apply([restrictedNamespace('wsap-system')]);
  const old = join(installation.directory, 'old');
  await cp(CHART, old, { recursive: true });
  const crd = join(old, 'templates/crds/workspacefleets.yaml');
  const text = await readFile(crd, 'utf8');
  await writeFile(crd, text.replace('        - name: Suspended\n', '        - name: Stopped\n'));
  const columns = [
    'get',
    'crd',
    'workspacefleets.wsap.dev',
    '-o',
    'jsonpath={.spec.versions[0].additionalPrinterColumns[*].name}',
  ];

  await helm('install', await values(), old);
  expect(await installation.kubectl(...columns)).toContain('Stopped');
  await helm('upgrade', await values());
  expect(await installation.kubectl(...columns)).toMatch(/Ready Suspended Policies/);
});

test('Pod Security restricted admits the pod of the chart, but no pod with more privileges', async () => {
  expect(await admitPod(installation)).toBe(ADMITTED);
  await helm('upgrade', await values({ securityContext: { capabilities: null } }));
  await expect(admitPod(installation)).rejects.toThrow('violates PodSecurity "restricted:latest"');
  await helm('upgrade', await values());
});

test('the operator uses exactly the permissions that the chart grants', { timeout: 400_000 }, async () => {
  await installation.apply([
    fleet('default'),
    denying('Visio', { name: 'no-visio', namespace: 'desktops' }),
    denying('Office', { name: 'no-office', namespace: 'desktops' }, 'Audit'),
  ]);
  for (const kind of ['policyreports.wgpolicyk8s.io', 'reports.openreports.io']) {
    await installation.installCrd(kind);
    // Only a new process reads the reports that an earlier one has written.
    for (const permission of [`patch ${kind}`, `get ${kind}`]) {
      const predecessor = await DeployedOperator.start(installation);
      await eventuallyReported(async () =>
        expect((await usedPermissions(installation, 'wsap-system', 'wsap')).done).toContain(permission),
      );
      await predecessor.kill();
    }
  }
  await using operator = await DeployedOperator.start(installation);

  await waitForCompliance(installation, 'no-visio');
  const granted = await rolePermissions(
    installation,
    'wsap-system',
    'clusterrole/wsap-wsap-system',
    'role/wsap-leases',
  );
  expect(granted).toEqual(expect.arrayContaining(CREATED_BY_OTHERS));
  const needed = granted.filter((one) => !CREATED_BY_OTHERS.includes(one));
  await eventuallyReported(async () => {
    await editRepeatedly();
    // The operator reads a Lease again if someone else has edited it.
    await installation.kubectl('-n', 'wsap-system', 'annotate', 'leases', '--all', '--overwrite', `edits=${edits}`);
    expect((await usedPermissions(installation, 'wsap-system', 'wsap')).done).toEqual(needed);
  });
  expect((await usedPermissions(installation, 'wsap-system', 'wsap')).refused).toEqual([]);
  expect(operator.log).not.toMatch(/forbidden/i);
});

const CLUSTER_PERMISSIONS = [
  'events [create patch]',
  'leases.coordination.k8s.io wsap.operators [get create update]',
  'namespaces [list watch]',
  'policyreports.wgpolicyk8s.io [get list create patch delete]',
  'reports.openreports.io [get list create patch delete]',
  'workspaceapplicationpolicies.wsap.dev [get list watch]',
  'workspaceapplicationpolicies.wsap.dev/status [patch]',
  'workspacefleets.wsap.dev [get list watch]',
  'workspacefleets.wsap.dev/status [patch]',
];
const OPERATOR_NAMESPACE_PERMISSIONS = ['leases.coordination.k8s.io [get list watch create update delete]'];

test.each([
  ['desktops', CLUSTER_PERMISSIONS],
  ['wsap-system', [...CLUSTER_PERMISSIONS, ...OPERATOR_NAMESPACE_PERMISSIONS].sort()],
])('the operator’s token grants only the expected permissions in %s', async (inNamespace, expected) => {
  expect(await effectivePermissions(installation, 'wsap-system', 'wsap', inNamespace)).toEqual(expected);
});

test.each([
  ['read secrets', ['get', 'secrets', '-A']],
  ['run pods', ['run', '-n', 'wsap-system', 'shell', '--image=busybox']],
  ['edit policies', ['patch', 'wsap', '-n', 'desktops', 'no-visio', '--type=merge', '-p', '{"spec":{"suspend":true}}']],
  ['approve plans', ['annotate', 'wsap', '-n', 'desktops', 'no-visio', 'wsap.dev/approved-plan=1']],
  ['delete policies', ['delete', 'wsap', '-n', 'desktops', 'no-visio']],
  ['edit fleets', ['patch', 'wsfleet', 'default', '--type=merge', '-p', '{"spec":{"suspend":false}}']],
  ['use leases of other components', ['get', 'leases', '-n', 'kube-system']],
  ['grant itself permissions', ['create', 'clusterrolebinding', 'more', '--clusterrole=cluster-admin', '--user=x']],
  ['create tokens', ['create', 'token', '-n', 'wsap-system', 'default']],
])('the operator’s token does not allow its holder to %s', async (_, args) => {
  const kubeconfig = await installation.kubeconfigOf('wsap-system', 'wsap');
  await expect(installation.kubectl('--kubeconfig', kubeconfig, ...args)).rejects.toThrow(/Forbidden|forbidden/);
});

test('the edit role allows users to edit policies, but neither fleets nor statuses', async () => {
  const roles = ['view', 'edit'].map((role) => ({
    apiVersion: 'rbac.authorization.k8s.io/v1',
    kind: 'RoleBinding',
    metadata: { name: role, namespace: 'desktops' },
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: `wsap-wsap-system-${role}` },
    subjects: [{ kind: 'ServiceAccount', name: role, namespace: 'desktops' }],
  }));
  const accounts = ['view', 'edit'].map((name) => ({
    apiVersion: 'v1',
    kind: 'ServiceAccount',
    metadata: { name, namespace: 'desktops' },
  }));
  await installation.apply([...accounts, ...roles]);
  expect(await effectivePermissions(installation, 'desktops', 'view', 'desktops')).toEqual([
    'workspaceapplicationpolicies.wsap.dev [get list watch]',
    'workspaceapplicationpolicies.wsap.dev/status [get list watch]',
  ]);
  expect(await effectivePermissions(installation, 'desktops', 'edit', 'desktops')).toEqual([
    'workspaceapplicationpolicies.wsap.dev [create update patch delete deletecollection]',
  ]);
  expect(await effectivePermissions(installation, 'desktops', 'edit', 'elsewhere')).toEqual([]);
});

test('policies survive when the chart is uninstalled and installed again', async () => {
  await helm('uninstall');
  expect(await installation.kubectl('get', 'deployments,services,clusterroles', '-A', '-o', 'name')).not.toContain(
    'wsap',
  );
  expect(await installation.kubectl('get', 'wsap', '-A', '-o', 'name')).toContain('no-visio');
  await helm('install', await values());
  expect(await installation.kubectl('get', 'wsap', '-A', '-o', 'name')).toContain('no-visio');
});

/** Removes the release, the CRDs, and with them all policies and fleets. */
async function uninstallCompletely(): Promise<void> {
  await helm('uninstall');
  const names = ['workspaceapplicationpolicies', 'workspacefleets', 'notificationproviders'];
  await installation.kubectl('delete', 'crd', ...names.map((name) => `${name}.wsap.dev`));
}

describe('fleets of the values', () => {
  const fleetNamed = (name: string, ...paths: string[]) =>
    installation.kubectl('get', 'wsfleet', name, '-o', `jsonpath={${paths.join('}{')}}`);
  const spec = { region: 'eu-central-1', allowedNamespaces: { from: 'All' } };

  test('are created by the first installation in one command, adopted by upgrades, and deleted with their value', async () => {
    await uninstallCompletely();
    await helm('install', await values({ fleets: { emea: spec, apac: spec } }));
    expect(await fleetNamed('emea', '.spec.region', '.spec.suspend')).toBe('eu-central-1false');
    const uid = await fleetNamed('emea', '.metadata.uid');

    await helm('upgrade', await values({ fleets: { emea: { ...spec, suspend: true }, apac: spec } }));
    expect(await fleetNamed('emea', '.spec.suspend', '.metadata.uid')).toBe(`true${uid}`);
    expect(await fleetNamed('emea', '.metadata.annotations')).not.toContain('helm.sh/hook');

    // The first release doesn't manage its fleets, so Helm deletes them before it creates them again.
    await helm('rollback', undefined, CHART, ['1']);
    expect(await fleetNamed('emea', '.spec.suspend')).toBe('false');
    await helm('upgrade', await values({ fleets: { emea: spec, apac: spec } }));

    await helm('upgrade', await values({ fleets: { apac: spec } }));
    await expect(fleetNamed('emea')).rejects.toThrow('not found');
    expect(await fleetNamed('apac', '.spec.region')).toBe('eu-central-1');
    await helm('upgrade', await values());
  });
});

test('the chart takes over CRDs that were applied manually, as the guide says', async () => {
  await uninstallCompletely();
  const folder = join(installation.directory, 'earlier-crds');
  await cp(join(CHART, '../../../crds'), folder, { recursive: true });
  for (const name of ['workspacefleets.yaml', 'workspaceapplicationpolicies.yaml']) {
    const text = await readFile(join(folder, name), 'utf8');
    await writeFile(join(folder, name), text.replaceAll('- name: Suspended\n', '- name: Stopped\n'));
  }
  await installation.kubectl('apply', '-f', folder);

  await expect(helm('install', await values())).rejects.toThrow('invalid ownership metadata');
  const guide = await readFile(join(CHART, '../../../docs/how-to/upgrade.md'), 'utf8');
  const [, flags = ''] = /helm upgrade --install \S+((?: --[a-z-]+)+)/.exec(guide) ?? [];
  expect(flags).toContain('--take-ownership');
  await helm('upgrade', await values(), CHART, ['--install', ...flags.trim().split(' ')]);
  const columns = 'jsonpath={.spec.versions[0].additionalPrinterColumns[*].name}';
  expect(await installation.kubectl('get', 'crd', 'workspacefleets.wsap.dev', '-o', columns)).toContain('Suspended');
  // The next upgrade needs no flags.
  await helm('upgrade', await values());
});

test('two releases of the same name run in two namespaces, of which one owns the CRDs', async () => {
  await installation.apply([restrictedNamespace('elsewhere-system')]);
  const others = { ...(await values()), operator: { namespace: 'elsewhere' } };
  await expect(helm('install', others, CHART, ['--namespace', 'elsewhere-system'])).rejects.toThrow(
    'invalid ownership metadata',
  );
  await helm('upgrade', { ...others, crds: { install: false } }, CHART, [
    '--install',
    '--namespace',
    'elsewhere-system',
  ]);
  await helm('uninstall', undefined, CHART, ['--namespace', 'elsewhere-system']);
});

/** Returns values for an operator that runs on the machine of the test. */
async function values(more: object = {}): Promise<object> {
  return {
    aws: { region: 'eu-central-1' },
    health: { port: await freePort() },
    metrics: { port: await freePort() },
    operator: {
      awsRequestsPerSecond: 500,
      awsBurst: 100,
      // Short leases, so that a replica quickly takes over the leases of a killed one.
      leaseDuration: '6s',
      renewDeadline: '4s',
      retryPeriod: '1s',
    },
    reports: { interval: '2s' },
    ...more,
  };
}

/** Installs, upgrades, or uninstalls the release `wsap` in `wsap-system`. */
async function helm(command: string, given?: object, chart = CHART, more: readonly string[] = []): Promise<string> {
  const what = given === undefined ? ['wsap'] : ['wsap', chart, '--values', '-'];
  // The last of several namespaces counts.
  const flags = ['--namespace', 'wsap-system', '--kubeconfig', installation.controlPlane.kubeconfigPath, ...more];
  const env = { PATH: process.env.PATH, HOME: installation.directory };
  return run(await locateHelm(), [command, ...what, ...flags], JSON.stringify(given), env);
}

let edits = 0;

/**
 * Suspends and resumes the fleet and a policy so fast that the operator's statuses are outdated. In the end, the policy
 * denies either an existing application or none, alternately.
 */
async function editRepeatedly(): Promise<void> {
  const config = new KubeConfig();
  config.loadFromString(installation.controlPlane.kubeconfig);
  const client = new ApiClient(new KubeConfigFile(config), { clock: systemClock });
  const patch = { verb: 'patch', contentType: PatchStrategy.MergePatch } as const;
  for (let turn = 0; turn < 21; turn++) {
    const on = edits++ % 2 === 0;
    const spec = { suspend: on, applications: { denied: [{ name: on ? 'Nothing' : 'Microsoft Office*' }] } };
    await Promise.all([
      client.request({ ...patch, resource: FLEETS, name: 'default', body: { spec: { suspend: on } } }),
      client.request({ ...patch, resource: POLICIES, namespace: 'desktops', name: 'no-office', body: { spec } }),
    ]);
  }
}
