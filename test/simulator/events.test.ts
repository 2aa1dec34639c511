import { AssociateWorkspaceApplicationCommand } from '@aws-sdk/client-workspaces';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createClient } from '../../src/aws/client.ts';
import { parseMessage, type WorkspaceEvent } from '../../src/eventbridge/workspaceEvent.ts';
import type { Fault } from '../../src/simulator/faults.ts';
import type { Seed } from '../../src/simulator/seed.ts';
import { type Simulator, startSimulator } from '../../src/simulator/start.ts';
import { VirtualClock } from '../fakes/clock.ts';
import { ALICE, BOB, OFFICE, seedOf, VISIO } from './fixtures.ts';

const MIGRATED = 'ws-0000migrated';
const QUEUES = [{ name: 'events', deadLetterQueue: 'dead-letters' }, { name: 'dead-letters' }];
const clock = new VirtualClock();

let simulator: Simulator;
async function start(seed: Partial<Seed> = { queues: QUEUES }): Promise<void> {
  simulator = await startSimulator({ seed: { ...seedOf({}), ...seed }, rateLimit: { callsPerSecond: 0 }, clock });
}
beforeEach(() => start());
afterEach(() => simulator.close());

const bodies = (name = 'events') => simulator.queues.get(name)?.messages.map(({ body }) => JSON.parse(body)) ?? [];
const parsed = () =>
  (simulator.queues.get('events')?.messages ?? []).map(({ body }) => {
    const { accountID, region } = simulator;
    const result = parseMessage(body, { accountID, region });
    return 'event' in result ? result.event : result;
  });
const shown = () => parsed().map((event) => ('name' in event ? `${event.name} ${event.workspaceIDs}` : event));
const client = () =>
  createClient({
    region: 'eu-central-1',
    endpoint: simulator.url,
    credentials: { accessKeyId: 'AKIAEXAMPLE', secretAccessKey: 'secret' },
    version: '1.2.3',
  });
const associate = (WorkspaceId = BOB) =>
  client().send(new AssociateWorkspaceApplicationCommand({ WorkspaceId, ApplicationId: OFFICE }));

describe('an action in the console', () => {
  test.each<[string, (simulator: Simulator) => void, string[]]>([
    [
      'an installed application',
      ({ simulated }) => simulated.putAssociation(BOB, OFFICE),
      [`AssociateWorkspaceApplication ${BOB}`, `DeployWorkspaceApplications ${BOB}`],
    ],
    [
      'an application that waits for its deployment',
      ({ simulated }) => simulated.putAssociation(BOB, OFFICE, { state: 'PENDING_INSTALL_DEPLOYMENT' }),
      [`AssociateWorkspaceApplication ${BOB}`],
    ],
    [
      'a removed application',
      ({ simulated }) => simulated.dropAssociation(ALICE, VISIO),
      [`DisassociateWorkspaceApplication ${ALICE}`, `DeployWorkspaceApplications ${ALICE}`],
    ],
    ['a rebuild', ({ simulated }) => simulated.rebuildWorkspace(ALICE), [`RebuildWorkspaces ${ALICE}`]],
    ['a restore', ({ simulated }) => simulated.restoreWorkspace(ALICE), [`RestoreWorkspace ${ALICE}`]],
    ['a termination', ({ simulated }) => simulated.terminateWorkspace(ALICE), [`TerminateWorkspaces ${ALICE}`]],
    [
      'a migration',
      ({ simulated }) => simulated.migrateWorkspace(ALICE, MIGRATED),
      [`MigrateWorkspace ${[ALICE, MIGRATED].sort()}`],
    ],
    ['a stop', ({ simulated }) => simulated.setWorkspace(ALICE, { state: 'STOPPED' }), [`StopWorkspaces ${ALICE}`]],
    [
      'a reboot',
      ({ simulated }) => simulated.setWorkspace(ALICE, { state: 'REBOOTING' }),
      [`RebootWorkspaces ${ALICE}`],
    ],
    [
      'maintenance',
      ({ simulated }) => simulated.setWorkspace(ALICE, { state: 'ADMIN_MAINTENANCE' }),
      [`ModifyWorkspaceState ${ALICE}`],
    ],
    [
      'changed tags',
      ({ simulated }) => {
        simulated.setWorkspace(ALICE, { tags: { Team: 'A', Site: 'X' } });
        simulated.setWorkspace(ALICE, { tags: { Team: 'A' } });
      },
      [`CreateTags ${ALICE}`, `DeleteTags ${ALICE}`],
    ],
    [
      'a login',
      ({ simulated }) => simulated.setWorkspace(ALICE, { connection: 'CONNECTED' }),
      [`WorkSpaces Access ${ALICE}`],
    ],
    ['a state that no call sets', ({ simulated }) => simulated.setWorkspace(ALICE, { state: 'UNHEALTHY' }), []],
  ])('%s arrives as events that the operator can read', (_, act, expected) => {
    simulator.simulated.setWorkspace(ALICE, { connection: 'DISCONNECTED' });
    act(simulator);
    expect(shown()).toEqual(expected);
  });

  test('has another principal and other request IDs than the calls of clients', async () => {
    simulator.simulated.rebuildWorkspace(ALICE);
    await associate();
    const [byHand, byClient] = bodies().map(({ detail }) => detail);
    expect(byHand.userIdentity.arn).toBe('arn:aws:sts::123456789012:assumed-role/Administrator/console');
    expect(byHand.requestID).not.toBe(byClient.requestID);
  });

  test('of 5,000 WorkSpaces floods the queue with as many events', () => {
    for (let index = 0; index < 5_000; index += 1) {
      simulator.simulated.setWorkspace(ALICE, { tags: { Run: String(index) } });
    }
    expect(simulator.queues.get('events')?.count().visible).toBe(5_000);
    expect(shown().at(-1)).toBe(`CreateTags ${ALICE}`);
  });
});

describe('a call through the API', () => {
  test('arrives with the request ID of its response, and the identity and program of its caller', async () => {
    const { $metadata } = await associate();
    const [event] = bodies();
    expect(event).toMatchObject({
      'detail-type': 'AWS API Call via CloudTrail',
      source: 'aws.workspaces',
      account: '123456789012',
      region: 'eu-central-1',
      detail: {
        eventName: 'AssociateWorkspaceApplication',
        eventTime: `${clock.now().toISOString().slice(0, 19)}Z`,
        awsRegion: 'eu-central-1',
        recipientAccountId: '123456789012',
        userIdentity: { type: 'IAMUser', arn: 'arn:aws:iam::123456789012:user/simulated' },
        userAgent: expect.stringContaining('wsap/1.2.3'),
        requestParameters: { workspaceId: BOB, applicationId: OFFICE },
        responseElements: { association: { workspaceId: BOB, state: 'PENDING_INSTALL_DEPLOYMENT' } },
      },
    });
    expect(parsed()).toMatchObject([
      { workspaceIDs: [BOB], requestID: $metadata.requestId } satisfies Partial<WorkspaceEvent>,
    ]);
  });

  test('that AWS rejects arrives as a failed call, and a read does not arrive', async () => {
    await expect(associate('ws-00000000missing')).rejects.toThrow();
    simulator.faults.add({ fault: 'AccessDenied', operation: 'AssociateWorkspaceApplication', times: 1 });
    await expect(associate()).rejects.toThrow();
    simulator.simulated.call('DescribeWorkspaces', {});
    expect(bodies().map(({ detail }) => detail.errorCode)).toEqual([
      'ResourceNotFoundException',
      'AccessDeniedException',
    ]);
    expect(parsed()).toEqual([{ ignored: 'FailedCall' }, { ignored: 'FailedCall' }]);
  });

  test('whose response is lost arrives, and one that AWS never received does not', async () => {
    simulator.faults.add({ fault: 'CloseConnection', operation: 'AssociateWorkspaceApplication', times: 1 });
    await expect(associate()).rejects.toThrow();
    expect(bodies()).toEqual([]);
    simulator.faults.add({ fault: 'LoseAnswer', operation: 'AssociateWorkspaceApplication', times: 1 });
    await expect(associate()).rejects.toThrow();
    expect(shown()).toEqual([`AssociateWorkspaceApplication ${BOB}`]);
  });
});

describe('a fault of events', () => {
  const restart = async (faults: readonly Fault[], shuffle = false) => {
    await simulator.close();
    await start({ queues: [{ name: 'events', shuffle }], faults });
  };
  const receive = () => simulator.queues.get('events')?.receive({ max: 10, waitMs: 0, visibilityTimeoutMs: 60_000 });
  const received = async () =>
    (await receive())?.map(({ body }) => JSON.parse(body).detail.requestParameters.workspaceId);
  const restore = () => {
    for (const id of [ALICE, BOB]) {
      simulator.simulated.restoreWorkspace(id);
    }
  };

  test('loses the events of a WorkSpace', async () => {
    await restart([{ fault: 'LoseEvent', workspaceID: ALICE }]);
    restore();
    expect(await received()).toEqual([BOB]);
  });

  test('delays an event by hours, so that it arrives after later ones', async () => {
    await restart([{ fault: 'DelayEvent', operation: 'RestoreWorkspace', times: 1, delayMs: 3 * 3_600_000 }]);
    restore();
    expect(await received()).toEqual([BOB]);
    await clock.advance(3 * 3_600_000 - 1);
    expect(await received()).toEqual([BOB]);
    await clock.advance(1);
    expect(await received()).toContain(ALICE);
  });

  test('duplicates an event', async () => {
    await restart([{ fault: 'DuplicateEvent', times: 1 }]);
    restore();
    expect(await received()).toEqual([ALICE, ALICE, BOB]);
    const [first, second] = bodies();
    expect(first).toEqual(second);
  });

  test('affects no calls', async () => {
    await restart([{ fault: 'LoseEvent' }]);
    expect((await associate()).Association?.State).toBe('PENDING_INSTALL_DEPLOYMENT');
    expect(bodies()).toEqual([]);
  });

  test('shuffles a queue', async () => {
    await restart([], true);
    const queue = simulator.queues.get('events');
    const sent = Array.from({ length: 10 }, (_, index) => String(index));
    for (const text of sent) {
      queue?.send(text);
    }
    const order = (await receive())?.map(({ body }) => body) ?? [];
    expect(order).not.toEqual(sent);
    expect([...order].sort()).toEqual(sent);
  });
});

test('only queues that receive events do, and dead-letter queues only if the seed says so', async () => {
  simulator.simulated.restoreWorkspace(ALICE);
  expect([bodies('events').length, bodies('dead-letters').length]).toEqual([1, 0]);
  await simulator.close();
  await start({ queues: [{ name: 'events', receivesEvents: false }, { name: 'other' }] });
  simulator.simulated.restoreWorkspace(ALICE);
  expect([bodies('events').length, bodies('other').length]).toEqual([0, 1]);
});

test('a simulator without queues publishes nothing', async () => {
  await simulator.close();
  await start({});
  await associate();
  simulator.simulated.restoreWorkspace(ALICE);
  expect([...simulator.queues]).toEqual([]);
});
