import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { OPERATION_NAMES, operationNamed } from '../../src/simulator/model.ts';
import { clientEnv, startClientSimulator } from './clientSimulator.ts';
import { runOrFail } from './runProgram.ts';

/** Report of main.go. */
interface Report {
  readonly operations: readonly string[];
  readonly paginators: Readonly<Record<string, readonly number[]>>;
  readonly errors: Readonly<Record<string, readonly string[]>>;
  readonly problems: readonly string[];
}

const MODULE = join(import.meta.dirname, 'go');
const BUILD = { cwd: MODULE, env: { ...process.env, GOWORK: 'off', GOFLAGS: '-mod=readonly' } };

/** Downloads the modules. Returns the reason if that fails. */
async function missingModules(): Promise<string | undefined> {
  try {
    await runOrFail('go', ['mod', 'download'], BUILD);
    return undefined;
  } catch (error) {
    return `the AWS SDK for Go can't be installed: ${(error as Error).message}`;
  }
}

test('the AWS SDK for Go uses every operation, paginator, and exception', { timeout: 600_000 }, async ({ skip }) => {
  const missing = await missingModules();
  if (missing !== undefined) {
    return skip(missing);
  }
  const folder = await mkdtemp(join(tmpdir(), 'wsap-go-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const program = join(folder, 'client');
  await runOrFail('go', ['build', '-o', program, '.'], BUILD);

  await using simulator = await startClientSimulator();
  const exceptions = Object.fromEntries(OPERATION_NAMES.map((name) => [name, operationNamed(name).errors]));
  const args = [simulator.url, JSON.stringify(exceptions)];
  const report = JSON.parse(await runOrFail(program, args, { env: clientEnv(simulator.url) })) as Report;
  expect(report.problems).toEqual([]);
  expect(report.operations.toSorted()).toEqual(OPERATION_NAMES.toSorted());
  expect(report.errors).toEqual(exceptions);
  expect(report.paginators).toEqual({
    DescribeWorkspaces: [25, 25, 15],
    DescribeWorkspaceBundles: [25, 7],
    DescribeApplications: [5, 5, 5, 1],
    DescribeApplicationAssociations: [25, 25, 11],
    GetResources: [50, 11],
  });
});
