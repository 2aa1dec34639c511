import {
  AssociateWorkspaceApplicationCommand,
  DeployWorkspaceApplicationsCommand,
  DescribeApplicationAssociationsCommand,
  DescribeApplicationsCommand,
  DescribeTagsCommand,
  DescribeWorkspaceAssociationsCommand,
  DescribeWorkspacesCommand,
  DescribeWorkspacesConnectionStatusCommand,
  DisassociateWorkspaceApplicationCommand,
  paginateDescribeWorkspaces,
  WorkSpacesClient,
} from '@aws-sdk/client-workspaces';
import { afterEach, beforeEach, describe, expect, onTestFinished, test, vi } from 'vitest';
import type { Fault } from '../../src/simulator/faults.ts';
import { type Simulator, startSimulator } from '../../src/simulator/start.ts';
import { VirtualClock } from '../fakes/clock.ts';
import { ALICE, BOB, DIRECTORY, OFFICE, seedOf, VISIO, workspace } from './fixtures.ts';

let simulator: Simulator;
let clock: VirtualClock;
let client: WorkSpacesClient;

beforeEach(async () => {
  clock = new VirtualClock();
  const seed = seedOf({
    workspaces: [
      workspace(ALICE, { applications: [VISIO, OFFICE], connection: 'CONNECTED', tags: { Department: 'Finance' } }),
      workspace(BOB),
    ],
    generate: [{ count: 28, idPrefix: 'gen' }],
  });
  simulator = await startSimulator({ seed, clock, rateLimit: { callsPerSecond: 0 } });
  client = clientOf(simulator.url, 1);
});
afterEach(async () => {
  client.destroy();
  await simulator.close();
});

function clientOf(endpoint: string, maxAttempts: number, requestTimeout = 10_000): WorkSpacesClient {
  return new WorkSpacesClient({
    endpoint,
    maxAttempts,
    region: 'eu-central-1',
    credentials: { accessKeyId: 'simulated', secretAccessKey: 'simulated' },
    requestHandler: { requestTimeout, throwOnRequestTimeout: true },
  });
}

const associationsOfAlice = () =>
  client.send(
    new DescribeWorkspaceAssociationsCommand({ WorkspaceId: ALICE, AssociatedResourceTypes: ['APPLICATION'] }),
  );
const APPLICATION = { WorkspaceId: ALICE, ApplicationId: VISIO };

describe('the official SDK', () => {
  test('reads all pages of DescribeWorkspaces', async () => {
    const ids: (string | undefined)[] = [];
    for await (const { Workspaces } of paginateDescribeWorkspaces({ client }, { DirectoryId: DIRECTORY })) {
      ids.push(...(Workspaces ?? []).map(({ WorkspaceId }) => WorkspaceId));
    }
    expect(new Set(ids).size).toBe(ids.length);
    expect(ids).toEqual(expect.arrayContaining([ALICE, BOB]));
    const { Workspaces } = await client.send(new DescribeWorkspacesCommand({ WorkspaceIds: [ALICE] }));
    expect(Workspaces).toMatchObject([{ WorkspaceId: ALICE, State: 'AVAILABLE', DirectoryId: DIRECTORY }]);
  });

  test('parses the dates of DescribeWorkspacesConnectionStatus', async () => {
    const answer = await client.send(new DescribeWorkspacesConnectionStatusCommand({ WorkspaceIds: [ALICE] }));
    expect(answer.WorkspacesConnectionStatus).toEqual([
      {
        WorkspaceId: ALICE,
        ConnectionState: 'CONNECTED',
        ConnectionStateCheckTimestamp: clock.now(),
        LastKnownUserConnectionTimestamp: clock.now(),
      },
    ]);
  });

  test('reads tags and applications', async () => {
    const { TagList } = await client.send(new DescribeTagsCommand({ ResourceId: ALICE }));
    expect(TagList).toEqual([{ Key: 'Department', Value: 'Finance' }]);
    const { Applications } = await client.send(new DescribeApplicationsCommand({ Owner: 'AMAZON' }));
    expect(Applications?.map(({ State }) => State).sort()).toEqual(['AVAILABLE', 'AVAILABLE', 'UNINSTALL_ONLY']);
  });

  test('reads associations by WorkSpace and by application', async () => {
    const fromWorkspace = await associationsOfAlice();
    const fromApplication = await client.send(
      new DescribeApplicationAssociationsCommand({ ApplicationId: VISIO, AssociatedResourceTypes: ['WORKSPACE'] }),
    );
    expect(fromWorkspace.Associations?.map((one) => one.AssociatedResourceId)).toEqual([OFFICE, VISIO]);
    expect(fromApplication.Associations?.map((one) => one.AssociatedResourceId)).toEqual([ALICE]);
    expect(fromApplication.Associations?.[0]?.Created).toBeInstanceOf(Date);
  });

  test('runs a removal and an installation to their ends', async () => {
    const removed = await client.send(new DisassociateWorkspaceApplicationCommand(APPLICATION));
    expect(removed.Association?.State).toBe('PENDING_UNINSTALL_DEPLOYMENT');
    await client.send(new AssociateWorkspaceApplicationCommand({ WorkspaceId: ALICE, ApplicationId: 'wsa-inhouse01' }));
    const { Deployment } = await client.send(new DeployWorkspaceApplicationsCommand({ WorkspaceId: ALICE }));
    expect(Deployment?.Associations?.map(({ State }) => State)).toEqual(['PENDING_UNINSTALL', 'PENDING_INSTALL']);
    await clock.advance(21_000);
    const { Associations } = await associationsOfAlice();
    expect(Object.fromEntries((Associations ?? []).map((one) => [one.AssociatedResourceId, one.State]))).toEqual({
      [VISIO]: 'REMOVED',
      [OFFICE]: 'COMPLETED',
      'wsa-inhouse01': 'COMPLETED',
    });
  });

  test('gets an error for an invalid request, which it doesn’t validate itself', async () => {
    const sent = client.send(new DescribeTagsCommand({ ResourceId: '' }));
    await expect(sent).rejects.toMatchObject({
      name: 'ValidationException',
      message: expect.stringMatching(/'ResourceId'/i),
    });
  });

  test('throws a modeled exception as its class with its members', async () => {
    const sent = client.send(new DescribeTagsCommand({ ResourceId: 'ws-nobody001' }));
    await expect(sent).rejects.toMatchObject({
      name: 'ResourceNotFoundException',
      ResourceId: 'ws-nobody001',
      $metadata: { httpStatusCode: 400, requestId: expect.stringMatching(/^00000000-/) },
    });
  });

  /** Errors that the SDK throws for each kind of fault, and whether the call was processed. */
  const faults: [Fault, object, boolean][] = [
    [{ fault: 'Throttle' }, { name: 'ThrottlingException', $metadata: { httpStatusCode: 400 } }, false],
    [{ fault: 'HttpError' }, { name: 'InternalFailure', $metadata: { httpStatusCode: 500 } }, false],
    [
      { fault: 'HttpError', status: 503 },
      { name: 'ServiceUnavailableException', $metadata: { httpStatusCode: 503 } },
      false,
    ],
    [{ fault: 'Html' }, { name: 'SyntaxError', message: expect.stringContaining('not valid JSON') }, false],
    [{ fault: 'CloseConnection' }, { code: 'ECONNRESET' }, false],
    [{ fault: 'LoseAnswer' }, { code: 'ECONNRESET' }, true],
    [{ fault: 'Hang' }, { name: 'TimeoutError' }, false],
    [
      { fault: 'AccessDenied' },
      { name: 'AccessDeniedException', message: expect.stringMatching(/^User: arn:aws:sts:/) },
      false,
    ],
    [
      { fault: 'Exception', exception: 'ResourceInUseException', message: 'busy' },
      { name: 'ResourceInUseException', message: 'busy' },
      false,
    ],
    [{ fault: 'Exception', exception: 'ExpiredTokenException' }, { name: 'ExpiredTokenException' }, false],
  ];
  test.each(faults)('reports %o as %o (processed: %s)', async (fault, error, done) => {
    simulator.faults.replace([fault]);
    const sdkClient = clientOf(simulator.url, 1, fault.fault === 'Hang' ? 200 : undefined);
    await expect(sdkClient.send(new DisassociateWorkspaceApplicationCommand(APPLICATION))).rejects.toMatchObject(error);
    expect(simulator.calls.list().map((call) => call.done)).toEqual([done]);
    sdkClient.destroy();
  });

  test('gets InvalidNextToken and RepeatNextToken on the second page', async () => {
    const page = async (NextToken?: string) => client.send(new DescribeWorkspacesCommand({ NextToken }));
    const { NextToken } = await page();
    simulator.faults.replace([{ fault: 'RepeatNextToken' }]);
    expect((await page(NextToken)).NextToken).toBe(NextToken);
    simulator.faults.replace([{ fault: 'InvalidNextToken' }]);
    await expect(page(NextToken)).rejects.toMatchObject({ name: 'InvalidParameterValuesException' });
  });

  test('sees Delay only as a delay and DeploymentError in the association', async () => {
    simulator.faults.replace([
      { fault: 'DeploymentError', errorCode: 'ValidationError.InsufficientDiskSpace' },
      { fault: 'Delay', delayMs: 20, operation: 'DescribeWorkspaceAssociations' },
    ]);
    await client.send(new DisassociateWorkspaceApplicationCommand(APPLICATION));
    await client.send(new DeployWorkspaceApplicationsCommand({ WorkspaceId: ALICE }));
    await clock.advance(11_000);
    const answer = associationsOfAlice();
    await expect.poll(() => clock.sleeping(), { timeout: 30_000 }).toHaveLength(1);
    await clock.advance(20);
    const visio = (await answer).Associations?.find((one) => one.AssociatedResourceId === VISIO);
    expect([visio?.State, visio?.StateReason?.ErrorCode]).toEqual(['ERROR', 'ValidationError.InsufficientDiskSpace']);
  });

  test('repeats a change after a lost response, which then fails, so callers must read first', async () => {
    const retrying = clientOf(simulator.url, 2);
    simulator.faults.replace([{ fault: 'LoseAnswer', times: 1 }]);
    const sent = retrying.send(new DisassociateWorkspaceApplicationCommand(APPLICATION));
    await expect(sent).rejects.toMatchObject({ name: 'ResourceInUseException' });
    expect(simulator.calls.list().map(({ done }) => done)).toEqual([true, false]);
    retrying.destroy();
  });
});

test('the SDK finds the endpoint through AWS_ENDPOINT_URL_WORKSPACES', async () => {
  vi.stubEnv('AWS_ENDPOINT_URL_WORKSPACES', simulator.url);
  onTestFinished(() => void vi.unstubAllEnvs());
  const credentials = { accessKeyId: 'simulated', secretAccessKey: 'simulated' };
  const plain = new WorkSpacesClient({ region: 'eu-central-1', credentials });
  expect((await plain.send(new DescribeWorkspacesCommand({ WorkspaceIds: [BOB] }))).Workspaces).toHaveLength(1);
  plain.destroy();
});
