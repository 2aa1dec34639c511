import { describe, expect, test } from 'vitest';
import type { WorkspaceApplicationPolicy } from '../../src/policy/resource.gen.ts';
import type { Simulator } from '../../src/simulator/start.ts';
import { ClusterHarness, eventually, eventuallyReported, fleetOf, OFFICE, VISIO } from './clusterHarness.ts';

type Spec = WorkspaceApplicationPolicy['spec'];

interface HoldCase {
  readonly reason: string;
  readonly spec?: Partial<Spec>;
  /** Causes the hold, on the WorkSpace with Visio, before the policy is applied. */
  readonly hold: (simulator: Simulator, workspaceID: string) => void;
  /** Ends the hold. */
  readonly end: (simulator: Simulator, workspaceID: string) => void;
}

const HOLDS: readonly HoldCase[] = [
  {
    reason: 'UserConnected',
    spec: { rollout: { disconnectedFor: '5s' } },
    hold: ({ simulated }, id) => simulated.setWorkspace(id, { connection: 'CONNECTED' }),
    end: ({ simulated }, id) => simulated.setWorkspace(id, { connection: 'DISCONNECTED' }),
  },
  {
    reason: 'RecentlyConnected',
    spec: { rollout: { disconnectedFor: '60s' } },
    hold: ({ simulated }, id) => simulated.setWorkspace(id, { lastConnectedAgo: '1s' }),
    end: () => {},
  },
  {
    reason: 'Protected',
    spec: { interval: '5s' },
    hold: ({ simulated }, id) => simulated.setWorkspace(id, { tags: { 'wsap.dev/protect': 'true' } }),
    end: ({ simulated }, id) => simulated.setWorkspace(id, { tags: {} }),
  },
  {
    reason: 'WorkspaceNotReady',
    hold: ({ simulated }, id) => simulated.setWorkspace(id, { state: 'SUSPENDED' }),
    end: ({ simulated }, id) => simulated.setWorkspace(id, { state: 'AVAILABLE' }),
  },
  {
    reason: 'UnmanagedChangesPending',
    hold: ({ simulated }, id) => simulated.putAssociation(id, OFFICE, { state: 'PENDING_UNINSTALL_DEPLOYMENT' }),
    end: ({ simulated }, id) => simulated.putAssociation(id, OFFICE, { state: 'COMPLETED' }),
  },
  {
    reason: 'BackingOff',
    spec: { retry: { backoff: { duration: '5s' } } },
    hold: ({ faults }) =>
      faults.add({
        fault: 'Exception',
        exception: 'ResourceInUseException',
        operation: 'DisassociateWorkspaceApplication',
      }),
    end: ({ faults }) => faults.clear(),
  },
  {
    reason: 'Rejected',
    hold: ({ faults }) =>
      faults.add({
        fault: 'Exception',
        exception: 'OperationNotSupportedException',
        operation: 'DisassociateWorkspaceApplication',
      }),
    end: ({ faults, simulated }, id) => {
      faults.clear();
      simulated.setWorkspace(id, { state: 'STOPPED' });
    },
  },
  {
    reason: 'ManualDeploy',
    spec: { rollout: { deploy: 'Manual' } },
    hold: () => {},
    end: ({ simulated }, id) => void simulated.call('DeployWorkspaceApplications', { WorkspaceId: id }),
  },
];

describe('holds', { concurrent: true }, () => {
  test.each(HOLDS)(
    'a change with the hold $reason is shown with it, and made when the hold ends',
    async ({ reason, spec, hold, end }) => {
      await using harness = await ClusterHarness.start(fleetOf(2, 2));
      const [workspaceID = ''] = harness.statesOf(VISIO).keys();
      // The hold of a time begins when the operator can show it.
      await eventuallyReported(async () => expect((await harness.operator.get('/readyz')).status).toBe(200));
      hold(harness.simulator, workspaceID);
      await harness.apply('no-visio', { interval: '10s', ...spec });
      await harness.waitForCondition('no-visio', 'Compliant', 'False', reason);
      // An attempt after a backoff ends the hold for a moment.
      await eventuallyReported(async () => {
        const described = await harness.kubectl('describe', 'wsap', 'no-visio');
        expect(described).toMatch(new RegExp(`${workspaceID} .*(disassociate|deploy)[^\\n]* \\(${reason}\\)`));
      });
      await harness.kubectl('wait', '--for=condition=Ready', 'wsap/no-visio');
      const deploys = () => harness.calls('DeployWorkspaceApplications').length;
      expect(deploys()).toBe(0);
      end(harness.simulator, workspaceID);
      await harness.waitForCondition('no-visio', 'Compliant', 'True');
    },
  );

  test('a flapping application is held after three removals, even after a restart', async () => {
    await using harness = await ClusterHarness.start(fleetOf(2, 2));
    const [workspaceID = ''] = harness.statesOf(VISIO).keys();
    await harness.apply('no-visio', { interval: '5s' });
    for (const times of [1, 2, 3]) {
      await eventually(() => expect(harness.changes().filter((one) => one.startsWith('Deploy'))).toHaveLength(times));
      await eventually(() => expect(harness.statesOf(VISIO).get(workspaceID)).toBe('REMOVED'));
      if (times === 2) {
        await harness.waitForCondition('no-visio', 'Compliant', 'True');
        await harness.operator.kill();
        harness.operator.start();
      }
      harness.simulator.simulated.putAssociation(workspaceID, VISIO);
    }
    const { status } = await harness.waitForCondition('no-visio', 'Compliant', 'False', 'Flapping');
    expect(status?.summary?.[1]).toMatch(
      /disassociate after \S+ \S+ UTC \(Flapping\)|disassociate after .* \(Flapping\)/,
    );
    expect(harness.changes()).toHaveLength(6);
  });

  test('changes with the holds Conflict and UninstallOnly are shown on each affected policy', async () => {
    const applications = [
      { applicationID: VISIO, name: 'Microsoft Visio LTSC Professional 2021' },
      { applicationID: OFFICE, name: 'Microsoft Office Professional Plus 2019', state: 'UNINSTALL_ONLY' as const },
    ];
    await using harness = await ClusterHarness.start(fleetOf(2, 2, { applications }));
    await harness.apply('denies', { applications: { denied: [{ name: 'Microsoft Visio*' }, { name: '* 2019' }] } });
    await harness.apply('allows', { applications: { allowed: [{ name: 'Microsoft Visio*' }] } });
    await eventuallyReported(async () => {
      const described = await harness.kubectl('describe', 'wsap');
      expect(described).toMatch(/disassociate \(Conflict\)/);
      expect(described).toMatch(/none \(Conflict\)/);
      expect(described).toMatch(/disassociate \(UninstallOnly\)/);
    });
    expect(harness.changes()).toEqual([]);
    await harness.apply('denies', {
      priority: 1,
      applications: { denied: [{ name: 'Microsoft Visio*' }, { name: '* 2019' }] },
      safeguards: { maxAffectedWorkspaces: '100%', allowUninstallOnly: true },
    });
    await harness.waitForCondition('denies', 'Compliant', 'True');
    expect(new Set([...harness.statesOf(OFFICE).values(), ...harness.statesOf(VISIO).values()])).toEqual(
      new Set(['REMOVED']),
    );
  });
});
