import { afterEach, describe, expect, test } from 'vitest';
import { type Simulator, type SimulatorOptions, startSimulator } from '../../src/simulator/start.ts';
import { VirtualClock } from '../fakes/clock.ts';
import { ALICE, BOB, seedOf, VISIO } from './fixtures.ts';

const running: Simulator[] = [];
afterEach(async () => {
  await Promise.all(running.splice(0).map((simulator) => simulator.close()));
});

async function start(options: Partial<SimulatorOptions> = {}): Promise<Simulator> {
  const simulator = await startSimulator({ seed: seedOf(), rateLimit: { callsPerSecond: 0 }, ...options });
  running.push(simulator);
  return simulator;
}

async function aws({ url }: Simulator, operation: string, input: unknown): Promise<Response> {
  const headers = { 'x-amz-target': `WorkspacesService.${operation}`, 'content-type': 'application/x-amz-json-1.1' };
  return fetch(url, { method: 'POST', headers, body: JSON.stringify(input) });
}

async function control({ url }: Simulator, method: string, path: string, body?: unknown) {
  const init = body === undefined ? { method } : { method, body: JSON.stringify(body) };
  const response = await fetch(`${url}/_simulator${path}`, init);
  const text = await response.text();
  return { status: response.status, body: text === '' ? undefined : JSON.parse(text) };
}

describe('the endpoint', () => {
  test('speaks AWS JSON 1.1 on the loopback interface', async () => {
    const simulator = await start();
    expect(simulator.url).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/);
    const response = await aws(simulator, 'DescribeTags', { ResourceId: ALICE });
    expect(response.status).toBe(200);
    expect(response.headers.get('content-type')).toBe('application/x-amz-json-1.1');
    expect(response.headers.get('x-amzn-requestid')).toBe('00000000-0000-4000-8000-000000000001');
    expect(await response.json()).toEqual({ TagList: [] });
  });

  test('rejects a large request without storing it', async () => {
    const simulator = await start();
    const response = await aws(simulator, 'DescribeTags', { ResourceId: 'x'.repeat(1024 * 1024) });
    expect([response.status, await response.json()]).toMatchObject([413, { __type: 'RequestEntityTooLargeException' }]);
    expect(simulator.calls.list()).toEqual([]);
  });

  test('shows the correct path for a request to another path', async () => {
    const { url } = await start();
    const response = await fetch(`${url}/service/WorkSpaces/operation/DescribeTags`, { method: 'POST' });
    expect(response.status).toBe(404);
    expect(await response.text()).toContain('POST /');
    expect((await fetch(url)).status).toBe(404);
  });

  test('fails to start if it can’t listen', async () => {
    const { url } = await start();
    await expect(startSimulator({ seed: seedOf(), port: Number(new URL(url).port) })).rejects.toThrow('EADDRINUSE');
  });

  test('closes while calls hang, are delayed, or idle', async () => {
    const faults = [
      { fault: 'Hang', operation: 'DescribeTags' },
      { fault: 'Delay', operation: 'DescribeWorkspaces', delayMs: 600_000 },
    ] as const;
    const clock = new VirtualClock();
    const simulator = await startSimulator({ seed: seedOf({ faults }), clock });
    const hanging = aws(simulator, 'DescribeTags', { ResourceId: ALICE }).catch(() => 'closed');
    const delayed = aws(simulator, 'DescribeWorkspaces', {}).catch(() => 'closed');
    await expect
      .poll(() => [simulator.calls.list().length, clock.sleeping().length], { timeout: 30_000 })
      .toEqual([1, 1]);
    await simulator.close();
    expect(await Promise.all([hanging, delayed])).toEqual(['closed', 'closed']);
  });

  test('reports each call', async () => {
    const operations: string[] = [];
    const simulator = await start({ onCall: ({ operation }) => operations.push(operation) });
    await aws(simulator, 'DescribeWorkspaces', {});
    expect(operations).toEqual(['DescribeWorkspaces']);
  });
});

describe('/_simulator', () => {
  test('sets and removes faults at run time', async () => {
    const simulator = await start();
    const ask = async () => (await aws(simulator, 'DescribeWorkspaces', {})).status;
    expect((await control(simulator, 'PUT', '/faults', [{ fault: 'HttpError', status: 503, times: 1 }])).status).toBe(
      204,
    );
    expect([await ask(), await ask()]).toEqual([503, 200]);
    expect((await control(simulator, 'POST', '/faults', { fault: 'Html' })).status).toBe(204);
    expect(await ask()).toBe(502);
    expect((await control(simulator, 'GET', '/faults')).body).toEqual([
      { fault: 'HttpError', status: 503, times: 1, struck: 1 },
      { fault: 'Html', struck: 1 },
    ]);
    await control(simulator, 'DELETE', '/faults');
    expect(await ask()).toBe(200);
  });

  test('lists and clears calls', async () => {
    const simulator = await start();
    await aws(simulator, 'DescribeTags', { ResourceId: ALICE });
    expect((await control(simulator, 'GET', '/calls')).body).toMatchObject([
      { number: 1, operation: 'DescribeTags', input: { ResourceId: ALICE }, status: 200, done: true },
    ]);
    await control(simulator, 'DELETE', '/calls');
    expect((await control(simulator, 'GET', '/calls')).body).toEqual([]);
  });

  test('performs actions of a console user', async () => {
    const simulator = await start();
    await control(simulator, 'POST', `/workspaces/${BOB}`, { state: 'STOPPED', tags: { Team: 'x' } });
    await control(simulator, 'POST', `/workspaces/${BOB}/applications/${VISIO}`);
    await control(simulator, 'POST', `/workspaces/${ALICE}/applications/${VISIO}`, {
      state: 'ERROR',
      stateReason: { errorCode: 'DeploymentError.WorkspaceUnreachable' },
      failed: 'INSTALL',
    });
    await control(simulator, 'DELETE', `/workspaces/${ALICE}/applications/wsa-office2021`);
    expect((await control(simulator, 'GET', '/workspaces')).body).toMatchObject([
      { WorkspaceId: ALICE, Associations: [{ AssociatedResourceId: VISIO, State: 'ERROR' }] },
      {
        WorkspaceId: BOB,
        State: 'STOPPED',
        Tags: { Team: 'x' },
        Associations: [{ AssociatedResourceId: VISIO, State: 'COMPLETED' }],
      },
    ]);
    await control(simulator, 'DELETE', `/workspaces/${ALICE}`);
    expect((await control(simulator, 'GET', '/workspaces')).body).toMatchObject([{ WorkspaceId: BOB }]);
  });

  test('rebuilds, restores, and migrates WorkSpaces, and shows their software', async () => {
    const simulator = await start();
    await control(simulator, 'POST', `/workspaces/${ALICE}/restore`);
    await control(simulator, 'POST', `/workspaces/${BOB}/migrate`, {
      workspaceID: 'ws-bob000002',
      bundleID: 'wsb-00000001',
    });
    expect((await control(simulator, 'GET', '/workspaces')).body).toMatchObject([
      { WorkspaceId: ALICE, State: 'RESTORING', InstalledApplications: ['wsa-office2021', VISIO] },
      { WorkspaceId: 'ws-bob000002', State: 'PENDING', InstalledApplications: [] },
    ]);
    await control(simulator, 'POST', `/workspaces/${ALICE}`, { state: 'AVAILABLE' });
    await control(simulator, 'POST', `/workspaces/${ALICE}/rebuild`);
    expect((await control(simulator, 'GET', '/workspaces')).body).toMatchObject([
      { WorkspaceId: ALICE, State: 'REBUILDING' },
      {},
    ]);
    const again = await control(simulator, 'POST', `/workspaces/${ALICE}/rebuild`);
    expect([again.status, again.body.error]).toEqual([409, expect.stringContaining('REBUILDING')]);
  });

  test('responds even if the service is throttled and faulty', async () => {
    const simulator = await start({ rateLimit: { callsPerSecond: 0.001, burst: 1 } });
    await control(simulator, 'PUT', '/faults', [{ fault: 'Hang' }]);
    for (let call = 0; call < 5; call += 1) {
      expect((await control(simulator, 'GET', '/calls')).status).toBe(200);
    }
  });

  const rejected: [string, string, unknown, number, string][] = [
    ['GET', '/nothing', undefined, 404, '/faults, /calls, /workspaces, or /queues'],
    ['PATCH', '/faults', [], 405, 'GET, PUT, POST, DELETE'],
    ['PUT', '/faults', { fault: 'Html' }, 400, 'a list of faults'],
    ['PUT', '/faults', [{ fault: 'Html', operation: 'Nothing' }], 400, 'operation: "Nothing" must be one of'],
    ['POST', '/faults', undefined, 400, 'must be a mapping'],
    [
      'POST',
      `/workspaces/${ALICE}`,
      { status: 'STOPPED' },
      400,
      'status: unknown field; the fields are state, connection, lastConnectedAgo, connectionCheckedAgo, freeDiskSpaceGib, tags',
    ],
    [
      'POST',
      `/workspaces/${ALICE}`,
      { state: 'stopped' },
      400,
      'state: "stopped" has an invalid format (State in capitals and underscores',
    ],
    ['POST', '/workspaces/ws-nobody001', { state: 'STOPPED' }, 404, 'ws-nobody001 could not be found'],
    ['POST', `/workspaces/${ALICE}/applications/wsa-nothing1`, {}, 404, 'wsa-nothing1 could not be found'],
    ['POST', `/workspaces/${ALICE}/migrate`, { bundleID: 'wsb-00000001' }, 400, 'workspaceID is missing'],
    [
      'POST',
      `/workspaces/${ALICE}/migrate`,
      { bundleID: 'wsb-99999999', workspaceID: 'ws-alice0002' },
      404,
      'wsb-99999999 could not be found',
    ],
    [
      'POST',
      `/workspaces/${ALICE}`,
      { connectionCheckedAgo: 'soon' },
      400,
      'connectionCheckedAgo: "soon" has an invalid format (Time since AWS last checked the connection',
    ],
    ['DELETE', '/workspaces/ws-nobody001', undefined, 404, 'ws-nobody001 could not be found'],
  ];
  test.each(rejected)('rejects %s %s %o with %i and a reason', async (method, path, body, status, message) => {
    const answer = await control(await start(), method, path, body);
    expect([answer.status, answer.body.error]).toEqual([status, expect.stringContaining(message)]);
  });

  test('rejects a body that isn’t JSON', async () => {
    const { url } = await start();
    const response = await fetch(`${url}/_simulator/faults`, { method: 'PUT', body: '[' });
    expect([response.status, await response.json()]).toEqual([400, { error: 'the body is not valid JSON' }]);
  });
});
