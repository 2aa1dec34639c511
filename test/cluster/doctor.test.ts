import { execFile } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { renderChart } from '../deploy/rendering.ts';
import { kubectl } from '../environment/kubectl.ts';
import { canRunPods, Pod } from '../environment/pod.ts';
import { ClusterHarness, fleetOf, sharedCluster } from './clusterHarness.ts';
import { HIGH_RATE } from './operatorProcess.ts';
import { wsap } from './wsapCommand.ts';

const lineOf = (stdout: string, name: string) =>
  stdout.split('\n').find((line) => line.slice(6).startsWith(name)) ?? '';

test.concurrent('doctor passes all checks and makes no change', async () => {
  await using harness = await ClusterHarness.start(fleetOf(6, 2));
  const { code, stdout } = await wsap(harness, 'doctor', ...HIGH_RATE);
  for (const name of ['kubeconfig', 'crd workspaceapplicationpolicies', 'crd workspacefleets']) {
    expect(lineOf(stdout, name)).toMatch(/^ok /);
  }
  expect(lineOf(stdout, 'aws identity')).toMatch(/^ok .*account 123456789012 in eu-central-1/);
  expect(lineOf(stdout, 'aws consistency')).toMatch(/^ok .*states: COMPLETED/);
  expect(lineOf(stdout, 'aws DescribeApplications ')).toMatch(
    /^ok .* 2 applications; by owner: 2 AMAZON; by state: 2 AVAILABLE/,
  );
  expect(lineOf(stdout, 'aws DescribeBundleAssociations')).toMatch(/^ok .* wsb-00000001 contains 0 applications/);
  expect(lineOf(stdout, 'aws changes')).toMatch(
    /^info .*AmazonWorkSpacesAdmin contains none of the application actions/,
  );
  expect(lineOf(stdout, 'aws rate')).toMatch(/^ok +aws rate +AWS throttled none of \d+ calls/);
  // The cluster also contains policies of other tests, possibly without an operator.
  expect(code).toBe(stdout.includes('\nFAIL') ? 1 : 0);
  expect(harness.changes()).toEqual([]);
});

test.concurrent('doctor reports the health, version, and permissions of the operator in the cluster', async () => {
  await using harness = await ClusterHarness.start(fleetOf(1, 1));
  const labels = { 'app.kubernetes.io/name': 'wsap', 'app.kubernetes.io/component': 'operator' };
  const deployment = {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'wsap', namespace: harness.namespace },
    spec: {
      selector: { matchLabels: labels },
      template: {
        metadata: { labels },
        spec: {
          serviceAccountName: `wsap-${harness.namespace}`,
          containers: [{ name: 'operator', image: 'registry.example:5000/wsap:9.9.9', args: ['operator'] }],
        },
      },
    },
  };
  const file = join(tmpdir(), `${harness.namespace}-deployment.json`);
  await writeFile(file, JSON.stringify(deployment));
  await harness.kubectl('apply', '-f', file);
  // The cluster also contains operators of other tests.
  const about = (stdout: string, what: string) => stdout.split('\n').find((line) => line.includes(what)) ?? '';
  const [own, account] = [
    `${harness.namespace}/wsap`,
    `ServiceAccount ${harness.namespace}/wsap-${harness.namespace} `,
  ];

  const { stdout: unready, code } = await wsap(harness, 'doctor', '--no-aws');
  expect(code).toBe(1);
  expect(about(unready, own)).toMatch(
    /^FAIL +deployment +0 of 1 replicas of .* are ready, version 9\.9\.9; run kubectl/,
  );
  expect(about(unready, account)).toMatch(/^FAIL +permissions .*: get workspaceapplicationpolicies, .*create events/);

  const ready = JSON.stringify({ status: { replicas: 1, readyReplicas: 1 } });
  await harness.kubectl('patch', 'deployment', 'wsap', '--subresource', 'status', '--type', 'merge', '-p', ready);
  const subject = `${harness.namespace}:wsap-${harness.namespace}`;
  const binding = ['clusterrolebinding', `wsap-${harness.namespace}`];
  await harness.kubectl('create', ...binding, '--clusterrole', 'cluster-admin', '--serviceaccount', subject);
  const { stdout } = await wsap(harness, 'doctor', '--no-aws');
  expect(about(stdout, own)).toMatch(/^warn +deployment +1 of 1 replicas .* this wsap has version \d/);
  expect(about(stdout, account)).toMatch(/^ok +permissions /);
  await harness.kubectl('delete', ...binding);
  await harness.kubectl('delete', 'deployment', 'wsap');
});

test.concurrent('doctor reports every problem with its fix in one run', async () => {
  await using harness = await ClusterHarness.start(fleetOf(6, 2));
  harness.simulator.faults.add({ fault: 'AccessDenied', operation: 'GetResources' });
  harness.simulator.faults.add({ fault: 'AccessDenied', operation: 'DescribeTags' });
  harness.simulator.faults.add({ fault: 'AccessDenied', operation: 'DescribeBundleAssociations' });
  const denied = await wsap(harness, 'doctor', '--no-cluster', ...HIGH_RATE);
  expect(denied.code).toBe(1);
  expect(lineOf(denied.stdout, 'aws DescribeTags')).toMatch(
    /^FAIL .*lacks the IAM action workspaces:DescribeTags on \*/,
  );
  expect(lineOf(denied.stdout, 'aws tag:GetResources')).toMatch(/^warn .*one call for each WorkSpace/);
  expect(lineOf(denied.stdout, 'aws DescribeBundleAssociations')).toMatch(
    /^warn .*the sources of drift are unknown: .*workspaces:DescribeBundleAssociations on arn:\S+:workspacebundle\/wsb-00000001/,
  );
  expect(lineOf(denied.stdout, 'aws DescribeWorkspaces ')).toMatch(/^ok /);
  expect(denied.stdout).toMatch(/\n1 check failed\.\n$/);

  const lost = await wsap(harness, 'doctor', '--no-cluster', '--role-arn', 'arn:aws:iam::123456789012:role/none');
  expect(lineOf(lost.stdout, 'aws identity')).toMatch(/^FAIL .*lacks the IAM action sts:AssumeRole/);
  expect(lineOf(lost.stdout, 'aws reads')).toMatch(/^skip /);
  const nowhere = await wsap(harness, 'doctor', '--no-aws', '--kubeconfig', '/nowhere');
  expect(lineOf(nowhere.stdout, 'kubeconfig')).toMatch(/^FAIL .*\/nowhere/);
  expect(nowhere.code).toBe(1);
});

/** Runs doctor as in a pod of the chart, with the permissions that the chart grants. */
async function doctorInPod(operator: { readonly namespace?: string }, { withoutRole = false } = {}) {
  await using pod = await Pod.create(sharedCluster(), async (cluster, { namespace, serviceAccount }) => {
    const values = { fullnameOverride: serviceAccount, crds: { install: false }, operator };
    const files = ['clusterrole', ...(withoutRole ? [] : ['role'])];
    const chart = await renderChart(values, { namespace, templates: files.map((name) => `templates/${name}.yaml`) });
    await kubectl(cluster, ['apply', '-f', '-'], chart);
  });
  const main = join(import.meta.dirname, '../../src/cli/main.ts');
  const { file, args, env } = pod.command([process.execPath, main, 'doctor', '--no-aws']);
  const variables = { ...env, WSAP_LEASE_NAMESPACE: pod.namespace, WSAP_NAMESPACE: operator.namespace };
  return await new Promise<{ code: number; stdout: string }>((resolve) => {
    execFile(file, args, { env: variables }, (error, stdout) => {
      resolve({ code: error === null ? 0 : Number(error.code), stdout });
    });
  });
}

test.skipIf(!canRunPods()).concurrent('doctor passes in a pod with the permissions of the chart', async () => {
  await using harness = await ClusterHarness.start(fleetOf(1, 1));
  const { code, stdout } = await doctorInPod({ namespace: harness.namespace });
  expect(stdout).not.toContain('FAIL');
  expect(code).toBe(0);
  expect(lineOf(stdout, 'crd workspaceapplicationpolicies')).toMatch(/^skip .*operator doesn't need/);
  expect(lineOf(stdout, 'permissions')).toMatch(/^ok .*ServiceAccount of this pod has all permissions/);
  expect(lineOf(stdout, 'operator')).toMatch(/^warn .*no policy found/);
});

test
  .skipIf(!canRunPods())
  .concurrent('doctor advises a Role for what the operator lacks in one namespace', async () => {
    const { code, stdout } = await doctorInPod({}, { withoutRole: true });
    expect(code).toBe(1);
    expect(lineOf(stdout, 'permissions')).toMatch(
      /^FAIL +permissions +the ServiceAccount of this pod lacks permissions that the operator needs; grant them in a Role in wsap-system-\S+: get leases, list leases, watch leases, create leases, update leases, delete leases$/,
    );
  });

test.concurrent('doctor skips what a user may not read, and advises no permissions for that user', async () => {
  await using harness = await ClusterHarness.start(fleetOf(1, 1));
  const { stdout } = await wsap(harness, 'doctor', '--no-aws', '--as', 'nobody');
  for (const name of ['crd workspacefleets', 'deployment', 'permissions', 'operator']) {
    expect(lineOf(stdout, name)).toMatch(/^skip /);
  }
  expect(stdout).not.toMatch(/grant/);
});
