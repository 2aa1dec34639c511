import { expect, test } from 'vitest';
import { inTerminal } from '../cli/terminal.ts';
import { ClusterHarness, fleetOf } from './clusterHarness.ts';
import { HIGH_RATE } from './operatorProcess.ts';
import { environmentOf, wsap } from './wsapCommand.ts';

test.concurrent('wsap lists, shows, reconciles, suspends, and resumes policies', async () => {
  await using harness = await ClusterHarness.start(fleetOf(4, 2));
  const inNamespace = ['-n', harness.namespace];
  expect(await wsap(harness, 'get', ...inNamespace)).toMatchObject({
    code: 0,
    stdout: '',
    stderr: `no policies found in namespace ${harness.namespace}; use -A to list all namespaces\n`,
  });
  expect(await wsap(harness, 'plan', ...inNamespace)).toMatchObject({
    code: 1,
    stderr: `wsap: no policies found in namespace ${harness.namespace}; use -A to select from all namespaces\n`,
  });
  await harness.apply('no-visio', { enforcement: 'Audit' });
  await harness.waitForCondition('no-visio', 'Ready', 'True');

  const { stdout: table } = await wsap(harness, 'get', ...inNamespace);
  expect(table).toMatch(
    /^NAMESPACE +NAME +ENFORCEMENT +SUSPENDED +READY +COMPLIANT +WORKSPACES +DRIFTED +HELD +FAILED +MESSAGE\n/,
  );
  expect(table).toMatch(
    /no-visio +Audit +false +True +False +4 +2 +2 +0 +evaluated 4 WorkSpaces; spec\.enforcement is Audit/,
  );
  const { stdout: status } = await wsap(harness, 'status', 'no-visio', ...inNamespace);
  expect(status).toMatch(
    /^Policy: +test-\w+\/no-visio\nEnforcement: +Audit\nFleet: +test-\w+-own, 123456789012, eu-central-1\n/,
  );
  expect(status).toMatch(/\nWorkSpaces: +2 of 4 WorkSpaces comply; 2 drifted, 2 held\n/);
  expect(status).toMatch(/\nConditions\n {2}Ready +True +ReconciliationSucceeded/);
  expect(status).toMatch(/\nAssociations\n {2}WORKSPACE +USER .*\n {2}ws-demo0002 /);
  const { stdout: json } = await wsap(harness, 'get', 'no-visio', '-o', 'json', ...inNamespace);
  expect(JSON.parse(json)).toMatchObject({ kind: 'WorkspaceApplicationPolicy', metadata: { name: 'no-visio' } });
  expect(json).not.toContain('managedFields');
  const { stdout: list } = await wsap(harness, 'get', '-o', 'json', ...inNamespace);
  expect(JSON.parse(list)).toMatchObject({ apiVersion: 'v1', kind: 'List', items: [JSON.parse(json)] });

  const { stdout: completed } = await wsap(harness, '__complete', '--', 'status', ...inNamespace, 'no');
  expect(completed).toBe('no-visio\n:4\n');

  const before = harness.calls('DescribeApplications').length;
  expect(await wsap(harness, 'reconcile', 'no-visio', ...inNamespace)).toMatchObject({
    code: 0,
    stdout: expect.stringMatching(/^test-\w+\/no-visio reconciled: Ready=True, Compliant=False \(Audit\): 2 of 4/),
  });
  expect(harness.calls('DescribeApplications').length).toBeGreaterThan(before);

  expect(await wsap(harness, 'suspend', '--all', ...inNamespace)).toMatchObject({
    code: 0,
    stdout: expect.stringContaining('no-visio suspended: '),
  });
  expect((await wsap(harness, 'get', ...inNamespace)).stdout).toMatch(/no-visio +Audit +true +/);
  expect(await wsap(harness, 'resume', 'no-visio', ...inNamespace)).toMatchObject({ code: 0 });
  expect((await harness.policy('no-visio')).metadata.generation).toBe(3);
  expect(harness.changes()).toEqual([]);
});

// A poll of the global expect belongs to the test that began last.
test.concurrent('--watch shows each change until Ctrl-C, with colors on a terminal', async ({ expect }) => {
  await using harness = await ClusterHarness.start(fleetOf(4, 2));
  await harness.apply('no-visio', { enforcement: 'Audit' });
  await harness.waitForCondition('no-visio', 'Ready', 'True');
  const inNamespace = ['-n', harness.namespace];
  const watching = [
    inTerminal(['get', '--watch', ...inNamespace], environmentOf(harness)),
    inTerminal(['status', 'no-visio', '--watch', ...inNamespace], environmentOf(harness)),
  ];
  const [get, status] = watching;
  await expect.poll(() => get?.text(), { timeout: 120_000 }).toMatch(/no-visio +Audit +false +True/);
  expect(get?.text()).toContain('\u001b[1mNAMESPACE');
  await expect.poll(() => status?.text(), { timeout: 120_000 }).toContain('ws-demo0002');
  await harness.kubectl('patch', 'wsap', 'no-visio', '--type', 'merge', '-p', '{"spec":{"suspend":true}}');
  await expect.poll(() => get?.text(), { timeout: 120_000 }).toMatch(/no-visio +Audit +true +/);
  await harness.kubectl('delete', 'wsap', 'no-visio');
  await expect.poll(() => get?.text(), { timeout: 120_000 }).toMatch(/no policies found in namespace/);
  await expect.poll(() => status?.text(), { timeout: 120_000 }).toContain('policy no-visio was deleted');
  for (const { process, ended } of watching) {
    process.stdin?.write('\u0003');
    expect((await ended).code).toBe(0);
  }
});

test.concurrent('wsap report contains the policies of the cluster and their past changes', async () => {
  await using harness = await ClusterHarness.start(fleetOf(4, 2));
  await harness.apply('no-visio');
  await harness.waitForCondition('no-visio', 'Compliant', 'True');
  const { stdout, code } = await wsap(harness, 'report', '-n', harness.namespace, '-o', 'json', ...HIGH_RATE);
  expect(code).toBe(0);
  expect(JSON.parse(stdout)).toMatchObject({
    compliance: { selected: 4, compliant: 4 },
    policies: [{ policy: `${harness.namespace}/no-visio`, history: [{ disassociated: 2, failed: 0 }] }],
  });
});

test.concurrent('wsap approve accepts only the ID of the current plan', async () => {
  await using harness = await ClusterHarness.start(fleetOf(4, 2));
  const inNamespace = ['-n', harness.namespace];
  await harness.apply('no-visio', { enforcement: 'Approve' });
  const { status } = await harness.waitForCondition('no-visio', 'Compliant', 'False', 'AwaitingApproval');
  const id = status?.plan?.id ?? '';
  const refused = await wsap(harness, 'approve', 'no-visio', 'another', ...inNamespace);
  expect(refused).toMatchObject({
    code: 1,
    stderr: expect.stringContaining(`now proposes plan ${id} instead of another`),
  });
  const unseen = await wsap(harness, 'approve', 'no-visio', ...inNamespace);
  expect(unseen).toMatchObject({ code: 1, stderr: expect.stringContaining('confirmation requires a terminal') });
  expect(harness.changes()).toEqual([]);
  expect(await wsap(harness, 'approve', 'no-visio', id, ...inNamespace)).toMatchObject({
    code: 0,
    stdout: expect.stringContaining(`no-visio approved (plan ${id}): Ready=True`),
  });
  await harness.waitForCondition('no-visio', 'Compliant', 'True');
  expect(await wsap(harness, 'approve', 'no-visio', id, ...inNamespace)).toMatchObject({
    code: 1,
    stderr: expect.stringContaining(`has no plan that waits for approval, so ${id} approves nothing`),
  });
});

test.concurrent('wsap reports errors in one line', async () => {
  await using harness = await ClusterHarness.start(fleetOf(1, 1));
  await harness.operator.stop();
  await harness.apply('unseen');
  const inNamespace = ['-n', harness.namespace];
  const cases: [string[], RegExp][] = [
    [['status', 'missing', ...inNamespace], /^wsap: policy missing not found in namespace test-\w+\n$/],
    [
      ['suspend', ...inNamespace],
      /^wsap: name the policies to suspend, or select all policies in the namespace with --all\n$/,
    ],
    [
      ['reconcile', 'unseen', '--timeout', '1s', ...inNamespace],
      /^wsap: timed out waiting for policy test-\w+\/unseen: the operator has not reconciled it yet; check that the operator is running\n$/,
    ],
    [['get', '--context', 'nowhere'], /^wsap: context nowhere not found in the kubeconfig; available contexts: .*\n$/],
    [['plan', 'missing', ...inNamespace], /^wsap: policy missing not found/],
    [['reconcile', 'unseen', '--timeout', 'soon', ...inNamespace], /Must be a duration, for example, 30s or 5m\./],
  ];
  for (const [args, message] of cases) {
    const { code, stderr } = await wsap(harness, ...args);
    expect(stderr).toMatch(message);
    expect(code).toBe(1);
    expect(stderr).not.toMatch(/^\s+at /m);
  }
});
