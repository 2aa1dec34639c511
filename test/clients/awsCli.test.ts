import { join } from 'node:path';
import { expect, type TestContext, test, vi } from 'vitest';
import { EXCEPTION_NAMES, OPERATION_NAMES } from '../../src/simulator/model.ts';
import type { Simulator } from '../../src/simulator/start.ts';
import { clientEnv, startClientSimulator } from './clientSimulator.ts';
import { pythonEnvironment } from './python/environment.ts';
import { runProgram } from './runProgram.ts';

const python = await pythonEnvironment();

/** The AWS CLI takes up to a few seconds for each command. */
vi.setConfig({ testTimeout: 400_000 });

/** Returns a function that runs the AWS CLI against a simulator. Skips the test if the AWS CLI can't be installed. */
function cliOf({ url }: Simulator, skip: TestContext['skip']) {
  if ('missing' in python) {
    return skip(python.missing);
  }
  const env = clientEnv(url, { AWS_MAX_ATTEMPTS: '1' });
  const program = join(python.bin, 'python');
  return (...args: readonly string[]) => runProgram(program, [join(python.bin, 'aws'), ...args], { env });
}

const CHANGE = ['--workspace-id', 'ws-office001', '--application-id', 'wsa-50ff234bh'];
const TYPES = ['--associated-resource-types', 'APPLICATION'];

/** Arguments of each operation, and what its output contains. */
const COMMANDS: Readonly<Record<(typeof OPERATION_NAMES)[number], readonly [readonly string[], object]>> = {
  DescribeWorkspaces: [['--workspace-ids', 'ws-suspended1'], { Workspaces: [{ WorkspaceName: 'kiosk' }] }],
  DescribeWorkspacesConnectionStatus: [
    ['--workspace-ids', 'ws-office001'],
    { WorkspacesConnectionStatus: [{ ConnectionState: 'CONNECTED' }] },
  ],
  DescribeTags: [['--resource-id', 'ws-office001'], { TagList: [{ Key: 'Department', Value: 'Finance' }] }],
  DescribeApplications: [
    ['--application-ids', 'wsa-5k2d09vnq'],
    { Applications: [{ Name: 'Microsoft Office LTSC Professional Plus 2024' }] },
  ],
  DescribeWorkspaceAssociations: [
    ['--workspace-id', 'ws-office001', ...TYPES],
    {
      Associations: [
        { State: 'ERROR', StateReason: { ErrorCode: 'DeploymentError.WorkspaceUnreachable' } },
        { State: 'COMPLETED' },
      ],
    },
  ],
  DescribeApplicationAssociations: [
    ['--application-id', 'wsa-pnwx3wblx', '--associated-resource-types', 'BUNDLE', 'IMAGE'],
    { Associations: [{ AssociatedResourceId: 'wsb-00000001' }, { AssociatedResourceId: 'wsi-000000001' }] },
  ],
  DescribeWorkspaceBundles: [['--bundle-ids', 'wsb-00000002'], { Bundles: [{ ComputeType: { Name: 'VALUE' } }] }],
  DescribeBundleAssociations: [
    ['--bundle-id', 'wsb-00000001', ...TYPES],
    { Associations: [{ State: 'COMPLETED' }, { State: 'COMPLETED' }] },
  ],
  DescribeImageAssociations: [
    ['--image-id', 'wsi-000000001', ...TYPES],
    { Associations: [{ State: 'COMPLETED' }, { State: 'COMPLETED' }] },
  ],
  AssociateWorkspaceApplication: [CHANGE, { Association: { State: 'PENDING_INSTALL_DEPLOYMENT' } }],
  DeployWorkspaceApplications: [
    ['--workspace-id', 'ws-office001'],
    { Deployment: { Associations: [{ State: 'PENDING_INSTALL' }] } },
  ],
  DisassociateWorkspaceApplication: [CHANGE, { Association: { State: 'PENDING_UNINSTALL_DEPLOYMENT' } }],
  GetResources: [
    ['--tag-filters', 'Key=Department,Values=Finance'],
    { ResourceTagMappingList: [{ Tags: [{ Key: 'Department', Value: 'Finance' }] }] },
  ],
};

/** Returns the command of an operation, for example, `workspaces describe-tags`. */
function commandOf(operation: string): string[] {
  const service = operation === 'GetResources' ? 'resourcegroupstaggingapi' : 'workspaces';
  return [service, operation.replaceAll(/(?<=[a-z])(?=[A-Z])/g, '-').toLowerCase()];
}

test('the AWS CLI runs every operation', async ({ skip }) => {
  await using simulator = await startClientSimulator();
  const aws = cliOf(simulator, skip);
  const changes = ['AssociateWorkspaceApplication', 'DeployWorkspaceApplications', 'DisassociateWorkspaceApplication'];
  const reads = OPERATION_NAMES.filter((name) => !changes.includes(name));
  for (const operation of [...reads, ...changes] as typeof OPERATION_NAMES) {
    const [args, expected] = COMMANDS[operation];
    const { code, stdout, stderr } = await aws(...commandOf(operation), ...args);
    expect({ operation, code, stderr }).toEqual({ operation, code: 0, stderr: '' });
    expect(JSON.parse(stdout)).toMatchObject(expected);
  }
  const identity = await aws('sts', 'get-caller-identity', '--query', 'Account', '--output', 'text');
  expect(identity.stdout).toBe('123456789012\n');
});

test('the AWS CLI reads all pages', async ({ skip }) => {
  await using simulator = await startClientSimulator();
  const aws = cliOf(simulator, skip);
  const count = async (query: string, ...command: string[]) =>
    Number((await aws(...command, '--query', `length(${query})`)).stdout);
  expect(await count('Workspaces', 'workspaces', 'describe-workspaces')).toBe(65);
  expect(await count('Bundles', 'workspaces', 'describe-workspace-bundles')).toBe(32);
  expect(await count('ResourceTagMappingList', 'resourcegroupstaggingapi', 'get-resources')).toBe(61);
});

test.for(['table', 'text'])('the AWS CLI formats associations as %s', async (format, { skip }) => {
  await using simulator = await startClientSimulator();
  const aws = cliOf(simulator, skip);
  const command = [...commandOf('DescribeWorkspaceAssociations'), ...COMMANDS.DescribeWorkspaceAssociations[0]];
  const { stdout } = await aws(...command, '--output', format);
  expect(stdout).toContain('DeploymentError.WorkspaceUnreachable');
});

test('the AWS CLI shows each exception', async ({ skip }) => {
  await using simulator = await startClientSimulator();
  const aws = cliOf(simulator, skip);
  for (const exception of EXCEPTION_NAMES) {
    simulator.faults.replace([{ fault: 'Exception', exception, message: 'simulated' }]);
    const { code, stderr } = await aws('workspaces', 'describe-workspaces');
    expect([exception, code]).toEqual([exception, 255]);
    expect(stderr).toContain(`An error occurred (${exception}) when calling the DescribeWorkspaces operation`);
  }
});
