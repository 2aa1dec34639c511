import { cp, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { KubeConfig, PatchStrategy } from '@kubernetes/client-node';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { systemClock } from '../../src/clock.ts';
import { ApiClient } from '../../src/kube/apiClient.ts';
import { KubeConfigFile } from '../../src/kube/kubeConfigFile.ts';
import { FLEETS, POLICIES } from '../../src/kube/resources.ts';
import { BUILD_TIME, CHART, renderers, run } from '../deploy/rendering.ts';
import { locateHelm } from '../environment/helm.ts';
import { eventuallyReported } from './clusterHarness.ts';
import { DeployedOperator } from './deployedOperator.ts';
import { ADMITTED, admitPod, denying, fleet, freePort, untilCompliant } from './installation.ts';
import { InstallationHarness, restrictedNamespace } from './installationHarness.ts';
import { doneBy, permittedBy, permittedTo } from './permissions.ts';

/** Asked for where server-side apply creates an object. The audit log calls that a patch. */
const CREATED_BY_PATCH = ['create policyreports.wgpolicyk8s.io', 'create reports.openreports.io'];

let installation: InstallationHarness;
beforeAll(async () => {
  await renderers();
  installation = await InstallationHarness.begin();
}, BUILD_TIME);
afterAll(() => installation[Symbol.asyncDispose]());

test('the CRDs are upgraded with the chart', async () => {
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

test('the pod is one that Pod Security restricted admits, where it refuses others', async () => {
  expect(await admitPod(installation)).toBe(ADMITTED);
  await helm('upgrade', await values({ securityContext: { capabilities: null } }));
  await expect(admitPod(installation)).rejects.toThrow('violates PodSecurity "restricted:latest"');
  await helm('upgrade', await values());
});

test('the operator lacks no permission, and has none that it makes no use of', { timeout: 400_000 }, async () => {
  await installation.apply([
    fleet('emea'),
    denying('Visio', { name: 'no-visio', namespace: 'desktops' }),
    denying('Office', { name: 'no-office', namespace: 'desktops' }, 'Audit'),
  ]);
  for (const kind of ['policyreports.wgpolicyk8s.io', 'reports.openreports.io']) {
    await installation.installCrd(kind);
    // Only a process that begins doesn't know what it has written.
    for (const permission of [`patch ${kind}`, `get ${kind}`]) {
      const predecessor = await DeployedOperator.start(installation);
      await eventuallyReported(async () =>
        expect((await doneBy(installation, 'wsap-system', 'wsap')).done).toContain(permission),
      );
      await predecessor.kill();
    }
  }
  await using operator = await DeployedOperator.start(installation);

  await untilCompliant(installation, 'no-visio');
  const granted = await permittedBy(installation, 'wsap-system', 'clusterrole/wsap', 'role/wsap-leases');
  expect(granted).toEqual(expect.arrayContaining(CREATED_BY_PATCH));
  const needed = granted.filter((one) => !CREATED_BY_PATCH.includes(one));
  await eventuallyReported(async () => {
    await editAtOnce();
    expect((await doneBy(installation, 'wsap-system', 'wsap')).done).toEqual(needed);
  });
  expect((await doneBy(installation, 'wsap-system', 'wsap')).refused).toEqual([]);
  expect(operator.log).not.toMatch(/forbidden/i);
});

const EVERYWHERE = [
  'events [create patch]',
  'namespaces [list watch]',
  'policyreports.wgpolicyk8s.io [get list create patch delete]',
  'reports.openreports.io [get list create patch delete]',
  'workspaceapplicationpolicies.wsap.dev [get list watch]',
  'workspaceapplicationpolicies.wsap.dev/status [patch]',
  'workspacefleets.wsap.dev [get list watch]',
  'workspacefleets.wsap.dev/status [patch]',
];
const AT_HOME = ['leases.coordination.k8s.io [get list watch create update delete]'];

test.each([
  ['desktops', EVERYWHERE],
  ['wsap-system', [...EVERYWHERE, ...AT_HOME].sort()],
])('in %s its token permits no more than this', async (inNamespace, expected) => {
  expect(await permittedTo(installation, 'wsap-system', 'wsap', inNamespace)).toEqual(expected);
});

test.each([
  ['read secrets', ['get', 'secrets', '-A']],
  ['run pods', ['run', '-n', 'wsap-system', 'shell', '--image=busybox']],
  ['edit policies', ['patch', 'wsap', '-n', 'desktops', 'no-visio', '--type=merge', '-p', '{"spec":{"suspend":true}}']],
  ['approve plans', ['annotate', 'wsap', '-n', 'desktops', 'no-visio', 'wsap.dev/approved-plan=1']],
  ['delete policies', ['delete', 'wsap', '-n', 'desktops', 'no-visio']],
  ['edit fleets', ['patch', 'wsfleet', 'emea', '--type=merge', '-p', '{"spec":{"suspend":false}}']],
  ['use leases of others', ['get', 'leases', '-n', 'kube-system']],
  ['make itself more', ['create', 'clusterrolebinding', 'more', '--clusterrole=cluster-admin', '--user=x']],
  ['make tokens', ['create', 'token', '-n', 'wsap-system', 'default']],
])('its token does not let anybody %s', async (_, args) => {
  const kubeconfig = await installation.kubeconfigOf('wsap-system', 'wsap');
  await expect(installation.kubectl('--kubeconfig', kubeconfig, ...args)).rejects.toThrow(/Forbidden|forbidden/);
});

test('who may edit a namespace may edit its policies, and no fleet and no status', async () => {
  const roles = ['view', 'edit'].map((role) => ({
    apiVersion: 'rbac.authorization.k8s.io/v1',
    kind: 'RoleBinding',
    metadata: { name: role, namespace: 'desktops' },
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: `wsap-${role}` },
    subjects: [{ kind: 'ServiceAccount', name: role, namespace: 'desktops' }],
  }));
  const accounts = ['view', 'edit'].map((name) => ({
    apiVersion: 'v1',
    kind: 'ServiceAccount',
    metadata: { name, namespace: 'desktops' },
  }));
  await installation.apply([...accounts, ...roles]);
  expect(await permittedTo(installation, 'desktops', 'view', 'desktops')).toEqual([
    'workspaceapplicationpolicies.wsap.dev [get list watch]',
    'workspaceapplicationpolicies.wsap.dev/status [get list watch]',
  ]);
  expect(await permittedTo(installation, 'desktops', 'edit', 'desktops')).toEqual([
    'workspaceapplicationpolicies.wsap.dev [create update patch delete deletecollection]',
  ]);
  expect(await permittedTo(installation, 'desktops', 'edit', 'elsewhere')).toEqual([]);
});

test('uninstalled, it leaves the policies where they are, and finds them when it is installed again', async () => {
  await helm('uninstall');
  expect(await installation.kubectl('get', 'deployments,services,clusterroles', '-A', '-o', 'name')).not.toContain(
    'wsap',
  );
  expect(await installation.kubectl('get', 'wsap', '-A', '-o', 'name')).toContain('no-visio');
  await helm('install', await values());
  expect(await installation.kubectl('get', 'wsap', '-A', '-o', 'name')).toContain('no-visio');
});

/** Values for an operator that runs on the machine of the test. */
async function values(more: object = {}): Promise<object> {
  return {
    aws: { region: 'eu-central-1' },
    health: { port: await freePort() },
    metrics: { port: await freePort() },
    operator: {
      awsRequestsPerSecond: 500,
      awsBurst: 100,
      // What a replica that was killed leaves behind is another's the sooner.
      leaseDuration: '3s',
      renewDeadline: '2s',
      retryPeriod: '1s',
    },
    reports: { interval: '2s' },
    ...more,
  };
}

/** Installs, upgrades or uninstalls the release `wsap` in `wsap-system`. */
async function helm(command: string, given?: object, chart = CHART): Promise<string> {
  const what = given === undefined ? ['wsap'] : ['wsap', chart, '--values', '-'];
  const flags = ['--namespace', 'wsap-system', '--kubeconfig', installation.controlPlane.kubeconfigPath];
  const env = { PATH: process.env.PATH, HOME: installation.directory };
  return run(await locateHelm(), [command, ...what, ...flags], JSON.stringify(given), env);
}

let edits = 0;

/**
 * Has the fleet suspended and resumed, and a policy suspended and resumed, in such haste that the operator's statuses come too late. In the end
 * the policy is about what is there or about what isn't, in turns.
 */
async function editAtOnce(): Promise<void> {
  const config = new KubeConfig();
  config.loadFromString(installation.controlPlane.kubeconfig);
  const client = new ApiClient(new KubeConfigFile(config), { clock: systemClock });
  const patch = { verb: 'patch', contentType: PatchStrategy.MergePatch } as const;
  for (let turn = 0; turn < 21; turn++) {
    const on = edits++ % 2 === 0;
    const spec = { suspend: on, applications: { denied: [{ name: on ? 'Nothing' : 'Microsoft Office*' }] } };
    await Promise.all([
      client.request({ ...patch, resource: FLEETS, name: 'emea', body: { spec: { suspend: on } } }),
      client.request({ ...patch, resource: POLICIES, namespace: 'desktops', name: 'no-office', body: { spec } }),
    ]);
  }
}
