import {
  DescribeTagsCommand,
  DescribeWorkspaceAssociationsCommand,
  DescribeWorkspacesConnectionStatusCommand,
  DisassociateWorkspaceApplicationCommand,
  paginateDescribeWorkspaces,
  WorkSpacesClient,
} from '@aws-sdk/client-workspaces';
import { cbor, SmithyRpcV2CborProtocol, tag } from '@smithy/core/cbor';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type Simulator, startSimulator } from '../../src/simulator/start.ts';
import { VirtualClock } from '../fakes/clock.ts';
import { ALICE, BOB, OFFICE, seedOf, VISIO } from './fixtures.ts';

let simulator: Simulator;
let clock: VirtualClock;
beforeEach(async () => {
  clock = new VirtualClock();
  const seed = seedOf({ generate: [{ count: 28, idPrefix: 'gen' }] });
  simulator = await startSimulator({ seed, clock, rateLimit: { callsPerSecond: 0 } });
});
afterEach(() => simulator.close());

async function send(path: string, body: Uint8Array, headers: Record<string, string> = {}) {
  const response = await fetch(`${simulator.url}${path}`, {
    method: 'POST',
    headers: { 'smithy-protocol': 'rpc-v2-cbor', 'content-type': 'application/cbor', ...headers },
    body: Buffer.from(body),
  });
  const bytes = new Uint8Array(await response.arrayBuffer());
  const isCbor = response.headers.get('content-type') === 'application/cbor';
  return {
    status: response.status,
    protocol: response.headers.get('smithy-protocol'),
    requestId: response.headers.get('x-amzn-requestid'),
    body: isCbor ? cbor.deserialize(bytes) : Buffer.from(bytes).toString(),
  };
}

const path = (operation: string, service = 'WorkspacesService') => `/service/${service}/operation/${operation}`;
const EMPTY = cbor.serialize({});

describe('Smithy RPC v2 CBOR', () => {
  test('returns timestamps with the tag of epoch seconds', async () => {
    const input = cbor.serialize({ WorkspaceIds: [BOB] });
    const { status, protocol, requestId, body } = await send(path('DescribeWorkspacesConnectionStatus'), input);
    expect([status, protocol, requestId]).toEqual([200, 'rpc-v2-cbor', '00000000-0000-4000-8000-000000000001']);
    expect(body).toEqual({
      WorkspacesConnectionStatus: [
        {
          WorkspaceId: BOB,
          ConnectionState: 'DISCONNECTED',
          ConnectionStateCheckTimestamp: tag({ tag: 1, value: clock.now().getTime() / 1000 }),
        },
      ],
    });
  });

  test('returns exceptions with their shape and members', async () => {
    const { status, body } = await send(path('DescribeTags'), cbor.serialize({ ResourceId: 'ws-nobody001' }));
    expect([status, body]).toEqual([
      400,
      {
        __type: 'com.amazonaws.workspaces#ResourceNotFoundException',
        message: 'The WorkSpace ws-nobody001 could not be found.',
        ResourceId: 'ws-nobody001',
      },
    ]);
  });

  test('serves the Resource Groups Tagging API', async () => {
    const tagging = path('GetResources', 'ResourceGroupsTaggingAPI_20170126');
    expect((await send(tagging, EMPTY)).body).toEqual({ PaginationToken: '', ResourceTagMappingList: [] });
    expect((await send(tagging, cbor.serialize({ ResourcesPerPage: 101 }))).body).toMatchObject({
      __type: 'com.amazonaws.resourcegroupstaggingapi#InvalidParameterException',
    });
  });

  test('accepts an empty body, and rejects a broken one', async () => {
    expect((await send(path('DescribeApplications'), new Uint8Array())).status).toBe(200);
    const { status, body } = await send(path('DescribeApplications'), new Uint8Array([0xff, 0x00]));
    expect([status, body.__type]).toEqual([400, 'com.amazonaws.workspaces#SerializationException']);
  });

  test('rejects an unknown operation', async () => {
    const { status, body } = await send(path('DescribeNothing'), EMPTY);
    expect([status, body.__type]).toEqual([400, 'com.amazonaws.workspaces#UnknownOperationException']);
  });

  const elsewhere: [string, string, Record<string, string>][] = [
    ['another service', path('DescribeTags', 'Other'), {}],
    ['the service of another operation', path('GetResources'), {}],
    ['another protocol', path('DescribeTags'), { 'smithy-protocol': 'rpc-v2-json' }],
  ];
  test.each(elsewhere)('does not exist for %s', async (_, url, headers) => {
    expect((await send(url, EMPTY, headers)).status).toBe(404);
  });

  test('logs the same call as AWS JSON', async () => {
    await send(path('DescribeTags'), cbor.serialize({ ResourceId: ALICE }));
    expect(simulator.calls.list()).toMatchObject([
      { operation: 'DescribeTags', input: { ResourceId: ALICE }, done: true, status: 200 },
    ]);
  });

  test('suffers the same faults', async () => {
    simulator.faults.replace([{ fault: 'HttpError', status: 503 }]);
    expect(await send(path('DescribeTags'), EMPTY)).toMatchObject({
      status: 503,
      body: { __type: 'com.amazonaws.workspaces#ServiceUnavailableException' },
    });
  });
});

describe('the official SDK with Smithy RPC v2 CBOR', () => {
  let client: WorkSpacesClient;
  beforeEach(() => {
    client = new WorkSpacesClient({
      endpoint: simulator.url,
      maxAttempts: 1,
      region: 'eu-central-1',
      credentials: { accessKeyId: 'simulated', secretAccessKey: 'simulated' },
      protocol: SmithyRpcV2CborProtocol,
    });
  });
  afterEach(() => client.destroy());

  test('reads pages, dates, and associations', async () => {
    const sizes: (number | undefined)[] = [];
    for await (const { Workspaces } of paginateDescribeWorkspaces({ client }, {})) {
      sizes.push(Workspaces?.length);
    }
    expect(sizes).toEqual([25, 5]);
    const { WorkspacesConnectionStatus } = await client.send(
      new DescribeWorkspacesConnectionStatusCommand({ WorkspaceIds: [ALICE] }),
    );
    expect(WorkspacesConnectionStatus?.[0]?.LastKnownUserConnectionTimestamp).toEqual(clock.now());
    const { Associations } = await client.send(
      new DescribeWorkspaceAssociationsCommand({ WorkspaceId: ALICE, AssociatedResourceTypes: ['APPLICATION'] }),
    );
    expect(Associations?.map((one) => one.AssociatedResourceId)).toEqual([OFFICE, VISIO]);
  });

  test('makes changes', async () => {
    const { Association } = await client.send(
      new DisassociateWorkspaceApplicationCommand({ WorkspaceId: ALICE, ApplicationId: VISIO }),
    );
    expect(Association?.State).toBe('PENDING_UNINSTALL_DEPLOYMENT');
    expect(Association?.LastUpdatedTime).toEqual(clock.now());
  });

  test('throws a modeled exception with its members', async () => {
    await expect(client.send(new DescribeTagsCommand({ ResourceId: 'ws-nobody001' }))).rejects.toMatchObject({
      name: 'ResourceNotFoundException',
      ResourceId: 'ws-nobody001',
      message: 'The WorkSpace ws-nobody001 could not be found.',
    });
  });
});
