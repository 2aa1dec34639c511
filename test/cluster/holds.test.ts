import { describe, expect, test } from 'vitest';
import type { WorkspaceApplicationPolicy } from '../../src/policy/resource.gen.ts';
import type { Simulator } from '../../src/simulator/start.ts';
import { fleetOf, OFFICE, Scene, until, untilTold, VISIO } from './scene.ts';

type Spec = WorkspaceApplicationPolicy['spec'];

interface Given {
  readonly reason: string;
  readonly spec?: Partial<Spec>;
  /** What holds the change, done to the WorkSpace that has Visio before the policy is applied. */
  readonly hold: (simulator: Simulator, workspaceID: string) => void;
  /** What ends that. */
  readonly end: (simulator: Simulator, workspaceID: string) => void;
}

const HOLDS: readonly Given[] = [
  {
    reason: 'UserConnected',
    hold: ({ simulated }, id) => simulated.setWorkspace(id, { connection: 'CONNECTED' }),
    end: ({ simulated }, id) => simulated.setWorkspace(id, { connection: 'DISCONNECTED' }),
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

describe('a change that is held', { concurrent: true }, () => {
  test.each(HOLDS)(
    '$reason: described with its reason, and made when that is over',
    async ({ reason, spec, hold, end }) => {
      await using scene = await Scene.begin(fleetOf(2, 2));
      const [workspaceID = ''] = scene.statesOf(VISIO).keys();
      hold(scene.simulator, workspaceID);
      await scene.apply('no-visio', { interval: '10s', ...spec });
      await scene.untilCondition('no-visio', 'Compliant', 'False', reason);
      const described = await scene.kubectl('describe', 'wsap', 'no-visio');
      expect(described).toMatch(new RegExp(`${workspaceID} .*(disassociate|deploy)[^\\n]* \\(${reason}\\)`));
      await scene.kubectl('wait', '--for=condition=Ready', 'wsap/no-visio');
      const deploys = () => scene.calls('DeployWorkspaceApplications').length;
      expect(deploys()).toBe(0);
      end(scene.simulator, workspaceID);
      await scene.untilCondition('no-visio', 'Compliant', 'True');
    },
  );

  test('Flapping: what comes back a third time stays, also for an operator that has just started', async () => {
    await using scene = await Scene.begin(fleetOf(2, 2));
    const [workspaceID = ''] = scene.statesOf(VISIO).keys();
    await scene.apply('no-visio', { interval: '5s' });
    for (const times of [1, 2, 3]) {
      await until(() => expect(scene.changes().filter((one) => one.startsWith('Deploy'))).toHaveLength(times));
      await until(() => expect(scene.statesOf(VISIO).get(workspaceID)).toBe('REMOVED'));
      if (times === 2) {
        await scene.untilCondition('no-visio', 'Compliant', 'True');
        await scene.operator.kill();
        scene.operator.start();
      }
      scene.simulator.simulated.putAssociation(workspaceID, VISIO);
    }
    const { status } = await scene.untilCondition('no-visio', 'Compliant', 'False', 'Flapping');
    expect(status?.workspaces?.[1]).toMatch(
      /disassociate after \S+ \S+ UTC \(Flapping\)|disassociate after .* \(Flapping\)/,
    );
    expect(scene.changes()).toHaveLength(6);
  });

  test('Conflict and UninstallOnly: left alone, and said so on each policy that is concerned', async () => {
    const applications = [
      { applicationID: VISIO, name: 'Microsoft Visio LTSC Professional 2021' },
      { applicationID: OFFICE, name: 'Microsoft Office Professional Plus 2019', state: 'UNINSTALL_ONLY' as const },
    ];
    await using scene = await Scene.begin(fleetOf(2, 2, { applications }));
    await scene.apply('denies', { applications: { denied: [{ name: 'Microsoft Visio*' }, { name: '* 2019' }] } });
    await scene.apply('allows', { applications: { allowed: [{ name: 'Microsoft Visio*' }] } });
    await untilTold(async () => {
      const described = await scene.kubectl('describe', 'wsap');
      expect(described).toMatch(/disassociate \(Conflict\)/);
      expect(described).toMatch(/left alone \(Conflict\)/);
      expect(described).toMatch(/disassociate \(UninstallOnly\)/);
    });
    expect(scene.changes()).toEqual([]);
    await scene.apply('denies', {
      priority: 1,
      applications: { denied: [{ name: 'Microsoft Visio*' }, { name: '* 2019' }] },
      safeguards: { maxAffectedWorkspaces: '100%', allowUninstallOnly: true },
    });
    await scene.untilCondition('denies', 'Compliant', 'True');
    expect(new Set([...scene.statesOf(OFFICE).values(), ...scene.statesOf(VISIO).values()])).toEqual(
      new Set(['REMOVED']),
    );
  });
});
