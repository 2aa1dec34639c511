import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { OPERATION_NAMES, operationNamed } from '../../src/simulator/model.ts';
import { clientEnv, startClientSimulator } from './clientSimulator.ts';
import { pythonEnvironment } from './python/environment.ts';
import { runOrFail } from './runProgram.ts';

/** Report of exercise.py. */
interface Report {
  readonly operations: readonly string[];
  readonly paginators: Readonly<Record<string, readonly number[]>>;
  readonly errors: Readonly<Record<string, readonly string[]>>;
  readonly raised: readonly string[];
  readonly problems: readonly string[];
}

const SCRIPT = join(import.meta.dirname, 'python/exercise.py');
const python = await pythonEnvironment();

describe.each(['json', 'smithy-rpc-v2-cbor'])('boto3 with %s', (protocol) => {
  test('uses every operation, paginator, and exception, and finds every response valid', async ({ skip }) => {
    if ('missing' in python) {
      return skip(python.missing);
    }
    await using simulator = await startClientSimulator();
    const env = clientEnv(simulator.url);
    const report = JSON.parse(
      await runOrFail(join(python.bin, 'python'), [SCRIPT, simulator.url, protocol], { env }),
    ) as Report;
    expect(report.problems).toEqual([]);
    expect(report.operations.toSorted()).toEqual([...OPERATION_NAMES, 'AssumeRole', 'GetCallerIdentity'].sort());
    expect(report.errors).toEqual(
      Object.fromEntries(OPERATION_NAMES.map((name) => [name, operationNamed(name).errors])),
    );
    expect(report.paginators).toEqual({
      DescribeWorkspaces: [25, 25, 15],
      DescribeWorkspacesConnectionStatus: [25, 25, 15],
      DescribeWorkspaceBundles: [25, 7],
      DescribeApplications: [5, 5, 5, 1],
      DescribeApplicationAssociations: [25, 25, 11],
      GetResources: [50, 11],
    });
    expect(report.raised).toHaveLength(15);
  });
});
