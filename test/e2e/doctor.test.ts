import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { fleetOf } from '../cluster/clusterHarness.ts';
import { Installation } from './installation.ts';

let installation: Installation;
beforeAll(async () => {
  installation = await Installation.prepare(fleetOf(20, 5));
  await installation.deploy();
  await installation.enforce('no-visio', 'Visio');
});
afterAll(() => installation[Symbol.asyncDispose]());

/** Returns the first line of doctor for a check. */
function lineOf(output: string, check: string): string {
  return output.split('\n').find((line) => line.slice(6).startsWith(`${check} `)) ?? '';
}

test('doctor passes in a pod of the chart, and reports the identity of the operator', async () => {
  const output = await installation.exec('doctor');

  expect(output).not.toContain('FAIL');
  expect(output).toContain('\nNo check failed.\n');
  expect(lineOf(output, 'permissions')).toMatch(/^ok .*ServiceAccount of this pod has all permissions/);
  expect(lineOf(output, 'operator')).toMatch(/^ok .*the operator has reconciled the only policy/);
  expect(lineOf(output, 'aws identity')).toMatch(/^ok .*account 123456789012 in eu-central-1/);
  expect(lineOf(output, 'crd workspacefleets')).toMatch(/^skip /);
});

test.each(['docs/how-to/install.md', 'deploy/helm/wsap/README.md'])('the command in %s runs doctor', async (path) => {
  const guide = await readFile(join(import.meta.dirname, '../..', path), 'utf8');
  const [, command = ''] = /kubectl -n wsap-system (exec deploy\/wsap -- [^\n]* doctor)$/m.exec(guide) ?? [];

  expect(await installation.kubectl(...command.split(' '))).toContain('No check failed.');
});

test('the notes of the release contain the command that runs doctor', async () => {
  const { stdout } = await installation.helm('get notes');
  const [, command = ''] = /kubectl -n \S+ (exec deploy\/wsap -- [^\n]* doctor)$/m.exec(stdout) ?? [];

  expect(await installation.kubectl(...command.split(' '))).toContain('No check failed.');
});

test('doctor reports what the operator lacks, and the Role to grant it in', async () => {
  await installation.kubectl('delete', 'rolebinding', 'wsap-leases');

  const { code, stdout } = await installation.execAnyway('doctor', '--no-aws');
  expect(code).toBe(1);
  expect(lineOf(stdout, 'permissions')).toContain(`grant them in a Role in ${installation.namespace}: get leases, `);
});
