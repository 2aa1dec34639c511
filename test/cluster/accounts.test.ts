import { expect, test } from 'vitest';
import { LEASES } from '../../src/kube/lease.ts';
import { LeaseNames } from '../../src/operator/ownership/leaseNames.ts';
import { seedFrom } from '../../src/simulator/seed.ts';
import { startSimulator } from '../../src/simulator/start.ts';
import { ClusterHarness, eventually, fleetOf } from './clusterHarness.ts';
import { OperatorProcess } from './operatorProcess.ts';

const OTHER_ACCOUNT = '222222222222';

const LOSSES: readonly (readonly [what: string, lose: (harness: ClusterHarness) => Promise<unknown>])[] = [
  ['nothing', async () => {}],
  [
    'its status',
    (harness) =>
      harness.kubectl(
        ...['patch', 'wsfleet', harness.fleetName('own'), '--subresource=status', '--type=json'],
        ...['-p', '[{"op": "remove", "path": "/status"}]'],
      ),
  ],
  [
    'its lease',
    ({ client, namespace }) =>
      client.request({
        verb: 'delete',
        resource: LEASES,
        namespace: 'default',
        name: new LeaseNames(namespace).ofFleet(`${namespace}-own`),
      }),
  ],
];

test.concurrent.each(LOSSES)(
  'a fleet that has lost %s does not change another account after a restart, until its spec names the account',
  {
    timeout: 300_000,
  },
  async (_, lose) => {
    await using harness = await ClusterHarness.start(fleetOf(4, 2));
    const simulator = await startSimulator({ seed: seedFrom(fleetOf(4, 1, { accountID: OTHER_ACCOUNT })) });
    await using _closing = { [Symbol.asyncDispose]: () => simulator.close() };
    await harness.apply('no-visio', { interval: '5s' });
    await harness.waitForCondition('no-visio', 'Compliant', 'True');
    await harness.operator.stop();
    await lose(harness);

    await using _operator = new OperatorProcess({ namespace: harness.namespace, endpoint: simulator.url }).start();
    const fleet = await harness.waitForFleetCondition('own', 'Stalled', 'True', 'AccountMismatch');
    expect(fleet.status?.conditions?.[0]?.message).toContain(
      `account 123456789012 before; the operator does not use this account; correct the credentials, or, to accept the account, set spec.expectedAccountID to ${OTHER_ACCOUNT}`,
    );
    await harness.waitForCondition('no-visio', 'Stalled', 'True', 'FleetNotReady');
    expect(simulator.calls.list()).toEqual([]);

    await harness.applyFleet('own', { expectedAccountID: OTHER_ACCOUNT });
    await eventually(() => expect(harness.changes(simulator)).toHaveLength(8));
  },
);
