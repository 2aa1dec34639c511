import { expect, test } from 'vitest';
import { ClusterHarness, eventually, eventuallyReported, fleetOf, VISIO } from './clusterHarness.ts';

const QUEUE_URL = 'https://sqs.eu-central-1.amazonaws.com/123456789012';

/**
 * Starts an operator without Visio on any WorkSpace. Its fleet has events.
 *
 * @param name name of a queue that no other fleet of the cluster reads
 */
async function start(name: string, isQueueMissing = false) {
  const harness = await ClusterHarness.start({
    ...fleetOf(4, 1, { queues: [{ name, deadLetterQueue: 'dead-letters' }, { name: 'dead-letters' }] }),
    generate: [{ count: 4, idPrefix: 'demo', userPrefix: 'user' }],
  });
  const queue = harness.simulator.queues.get(name);
  if (isQueueMissing) {
    queue?.remove();
  }
  await harness.applyFleet('own', { events: { queueURL: `${QUEUE_URL}/${name}` } });
  return { harness, queue };
}

/** Installs Visio on the first WorkSpace like an administrator in the AWS console. Returns the ID of the WorkSpace. */
function installVisio({ simulator }: ClusterHarness): string {
  const [{ workspaceID } = { workspaceID: '' }] = simulator.simulated.workspaces;
  simulator.simulated.putAssociation(workspaceID, VISIO);
  return workspaceID;
}

/** Returns the number of calls that list WorkSpaces without naming them. */
function listings(harness: ClusterHarness): number {
  return harness.calls('DescribeWorkspaces').filter(({ input }) => !Object.hasOwn(Object(input), 'WorkspaceIds'))
    .length;
}

test.concurrent('a manual installation is removed after its event, although the next listing is a day away', async () => {
  const { harness: started, queue } = await start('wsap-events-read');
  await using harness = started;
  await harness.apply('no-visio', { interval: '24h' });
  await harness.waitForFleetCondition('own', 'EventsReceived', 'Unknown', 'NoRecentEvent');
  await harness.waitForCondition('no-visio', 'Compliant', 'True');
  const listingsBefore = listings(harness);

  const workspaceID = installVisio(harness);

  await eventually(() => expect(harness.changes()).toContain(`Disassociate ${workspaceID} ${VISIO}`));
  expect(listings(harness)).toBe(listingsBefore);
  await eventually(() => expect(harness.statesOf(VISIO).get(workspaceID)).toBe('REMOVED'));
  await harness.waitForCondition('no-visio', 'Compliant', 'True');
  // The events of the installation are read, and the events of the operator's own changes need no read.
  await eventually(() => expect(queue?.messages).toEqual([]));
  await harness.waitForFleetCondition('own', 'EventsReceived', 'True', 'Receiving');
  expect(harness.simulator.queues.get('dead-letters')?.messages).toEqual([]);
  await eventuallyReported(async () => {
    const { status } = await harness.fleet('own');
    expect(status?.events).toMatchObject({
      lastReceivedTime: expect.any(String),
      lastEventTime: expect.any(String),
      lastAssociationEventTime: expect.any(String),
    });
  });
});

test.concurrent('without its queue, the operator finds drift in listings, and the fleet says so', async () => {
  const { harness: started, queue } = await start('wsap-events-missing', true);
  await using harness = started;
  await harness.apply('no-visio', { interval: '5s' });
  const fleet = await harness.waitForFleetCondition('own', 'EventsReceived', 'False', 'QueueNotFound');
  expect(fleet.status?.conditions?.find(({ type }) => type === 'Ready')?.status).toBe('True');
  await harness.waitForCondition('no-visio', 'Compliant', 'True');

  const workspaceID = installVisio(harness);

  await eventually(() => expect(harness.statesOf(VISIO).get(workspaceID)).toBe('REMOVED'));
  const described = await harness.kubectl('describe', 'wsfleet', harness.fleetName('own'));
  expect(described).toMatch(
    /Message: +ReceiveMessage for wsap-events-missing: the queue doesn't exist in this region, .*; check spec\.events\.queueURL of the fleet, .*\(AWS: The specified queue does not exist\); deploy\/events contains templates for the queue\. Until then, the operator reads at the intervals of the policies\n.*\n +Reason: +QueueNotFound\n +Status: +False\n +Type: +EventsReceived\n/,
  );

  const showsEvent = async (pattern: RegExp) =>
    expect(await harness.kubectl('describe', 'wsfleet', harness.fleetName('own'))).toMatch(pattern);
  await eventuallyReported(() => showsEvent(/\n +Warning +QueueNotFound .*the queue doesn't exist in this region/));

  queue?.restore();

  await harness.waitForFleetCondition('own', 'EventsReceived', 'Unknown', 'NoRecentEvent');
  installVisio(harness);
  await harness.waitForFleetCondition('own', 'EventsReceived', 'True', 'Receiving');
  await eventuallyReported(() => showsEvent(/\n +Normal +Receiving .*events arrive/));
});

test.concurrent('after a change to a queue that does not exist, the fleet says so', async () => {
  const { harness: started } = await start('wsap-events-replaced');
  await using harness = started;
  await harness.apply('no-visio', { interval: '5s' });
  await harness.waitForFleetCondition('own', 'EventsReceived', 'Unknown', 'NoRecentEvent');

  await harness.applyFleet('own', { events: { queueURL: `${QUEUE_URL}/wsap-events-mistyped` } });

  await harness.waitForFleetCondition('own', 'EventsReceived', 'False', 'QueueNotFound');
  const { status } = await harness.fleet('own');
  expect(status).not.toHaveProperty('events');

  const workspaceID = installVisio(harness);

  await eventually(() => expect(harness.statesOf(VISIO).get(workspaceID)).toBe('REMOVED'));
});
