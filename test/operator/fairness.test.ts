import { afterEach, describe, expect, test } from 'vitest';
import { ws } from '../builders.ts';
import { apiError, PolicyFleets } from './policyFleets.ts';

const SECOND = 1_000;
const MINUTE = 60 * SECOND;

let cluster: PolicyFleets;
afterEach(() => cluster.stop());

function condition(key: string, type: string) {
  return cluster.statusOf(key)?.conditions?.find((one) => one.type === type);
}

describe('while a fleet is read', () => {
  test('a policy of another fleet is reconciled at once', async () => {
    cluster = new PolicyFleets({ big: 2, small: 2 });
    cluster.fleet('big').listingMs = 13 * MINUTE;
    for (let n = 0; n < 20; n++) {
      cluster.apply('desktops', `big-${n}`, {
        fleetRef: { name: 'big' },
        applications: { required: [{ name: `app ${n}` }] },
      });
    }
    cluster.start();
    await cluster.pass(SECOND);
    cluster.apply('desktops', 'small', { fleetRef: { name: 'small' } });
    await cluster.pass(SECOND);
    expect(condition('desktops/small', 'Ready')).toMatchObject({ status: 'True' });
    expect(condition('desktops/big-0', 'Ready')).toBeUndefined();
    await cluster.pass(14 * MINUTE, 10 * SECOND);
    expect(condition('desktops/big-19', 'Ready')).toMatchObject({ status: 'True' });
    expect(cluster.fleet('big').callCount('describeWorkspaces')).toBe(1);
  });

  test('a policy of the same fleet that does not need the read is reconciled at once', async () => {
    cluster = new PolicyFleets({ big: 2 });
    cluster.fleet('big').listingMs = 13 * MINUTE;
    for (let n = 0; n < 20; n++) {
      cluster.apply('desktops', `big-${n}`, { fleetRef: { name: 'big' } });
    }
    cluster.apply('urgent', 'one', { fleetRef: { name: 'big' }, workspaceSelector: { workspaceIDs: [ws(1)] } });
    cluster.start();
    await cluster.pass(2 * SECOND);
    expect(condition('urgent/one', 'Ready')).toMatchObject({ status: 'True' });
    await cluster.pass(14 * MINUTE, 10 * SECOND);
  });

  test('the status of a new policy shows how long the reads take at the allowed rate', async () => {
    cluster = new PolicyFleets({ big: 2 });
    cluster.fleet('big').listingMs = 6 * MINUTE;
    cluster.apply('desktops', 'no-visio', { fleetRef: { name: 'big' } });
    cluster.start();
    await cluster.pass(10 * SECOND);
    expect(condition('desktops/no-visio', 'Ready')).toMatchObject({
      status: 'Unknown',
      reason: 'Pending',
      message: expect.stringContaining(
        '720 requests are ahead and take about 6m at 120 requests per minute, until 2026-01-05 10:06 UTC',
      ),
    });
    expect(condition('desktops/no-visio', 'Reconciling')).toMatchObject({ status: 'True', reason: 'Progressing' });
    await cluster.pass(5 * MINUTE);
    expect(cluster.writes.get('desktops/no-visio')).toHaveLength(1);
    await cluster.pass(2 * MINUTE);
    expect(condition('desktops/no-visio', 'Ready')).toMatchObject({ status: 'True' });
  });

  test('an edit of a waiting policy takes effect at once', async () => {
    cluster = new PolicyFleets({ big: 2 });
    cluster.fleet('big').listingMs = 13 * MINUTE;
    const fleetRef = { name: 'big' };
    cluster.apply('desktops', 'no-visio', { fleetRef });
    cluster.start();
    await cluster.pass(10 * SECOND);
    cluster.apply('desktops', 'no-visio', { fleetRef, workspaceSelector: { workspaceIDs: [ws(1)] } });
    await cluster.pass(2 * SECOND);
    expect(condition('desktops/no-visio', 'Ready')).toMatchObject({ status: 'True', observedGeneration: 2 });
    await cluster.pass(14 * MINUTE, 10 * SECOND);
  });
});

test('a namespace with one policy does not wait for all policies of another namespace', async () => {
  cluster = new PolicyFleets({ big: 2 });
  const spec = { fleetRef: { name: 'big' }, enforcement: 'Audit' as const };
  for (let n = 0; n < 50; n++) {
    cluster.apply('many', `policy-${n}`, spec);
  }
  cluster.apply('few', 'policy', spec);
  cluster.start();
  await cluster.pass(SECOND);
  expect(cluster.started.indexOf('few/policy')).toBe(1);
});

describe('no further change is sent', () => {
  async function startRollout() {
    cluster = new PolicyFleets({ big: 100, other: 2 });
    // Each change waits for the associations of its WorkSpace, as under a rate limit.
    cluster.fleet('big').changeMs = 2 * SECOND;
    const fleetRef = { name: 'big' };
    cluster.apply('desktops', 'no-visio', { fleetRef });
    for (let n = 0; n < 200; n++) {
      cluster.apply(`team-${n % 50}`, `audit-${n}`, {
        fleetRef,
        enforcement: 'Audit',
        workspaceSelector: { workspaceIDs: [ws(n % 100)] },
      });
    }
    cluster.start();
    await cluster.pass(20 * SECOND);
    expect(cluster.fleet('big').mutations.length).toBeGreaterThan(0);
    expect(cluster.fleet('big').changedWorkspaces().length).toBeLessThan(50);
  }

  test('one second after the policy is suspended, while its run makes changes and hundreds of policies wait', async () => {
    await startRollout();
    cluster.apply('desktops', 'no-visio', { fleetRef: { name: 'big' }, suspend: true });
    const sent = cluster.fleet('big').mutations.length;
    await cluster.pass(2 * MINUTE, 5 * SECOND);
    expect(cluster.fleet('big').mutations).toHaveLength(sent);
    expect(cluster.statusOf('desktops/no-visio')?.associations?.[0]).toMatchObject({ holdReason: 'Suspended' });
  });

  test('one second after the fleet is suspended, while a run makes changes and hundreds of policies wait', async () => {
    await startRollout();
    cluster.suspend('big');
    const sent = cluster.fleet('big').mutations.length;
    await cluster.pass(2 * MINUTE, 5 * SECOND);
    expect(cluster.fleet('big').mutations).toHaveLength(sent);
    expect(cluster.statusOf('desktops/no-visio')?.associations?.[0]).toMatchObject({ holdReason: 'FleetSuspended' });
  });
});

describe('if the API server throttles the write of a status', () => {
  test('the write is repeated after the demanded time, without another plan', async () => {
    cluster = new PolicyFleets({ big: 2 });
    cluster.writeError = apiError(429, '5');
    cluster.apply('desktops', 'no-visio', { fleetRef: { name: 'big' }, enforcement: 'Audit' });
    cluster.start();
    await cluster.pass(4 * SECOND);
    const { decisions } = cluster;
    await cluster.pass(60 * SECOND);
    const times = cluster.writes.get('desktops/no-visio') ?? [];
    const delays = times.slice(1).map((time, index) => time - (times[index] ?? 0));
    expect(delays.slice(0, 5)).toEqual([5_000, 5_000, 5_000, 8_000, 16_000]);
    expect(cluster.decisions).toBe(decisions);
    cluster.writeError = undefined;
    await cluster.pass(2 * MINUTE);
    expect(condition('desktops/no-visio', 'Ready')).toMatchObject({ status: 'True' });
  });

  test('changes wait until the status has shown them for five seconds', async () => {
    cluster = new PolicyFleets({ big: 2 });
    cluster.writeError = apiError(503);
    cluster.apply('desktops', 'no-visio', { fleetRef: { name: 'big' } });
    cluster.start();
    await cluster.pass(5 * MINUTE);
    expect(cluster.fleet('big').mutations).toEqual([]);
    const attempts = cluster.writes.get('desktops/no-visio')?.length;
    cluster.writeError = undefined;
    while (cluster.writes.get('desktops/no-visio')?.length === attempts) {
      await cluster.pass(SECOND);
    }
    await cluster.pass(4 * SECOND);
    expect(cluster.fleet('big').mutations).toEqual([]);
    await cluster.pass(MINUTE);
    expect(cluster.fleet('big').changedWorkspaces()).toEqual([ws(1), ws(2)]);
  });

  test('other policies continue, and an edit is reconciled at once', async () => {
    cluster = new PolicyFleets({ big: 2 }, 1);
    cluster.writeError = apiError(503, '300');
    const spec = { fleetRef: { name: 'big' }, enforcement: 'Audit' as const };
    cluster.apply('desktops', 'first', spec);
    cluster.start();
    await cluster.pass(SECOND);
    cluster.writeError = undefined;
    cluster.apply('desktops', 'second', spec);
    await cluster.pass(SECOND);
    expect(condition('desktops/second', 'Ready')).toMatchObject({ status: 'True' });
    expect(condition('desktops/first', 'Ready')).toBeUndefined();
    cluster.apply('desktops', 'first', { ...spec, priority: 1 });
    await cluster.pass(SECOND);
    expect(condition('desktops/first', 'Ready')).toMatchObject({ status: 'True', observedGeneration: 2 });
  });
});
