import { afterEach, describe, expect, test } from 'vitest';
import { association, PROJECT, policyObject, VISIO, workspace, ws } from '../../builders.ts';
import { fakeFleet } from '../../fakeOperator.ts';
import { HOUR, MINUTE } from '../../fixtures.ts';
import { EventfulOperator, type EventfulOperatorOptions } from './eventfulOperator.ts';

const SECOND = 1_000;
/** Time after which the first inventory is complete. */
const START_MS = 30 * SECOND;

async function start(count = 3, options: EventfulOperatorOptions = {}): Promise<EventfulOperator> {
  const operator = new EventfulOperator(fakeFleet(count, []), options);
  await operator.until(() => operator.policyStatus()?.compliance !== undefined);
  if (options.hasEvents !== false) {
    await operator.proveEvents();
  }
  await operator.advance(START_MS);
  return operator;
}

let operator: EventfulOperator;

/** Installs Visio by hand. */
function installVisio(workspaceID: string): void {
  operator.fleet.put(association(workspaceID, VISIO));
}

const isDisassociated = (workspaceID: string) => () =>
  operator.fleet.mutations.some(
    (call) => call.method === 'disassociateWorkspaceApplication' && call.workspaceID === workspaceID,
  );

afterEach(() => operator.runtime.close());

describe('an application that somebody installs', () => {
  test('is disassociated within seconds of its event, with few calls', async () => {
    operator = await start();
    installVisio(ws(2));
    const before = operator.calls.count;
    operator.emit('AssociateWorkspaceApplication', [ws(2)]);
    const delay = await operator.until(isDisassociated(ws(2)));
    expect(delay).toBeLessThanOrEqual(20 * SECOND);
    expect(operator.calls.count - before).toBeLessThanOrEqual(8);
    await operator.advance(START_MS);
    expect(operator.queue.bodies).toHaveLength(0);
    expect(operator.messages[0]).toBe('AssociateWorkspaceApplication Refreshed');
  });

  test('is disassociated although listings are being renewed', async () => {
    // 10 calls per minute: a listing of 100 WorkSpaces and their applications takes minutes.
    operator = await start(100, { requestsPerMinute: 10 });
    await operator.until(() => operator.eventsReceived()?.status === 'True');
    await operator.advance(7 * HOUR, MINUTE);
    installVisio(ws(2));
    operator.emit('AssociateWorkspaceApplication', [ws(2)]);
    expect(await operator.until(isDisassociated(ws(2)))).toBeLessThanOrEqual(2 * MINUTE);
  });

  test('does not wait for reads of deployments and of connected users, which take many calls', async () => {
    const removed = Array.from({ length: 300 }, (_, n) => association(ws(n + 1), VISIO, { state: 'REMOVED' }));
    const held = Array.from({ length: 200 }, (_, n) => association(ws(n + 301), VISIO));
    const connections = held.map(({ workspaceID }) => ({ workspaceID, connectionState: 'CONNECTED' }));
    operator = new EventfulOperator(fakeFleet(500, [...removed, ...held], { connections }));
    await operator.until(() => operator.policyStatus()?.compliance?.held === held.length);
    await operator.proveEvents();
    await operator.advance(5 * MINUTE);
    const installedAt: number[] = [];
    const delays: number[] = [];
    while (delays.length < 40) {
      if (installedAt.length < 40 && operator.clock.monotonic() >= (installedAt.at(-1) ?? 0) + 6 * SECOND) {
        installedAt.push(operator.clock.monotonic());
        installVisio(ws(installedAt.length));
        operator.emit('AssociateWorkspaceApplication', [ws(installedAt.length)]);
      }
      const before = operator.fleet.mutations.length;
      await operator.advance(500);
      for (const { method, workspaceID = '' } of operator.fleet.mutations.slice(before)) {
        if (method === 'disassociateWorkspaceApplication') {
          delays.push(operator.clock.monotonic() - (installedAt[Number(workspaceID.slice(3)) - 1] ?? 0));
        }
      }
    }
    expect(delays.toSorted((a, b) => b - a)[0]).toBeLessThanOrEqual(20 * SECOND);
  }, 60_000);

  test('every few seconds does not keep the pace of reads of a user who stays connected', async () => {
    const connections = [{ workspaceID: ws(2), connectionState: 'CONNECTED' }];
    operator = new EventfulOperator(fakeFleet(3, [association(ws(2), VISIO)], { connections }));
    await operator.until(() => operator.policyStatus()?.compliance?.held === 1);
    const before = operator.fleet.callCount('describeWorkspacesConnectionStatus');
    for (let n = 0; n < 150; n++) {
      operator.emit('AssociateWorkspaceApplication', [ws(1)]);
      await operator.advance(6 * SECOND, SECOND);
    }
    // After 15 minutes, a read follows almost 4 minutes after the one before.
    const reads = operator.fleet.callCount('describeWorkspacesConnectionStatus') - before;
    expect(reads).toBeGreaterThanOrEqual(5);
    expect(reads).toBeLessThanOrEqual(30);
    operator.fleet.putConnection({ workspaceID: ws(2), connectionState: 'DISCONNECTED' });
    expect(await operator.until(isDisassociated(ws(2)))).toBeLessThanOrEqual(5 * MINUTE);
  });

  test('is not removed because of the event alone', async () => {
    operator = await start();
    operator.emit('AssociateWorkspaceApplication', [ws(2)]);
    await operator.advance(5 * MINUTE);
    expect(operator.fleet.mutations).toEqual([]);
    expect(operator.queue.bodies).toHaveLength(0);
  });

  test('is found by a listing if no event arrives, and the status says so', async () => {
    operator = await start();
    operator.deliversOwnChanges = false;
    installVisio(ws(2));
    expect(await operator.until(isDisassociated(ws(2)), 8 * HOUR)).toBeGreaterThan(HOUR);
    await operator.until(() => operator.eventsReceived()?.reason === 'EventsMissing');
    expect(operator.eventsReceived()).toMatchObject({ status: 'False' });
    expect(operator.eventsReceived()?.message).toContain(ws(2));
    await operator.advance(5 * MINUTE);
    operator.deliversOwnChanges = true;
    // The intervals of the policies apply until an event proves that events arrive.
    installVisio(ws(3));
    expect(await operator.until(isDisassociated(ws(3)))).toBeLessThanOrEqual(15 * MINUTE);
    await operator.until(() => operator.eventsReceived()?.status === 'True');
  });
});

describe('events', () => {
  test('that arrive several times cause one read', async () => {
    operator = await start();
    installVisio(ws(2));
    const body = operator.emit('AssociateWorkspaceApplication', [ws(2)]);
    operator.queue.send(body);
    operator.queue.send(body, 2 * SECOND);
    await operator.until(isDisassociated(ws(2)));
    const { calls } = operator.fleet;
    const reads = calls
      .slice(
        0,
        calls.findIndex(({ method }) => method === 'disassociateWorkspaceApplication'),
      )
      .filter(({ method, workspaceID }) => method === 'describeWorkspaceAssociations' && workspaceID === ws(2));
    // One for the events, and one right before the disassociation.
    expect(reads).toHaveLength(2);
    const before = operator.calls.count;
    operator.queue.send(body, 30 * SECOND);
    await operator.advance(MINUTE);
    expect(operator.calls.count - before).toBeLessThanOrEqual(10);
    expect(operator.queue.bodies).toHaveLength(0);
  });

  test('that are hours late cause no read of what was read since', async () => {
    operator = await start();
    const at = operator.clock.now();
    await operator.advance(7 * HOUR, MINUTE);
    const before = operator.calls.count;
    for (let n = 1; n <= 3; n++) {
      operator.emit('AssociateWorkspaceApplication', [ws(n)], { at: new Date(at.getTime() - n * MINUTE) });
    }
    await operator.advance(30 * SECOND);
    expect(operator.queue.bodies).toHaveLength(0);
    expect(operator.calls.count - before).toBeLessThanOrEqual(1);
  });

  test('of the operator itself cause no read', async () => {
    operator = await start();
    installVisio(ws(2));
    operator.emit('AssociateWorkspaceApplication', [ws(2)]);
    await operator.until(() => operator.fleet.mutations.length === 2);
    await operator.advance(2 * MINUTE);
    expect(operator.messages).toEqual([
      'AssociateWorkspaceApplication Refreshed',
      'DisassociateWorkspaceApplication OwnChange',
      'DeployWorkspaceApplications OwnChange',
    ]);
    expect(operator.queue.bodies).toHaveLength(0);
  });

  test('of other accounts and unreadable messages change nothing', async () => {
    operator = await start();
    const before = operator.calls.count;
    const body = operator.emit('AssociateWorkspaceApplication', [ws(2)]);
    operator.queue.send(body.replaceAll('123456789012', '210987654321'));
    operator.queue.send('{"source":');
    await operator.until(() => operator.queue.deadLetters.messages.length === 1);
    expect(operator.messages).toEqual(
      expect.arrayContaining(['Other Ignored', 'Other Malformed', 'AssociateWorkspaceApplication Refreshed']),
    );
    expect(operator.queue.bodies).toHaveLength(0);
    expect(operator.calls.count - before).toBeLessThanOrEqual(4);
  });

  test('with an ID that doesn’t exist change nothing', async () => {
    operator = await start();
    operator.emit('AssociateWorkspaceApplication', ['ws-forged0000']);
    await operator.advance(MINUTE);
    expect(operator.queue.bodies).toHaveLength(0);
    expect(operator.fleet.mutations).toEqual([]);
    expect(operator.policyStatus()?.compliance?.selected).toBe(3);
  });

  test('of a new WorkSpace add it to the plan before the next listing', async () => {
    operator = await start(3, {
      policies: [
        policyObject('no-visio', { applications: { denied: [{ id: VISIO }] }, rollout: { maxInProgress: 5 } }),
      ],
    });
    operator.fleet.putWorkspace(workspace(ws(9), { state: 'PENDING' }));
    operator.emit('CreateWorkspaces', [ws(9)]);
    await operator.advance(5 * MINUTE);
    expect(operator.policyStatus()?.compliance?.selected).toBe(4);
    operator.fleet.putWorkspace(workspace(ws(9)));
    installVisio(ws(9));
    // No event announces the end of the creation.
    expect(await operator.until(isDisassociated(ws(9)))).toBeLessThanOrEqual(20 * MINUTE);
  });

  test('of a new WorkSpace are followed until AWS returns it', async () => {
    operator = await start(3, {
      policies: [
        policyObject('no-visio', { applications: { denied: [{ id: VISIO }] }, rollout: { maxInProgress: 5 } }),
      ],
    });
    operator.emit('CreateWorkspaces', [ws(9)]);
    await operator.advance(3 * MINUTE);
    expect(operator.queue.bodies).toHaveLength(0);
    expect(operator.policyStatus()?.compliance?.selected).toBe(3);
    operator.fleet.putWorkspace(workspace(ws(9)));
    installVisio(ws(9));
    expect(await operator.until(isDisassociated(ws(9)))).toBeLessThanOrEqual(10 * MINUTE);
  });

  test('of a new WorkSpace that AWS never returns cause few reads', async () => {
    operator = await start();
    operator.emit('CreateWorkspaces', ['ws-forged0000']);
    await operator.advance(MINUTE);
    const before = operator.fleet.callCount('describeWorkspaces');
    await operator.advance(5 * HOUR, 10 * SECOND);
    expect(operator.fleet.callCount('describeWorkspaces') - before).toBeLessThanOrEqual(6);
    expect(operator.runtime.events?.view.pendingRefreshes).toBe(0);
    expect(operator.runtime.inventory?.announced.readAt('ws-forged0000', 'workspace')).toBeUndefined();
  });

  test('of logins cause no read if no policy depends on the connection', async () => {
    operator = await start();
    const before = operator.calls.count;
    operator.emit('WorkSpaces Access', [ws(2)]);
    await operator.advance(6 * MINUTE);
    expect(operator.messages).toEqual(['WorkSpaces Access NotNeeded']);
    expect(operator.fleet.callCount('describeWorkspacesConnectionStatus')).toBe(0);
    expect(operator.calls.count - before).toBeLessThanOrEqual(1);
  });
});

test('the logins of a morning are read together, and leave calls for listings', async () => {
  const count = 300;
  operator = await start(count);
  await operator.advance(HOUR, MINUTE);
  for (let n = 1; n <= count; n++) {
    operator.runtime.inventory?.observeConnection({ workspaceID: ws(n) }, operator.clock.now());
  }
  for (let n = 1; n <= count; n++) {
    operator.emit('WorkSpaces Access', [ws(n)], {
      delayMs: n * SECOND,
      at: new Date(operator.clock.now().getTime() + n * SECOND),
    });
  }
  await operator.until(() => operator.queue.bodies.length === 0);
  expect(new Set(operator.messages)).toEqual(new Set(['WorkSpaces Access Refreshed']));
  // A call reads 25 connections. The logins take 5 minutes.
  expect(operator.fleet.callCount('describeWorkspacesConnectionStatus')).toBeLessThanOrEqual(25);
});

describe('a fleet without an event', () => {
  test('reads at the intervals of the policies, and finds drift by its event', async () => {
    operator = new EventfulOperator(fakeFleet(3, []));
    await operator.until(() => operator.policyStatus()?.compliance !== undefined);
    await operator.advance(START_MS);
    expect(operator.eventsReceived()).toMatchObject({ status: 'Unknown', reason: 'NoRecentEvent' });
    operator.deliversOwnChanges = false;
    installVisio(ws(2));
    expect(await operator.until(isDisassociated(ws(2)))).toBeLessThanOrEqual(15 * MINUTE);
    installVisio(ws(3));
    operator.emit('AssociateWorkspaceApplication', [ws(3)]);
    expect(await operator.until(isDisassociated(ws(3)))).toBeLessThanOrEqual(MINUTE);
    expect(operator.eventsReceived()).toMatchObject({ status: 'True', reason: 'Receiving' });
  });
});

describe('an edit of the events of a fleet', () => {
  test('to another resyncInterval applies it, and keeps the proof that events arrive', async () => {
    operator = await start();
    operator.editEvents({ resyncInterval: '1h' });
    await operator.advance(MINUTE);
    expect(operator.eventsReceived()).toMatchObject({ status: 'True', reason: 'Receiving' });
    expect(operator.runtime.events?.resyncInterval).toBe(HOUR);
  });

  test('to another queue needs another proof', async () => {
    operator = await start();
    operator.editEvents({ queueURL: 'https://sqs.eu-central-1.amazonaws.com/123456789012/other' });
    await operator.advance(MINUTE);
    expect(operator.eventsReceived()).toMatchObject({ status: 'Unknown', reason: 'NoRecentEvent' });
    expect(operator.runtime.events?.resyncInterval).toBeUndefined();
  });
});

describe('a restarted operator', () => {
  test('relies on events that the last process received', async () => {
    operator = await start();
    operator.status();
    operator.restart();
    await operator.until(() => operator.runtime.events?.view.receivedAt !== undefined);
    expect(operator.eventsReceived()).toMatchObject({ status: 'True', reason: 'Receiving' });
  });

  test('does not rely on events that were missing before', async () => {
    operator = await start();
    operator.deliversOwnChanges = false;
    installVisio(ws(2));
    operator.emit('AssociateWorkspaceApplication', [ws(2)]);
    await operator.until(isDisassociated(ws(2)));
    await operator.until(() => operator.eventsReceived()?.reason === 'EventsMissing');
    operator.restart();
    await operator.advance(5 * MINUTE);
    expect(operator.eventsReceived()).toMatchObject({ status: 'False', reason: 'EventsMissing' });
  });
});

describe('reads that events cause', () => {
  test('don’t end the reliance on events if they fail once', async () => {
    operator = await start(3, { requestsPerMinute: 60 });
    await operator.advance(HOUR, MINUTE);
    const listings = operator.fleet.callCount('describeApplicationAssociations');
    operator.fleet.failNext('describeWorkspaceAssociations', 'Unavailable');
    operator.emit('AssociateWorkspaceApplication', [ws(2)]);
    const reasons = new Set<string | undefined>();
    const isRead = () => {
      reasons.add(operator.eventsReceived()?.reason);
      return operator.queue.bodies.length === 0;
    };
    await operator.until(isRead);
    expect([...reasons]).toEqual(['Receiving']);
    expect(operator.fleet.callCount('describeApplicationAssociations')).toBe(listings);
  });

  test('show in the status when they fail for two minutes, until one succeeds', async () => {
    operator = await start();
    for (let n = 0; n < 4; n++) {
      operator.fleet.failNext('describeWorkspaceAssociations', 'Unavailable');
    }
    operator.emit('AssociateWorkspaceApplication', [ws(2)]);
    await operator.advance(2 * MINUTE);
    expect(operator.eventsReceived()?.status).toBe('True');
    await operator.until(() => operator.eventsReceived()?.reason === 'ReadsFailing', MINUTE);
    expect(operator.eventsReceived()?.status).toBe('False');
    await operator.until(() => operator.queue.bodies.length === 0);
    expect(operator.eventsReceived()?.status).toBe('True');
  });

  test('of WorkSpaces that don’t exist are forgotten', async () => {
    operator = await start();
    operator.emit('AssociateWorkspaceApplication', ['ws-forged0000']);
    await operator.until(() => operator.queue.bodies.length === 0);
    const reads = operator.runtime.inventory?.announced;
    expect(reads?.readAt('ws-forged0000', 'workspace')).toBeUndefined();
    expect(reads?.readAt('ws-forged0000', 'associations')).toBeUndefined();
    operator.fleet.removeWorkspace(ws(2));
    operator.emit('RebuildWorkspaces', [ws(2)]);
    await operator.until(() => operator.policyStatus()?.compliance?.selected === 2);
    expect(reads?.readAt(ws(2), 'workspace')).toBeDefined();
  });

  test('wait without a busy loop while the fleet is not owned', async () => {
    operator = await start();
    operator.emit('AssociateWorkspaceApplication', [ws(2)]);
    await operator.advance(3 * SECOND);
    operator.isOwned = false;
    await operator.advance(10 * SECOND);
    const sleep = operator.clock.sleep.bind(operator.clock);
    let sleeps = 0;
    operator.clock.sleep = (ms, signal) => {
      sleeps++;
      return sleep(ms, signal);
    };
    await operator.advance(MINUTE);
    expect(sleeps).toBeLessThan(100);
  });
});

describe('a message', () => {
  test('stays in the queue until the read is recorded', async () => {
    operator = await start();
    installVisio(ws(2));
    for (let n = 0; n < 3; n++) {
      operator.fleet.failNext('describeWorkspaceAssociations', 'Unavailable');
    }
    operator.emit('AssociateWorkspaceApplication', [ws(2)]);
    await operator.advance(20 * SECOND);
    expect(operator.queue.bodies).toHaveLength(1);
    expect(operator.fleet.mutations).toEqual([]);
    await operator.until(isDisassociated(ws(2)));
    await operator.until(() => operator.queue.bodies.length === 0);
  });

  test('is handled by the next process if one ends before the read', async () => {
    operator = await start();
    installVisio(ws(2));
    operator.emit('AssociateWorkspaceApplication', [ws(2)]);
    await operator.advance(3 * SECOND);
    expect(operator.queue.bodies).toHaveLength(1);
    operator.restart();
    await operator.until(isDisassociated(ws(2)));
    await operator.until(() => operator.queue.bodies.length === 0);
  });

  test('is delivered once although the listing that answers it takes 20 minutes', async () => {
    operator = await start(3_000, { requestsPerMinute: 6 });
    const before = operator.queue.deliveries;
    for (let n = 0; n < 3_000; n += 25) {
      operator.emit(
        'RebuildWorkspaces',
        Array.from({ length: 25 }, (_, index) => ws(n + index + 1)),
      );
    }
    await operator.until(() => operator.queue.bodies.length === 0, 2 * HOUR, 5 * SECOND);
    expect(operator.queue.deadLetters.messages).toEqual([]);
    expect(operator.queue.deliveries - before).toBe(120);
  }, 60_000);

  test('is not received without the ownership of the fleet', async () => {
    operator = await start();
    operator.isOwned = false;
    await operator.advance(30 * SECOND);
    const { receives } = operator.queue;
    operator.emit('AssociateWorkspaceApplication', [ws(2)]);
    await operator.advance(MINUTE);
    expect(operator.queue.receives).toBe(receives);
    expect(operator.queue.bodies).toHaveLength(1);
  });

  test('is not received after the fleet was closed', async () => {
    operator = await start();
    operator.runtime.close();
    operator.emit('AssociateWorkspaceApplication', [ws(2)]);
    await operator.advance(MINUTE);
    expect(operator.queue.bodies).toHaveLength(1);
  });
});

describe('a queue', () => {
  test.each([
    ['ResourceNotFound', 'QueueNotFound'],
    ['AccessDenied', 'AccessDenied'],
    ['Unavailable', 'QueueUnavailable'],
  ] as const)(
    'that fails with %s leaves the intervals of the policies, and the status says so',
    async (kind, reason) => {
      operator = new EventfulOperator(fakeFleet(3, []));
      operator.queue.failAlways(kind);
      await operator.until(() => operator.policyStatus()?.compliance !== undefined);
      expect(operator.eventsReceived()).toMatchObject({ status: 'False', reason });
      installVisio(ws(2));
      expect(await operator.until(isDisassociated(ws(2)))).toBeLessThanOrEqual(15 * MINUTE);
      operator.queue.failAlways();
      operator.emit('AssociateWorkspaceApplication', [ws(1)]);
      await operator.until(() => operator.eventsReceived()?.status === 'True');
    },
  );

  test.each([
    ['delete', 'AssociateWorkspaceApplication', 'DeleteMessageBatch'],
    ['delete', 'WorkSpaces Access', 'DeleteMessageBatch'],
    ['changeVisibility', 'AssociateWorkspaceApplication', 'ChangeMessageVisibilityBatch'],
  ] as const)('that denies to %s a message is reported, until it allows it', async (call, name, operation) => {
    operator = await start();
    operator.queue.failNext(call, 'AccessDenied');
    if (call === 'changeVisibility') {
      // The message of a failed read is hidden for a while.
      operator.fleet.failNext('describeWorkspaceAssociations', 'Unavailable');
    }
    operator.emit(name, [ws(2)]);
    await operator.until(() => operator.eventsReceived()?.reason === 'AccessDenied', MINUTE);
    expect(operator.eventsReceived()).toMatchObject({ status: 'False' });
    expect(operator.eventsReceived()?.message).toContain(operation);
    await operator.until(() => operator.queue.bodies.length === 0);
    await operator.until(() => operator.eventsReceived()?.status === 'True', 90 * MINUTE);
  });

  test('that fails later is reported after two minutes, and the policies run at once', async () => {
    operator = await start();
    expect(operator.eventsReceived()).toMatchObject({ status: 'True', reason: 'Receiving' });
    operator.queue.failAlways('Unavailable');
    await operator.advance(MINUTE);
    expect(operator.eventsReceived()?.status).toBe('True');
    const delay = await operator.until(() => operator.eventsReceived()?.reason === 'QueueUnavailable');
    expect(delay).toBeLessThanOrEqual(2 * MINUTE);
    installVisio(ws(2));
    expect(await operator.until(isDisassociated(ws(2)))).toBeLessThanOrEqual(15 * MINUTE);
  });

  test('that fails later ends the effective interval that the policies show', async () => {
    operator = await start();
    await operator.advance(MINUTE);
    expect(operator.policyStatus()?.effectiveInterval).toBe('6h');
    operator.queue.failAlways('Unavailable');
    await operator.until(() => operator.eventsReceived()?.reason === 'QueueUnavailable');
    await operator.advance(MINUTE);
    expect(operator.policyStatus()?.effectiveInterval).toBeUndefined();
  });

  test('that fails long after the last listing causes few runs until the next one', async () => {
    operator = await start();
    await operator.advance(3 * HOUR, MINUTE);
    operator.queue.failAlways('Unavailable');
    const { runs } = operator;
    await operator.until(() => operator.eventsReceived()?.reason === 'QueueUnavailable');
    await operator.advance(MINUTE);
    expect(operator.runs - runs).toBeLessThanOrEqual(10);
  });

  test('with an event every few seconds leaves the listings to their interval', async () => {
    operator = await start(3, { resyncInterval: '1h' });
    const listings = operator.fleet.callCount('describeApplicationAssociations');
    for (let n = 0; n < 2 * 60 * 10; n++) {
      operator.emit('AssociateWorkspaceApplication', [ws(1)]);
      await operator.advance(6 * SECOND, SECOND);
    }
    expect(operator.fleet.callCount('describeApplicationAssociations') - listings).toBeGreaterThanOrEqual(1);
  }, 60_000);

  test.each([
    'https://sqs.eu-central-1.amazonaws.com/123456789012/wsap-events',
    'https://eu-central-1.queue.amazonaws.com/123456789012/wsap-events',
    'https://vpce-0123456789abcdef0.sqs.eu-central-1.vpce.amazonaws.com:443/123456789012/wsap-events',
  ])('of two fleets is read by the first one only, although the other URL is %s', async (queueURL) => {
    operator = await start();
    const events = { queueURL };
    const other = {
      apiVersion: 'wsap.dev/v1alpha1',
      kind: 'WorkspaceFleet',
      spec: { region: 'eu-central-1', allowedNamespaces: { from: 'All' as const }, events },
    };
    operator.store.put({ ...other, metadata: { name: 'americas', uid: 'other', generation: 1 } });
    await operator.advance(30 * SECOND);
    expect(operator.eventsReceived()).toMatchObject({ status: 'False', reason: 'QueueShared' });
    expect(operator.eventsReceived()?.message).toContain('americas');
    operator.store.delete('americas');
    await operator.until(() => operator.eventsReceived()?.status === 'True');
  });
});

test('the status changes at most once an hour while events arrive', async () => {
  operator = await start();
  const before = operator.status().events;
  await operator.advance(50 * MINUTE, 10 * SECOND);
  expect(operator.status().events).toEqual(before);
  await operator.advance(15 * MINUTE, 10 * SECOND);
  expect(operator.status().events).not.toEqual(before);
});

test('a flood is answered although AWS denies the reads of one policy', async () => {
  const [own, other] = ['d-9a67b1c4e2', 'd-0000000001'];
  const fleet = fakeFleet(200, []);
  for (let n = 101; n <= 200; n++) {
    fleet.putWorkspace(workspace(ws(n), { directoryID: other }));
  }
  for (let n = 0; n < 2_000; n++) {
    fleet.failNext('describeApplicationAssociations', 'AccessDenied', { applicationID: PROJECT });
  }
  const [directoryIDs, denied] = [[other], [{ id: PROJECT }]];
  operator = new EventfulOperator(fleet, {
    policies: [
      policyObject('blocked', { workspaceSelector: { directoryIDs }, applications: { denied } }),
      policyObject('no-visio', { workspaceSelector: { directoryIDs: [own] } }),
    ],
  });
  await operator.until(() => operator.policyStatus()?.compliance !== undefined);
  await operator.proveEvents();
  await operator.advance(START_MS);
  for (let n = 1; n <= 200; n += 25) {
    operator.emit(
      'RebuildWorkspaces',
      Array.from({ length: 25 }, (_, index) => ws(n + index)),
    );
  }
  installVisio(ws(50));
  await operator.until(isDisassociated(ws(50)), 15 * MINUTE);
  await operator.until(() => operator.queue.bodies.length === 0, 15 * MINUTE);
  expect(operator.queue.deadLetters.messages).toEqual([]);
  expect(operator.policyStatus('blocked')?.conditions).toEqual(
    expect.arrayContaining([expect.objectContaining({ type: 'Stalled', reason: 'AccessDenied' })]),
  );
});

test('a rebuild of 5,000 WorkSpaces is read in listings', async () => {
  operator = await start(5_000, { requestsPerMinute: 1_200 });
  await operator.advance(MINUTE);
  for (let n = 0; n < 5_000; n += 25) {
    operator.emit(
      'RebuildWorkspaces',
      Array.from({ length: 25 }, (_, index) => ws(n + index + 1)),
    );
  }
  for (let n = 1; n <= 50; n++) {
    installVisio(ws(100 * n));
  }
  const before = operator.fleet.callCount('describeWorkspaceAssociations');
  await operator.until(() => operator.queue.bodies.length === 0);
  expect(operator.fleet.callCount('describeWorkspaceAssociations') - before).toBeLessThanOrEqual(50);
  await operator.until(isDisassociated(ws(5_000)));
}, 60_000);
