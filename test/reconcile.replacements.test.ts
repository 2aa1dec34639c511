import { describe, expect, test } from 'vitest';
import type { SeedDocument, WorkspaceDocument } from '../src/simulator/seedDocument.ts';
import { policy, ws } from './builders.ts';
import { FakeOperator } from './fakeOperator.ts';
import { SimulatedAws } from './fakes/simulatedAws.ts';
import { HOUR, MINUTE } from './fixtures.ts';

const OLD = 'wsa-xrptsxx48';
const NEW = 'wsa-5k2d09vnq';
const VISIO_STANDARD = 'wsa-7g8py2dke';
const VISIO_2021 = 'wsa-pnwx3wblx';
const OFFICE_2019 = 'wsa-hvh179sq6';
const NEW_NAME = 'Microsoft Office LTSC Professional Plus 2024';

const APPLICATIONS = { required: [{ id: NEW }], denied: [{ id: OLD }] };
type Spec = NonNullable<Parameters<typeof policy>[1]>;

function desktop(n: number, more: Partial<WorkspaceDocument> = {}): WorkspaceDocument {
  return {
    workspaceID: ws(n),
    userName: `user${n}`,
    directoryID: 'd-0000000001',
    bundleID: 'wsb-00000001',
    connection: 'DISCONNECTED',
    computeTypeName: 'STANDARD',
    applications: [OLD],
    ...more,
  } as WorkspaceDocument;
}

function setUp(
  workspaces: readonly WorkspaceDocument[],
  spec: Spec | readonly Spec[],
  more: Partial<SeedDocument> = {},
) {
  const durations = { pending: '5s', installing: '20s', uninstalling: '20s', removedListed: '10m' };
  const aws = new SimulatedAws({ workspaces, durations, ...more });
  const specs = Array.isArray(spec) ? spec : [spec];
  const policies = specs.map((one, index) => policy(`p${index}`, { applications: APPLICATIONS, ...one }));
  const operator = new FakeOperator(aws.fleet, ...policies);
  aws.clock = operator.clock;
  operator.gracePeriodMs = 5_000;
  const rowOf = (n: number, index = 0) =>
    operator.status(policies[index])?.associations?.filter(({ workspaceID }) => workspaceID === ws(n));
  return { aws, operator, policies, rowOf };
}

describe('a replacement', () => {
  test('is one deployment, and associates the new application first if AWS accepts it', async () => {
    const { aws, operator } = setUp([desktop(1)], {}, { undocumented: { incompatibleUntil: 'Deployed' } });
    await operator.pass(10 * MINUTE);
    expect(aws.changesOf(ws(1))).toEqual([`Associate ${NEW}`, `Disassociate ${OLD}`, 'Deploy']);
    expect(aws.stateOf(ws(1), NEW)).toBe('COMPLETED');
  });

  test('disassociates the old application if AWS rejects the new one beside it', async () => {
    const { aws, operator } = setUp([desktop(1)], {});
    await operator.pass(10 * MINUTE);
    expect(aws.changesOf(ws(1))).toEqual([`Disassociate ${OLD}`, `Associate ${NEW}`, 'Deploy']);
    expect(aws.stateOf(ws(1), NEW)).toBe('COMPLETED');
  });

  test.each<[string, Partial<WorkspaceDocument>, string]>([
    ['the compute type', { computeTypeName: 'VALUE' } as never, 'compute type VALUE'],
    ['the operating system', { operatingSystemName: 'WINDOWS_SERVER_2019' } as never, 'operating system'],
    ['the edition of another application', { applications: [OLD, VISIO_STANDARD] }, 'Visio LTSC Standard 2021'],
    ['the version of another application', { applications: [OLD, VISIO_2021] }, 'Visio LTSC Professional 2021'],
  ])('that %s excludes changes nothing and says why', async (_, more, message) => {
    const { aws, operator, rowOf } = setUp([desktop(1, more)], {});
    await operator.pass(2 * HOUR);
    expect(aws.changes).toEqual([]);
    const rows = rowOf(1);
    expect(rows?.map(({ holdReason }) => holdReason)).toEqual(['Incompatible', 'Incompatible']);
    expect(rows?.[0]?.message).toContain(message);
    expect(operator.status()?.compliance).toMatchObject({ drifted: 1, failed: 1, held: 0 });
  });

  test('that another application excludes is shown as incompatible before any change', async () => {
    const { operator, rowOf } = setUp([desktop(1, { applications: [OLD, VISIO_2021] })], { enforcement: 'Audit' });
    await operator.run();
    expect(rowOf(1)?.map(({ holdReason }) => holdReason)).toEqual(['Incompatible', 'Incompatible']);
  });

  test('that AWS keeps rejecting is reverted without a deployment, also after restarts, and tried again once a day', async () => {
    const refusal = { fault: 'Exception', operation: 'AssociateWorkspaceApplication', applicationID: NEW } as const;
    const { aws, operator, rowOf } = setUp([desktop(1)], {}, {
      faults: [{ ...refusal, exception: 'IncompatibleApplicationsException' }],
    } as never);
    await operator.pass(HOUR);
    expect(aws.changesOf(ws(1))).toEqual([`Disassociate ${OLD}`, `Associate ${OLD}`]);
    expect(rowOf(1)?.map(({ holdReason }) => holdReason)).toEqual(['Incompatible', 'Incompatible']);
    operator.restart();
    await operator.pass(HOUR);
    expect(aws.stateOf(ws(1), OLD)).toBe('COMPLETED');
    expect(aws.changesOf(ws(1))).not.toContain('Deploy');
    const attempts = aws.changes.length;
    await operator.pass(24 * HOUR);
    expect(aws.changes.length).toBeGreaterThan(attempts);
    expect(aws.stateOf(ws(1), OLD)).toBe('COMPLETED');
    expect(aws.changesOf(ws(1))).not.toContain('Deploy');
  });

  test('that AWS keeps rejecting disassociates at most three times within a day, whatever restarts', async () => {
    const refusal = { fault: 'Exception', operation: 'AssociateWorkspaceApplication', applicationID: NEW } as const;
    const { aws, operator } = setUp([desktop(1)], {}, {
      faults: [{ ...refusal, exception: 'IncompatibleApplicationsException' }],
    } as never);
    for (let restarts = 0; restarts < 6; restarts++) {
      await operator.pass(5 * MINUTE);
      operator.restart();
    }
    const changes = aws.changesOf(ws(1));
    expect(changes.filter((one) => one === `Disassociate ${OLD}`)).toHaveLength(3);
    expect(changes).not.toContain('Deploy');
    expect(aws.stateOf(ws(1), OLD)).toBe('COMPLETED');
  });

  test('that stops between its calls is completed or reverted after a restart', async () => {
    const { aws, operator } = setUp([desktop(1)], {});
    aws.onChange = () => {
      operator.mayAct = false;
    };
    await operator.pass(MINUTE);
    expect(aws.changesOf(ws(1))).toEqual([`Disassociate ${OLD}`]);
    aws.onChange = () => {};
    operator.mayAct = true;
    operator.restart();
    await operator.pass(10 * MINUTE);
    expect(aws.changesOf(ws(1))).toEqual([`Disassociate ${OLD}`, `Associate ${NEW}`, 'Deploy']);
  });

  test('by two policies is one deployment', async () => {
    const { aws, operator } = setUp(
      [desktop(1)],
      [{ applications: { denied: [{ id: OLD }] } }, { applications: { required: [{ id: NEW }] } }],
    );
    await operator.pass(HOUR);
    expect(aws.changesOf(ws(1))).toEqual([`Disassociate ${OLD}`, `Associate ${NEW}`, 'Deploy']);
    expect(aws.stateOf(ws(1), NEW)).toBe('COMPLETED');
  });

  test.each(['COMPUTE', 'APPLICATIONS'])(
    'by two policies that AWS rejects keeps the old application: %s',
    async (why) => {
      const refusal = { fault: 'Exception', operation: 'AssociateWorkspaceApplication', applicationID: NEW } as const;
      const { aws, operator, rowOf } = setUp(
        [desktop(1, why === 'COMPUTE' ? ({ computeTypeName: 'VALUE' } as never) : {})],
        [{ applications: { denied: [{ id: OLD }] } }, { applications: { required: [{ id: NEW }] } }],
        why === 'COMPUTE'
          ? {}
          : ({ faults: [{ ...refusal, exception: 'IncompatibleApplicationsException' }] } as never),
      );
      await operator.pass(5 * HOUR);
      expect(aws.stateOf(ws(1), OLD)).toBe('COMPLETED');
      expect(aws.changesOf(ws(1))).not.toContain('Deploy');
      expect(aws.changesOf(ws(1)).length).toBeLessThan(3);
      expect(rowOf(1, 0)?.[0]).toMatchObject({ holdReason: 'Incompatible' });
      expect(rowOf(1, 1)?.[0]).toMatchObject({ holdReason: 'Incompatible' });
    },
  );

  test('with Sequential removes the old application first, in a deployment of its own', async () => {
    const { aws, operator } = setUp([desktop(1)], { rollout: { replacements: 'Sequential' } } as never);
    await operator.pass(HOUR);
    expect(aws.changesOf(ws(1))).toEqual([`Disassociate ${OLD}`, 'Deploy', `Associate ${NEW}`, 'Deploy']);
    expect(aws.stateOf(ws(1), NEW)).toBe('COMPLETED');
  });

  test('with Sequential changes nothing if the new application is incompatible', async () => {
    const { aws, operator } = setUp([desktop(1, { computeTypeName: 'VALUE' } as never)], {
      rollout: { replacements: 'Sequential' },
    } as never);
    await operator.pass(HOUR);
    expect(aws.changes).toEqual([]);
  });

  test.each(['Approve', 'Enforce'] as const)(
    'of an application that AWS no longer offers waits as a whole: %s',
    async (enforcement) => {
      const { aws, operator, rowOf } = setUp([desktop(1, { applications: [OFFICE_2019] })], {
        enforcement,
        applications: { required: [{ id: NEW }], denied: [{ id: OFFICE_2019 }] },
      });
      await operator.pass(HOUR);
      expect(aws.changes).toEqual([]);
      expect(rowOf(1)?.map(({ holdReason }) => holdReason)).toEqual(['UninstallOnly', 'UninstallOnly']);
    },
  );

  test('by two policies completes after AWS rejected the deployment of the installation alone', async () => {
    const { aws, operator, policies } = setUp(
      [desktop(1)],
      [{ applications: { required: [{ id: NEW }] } }, { applications: { denied: [{ id: OLD }] } }],
      { undocumented: { incompatibleUntil: 'Deployed' } },
    );
    operator.policies = [policies[0] as (typeof policies)[0]];
    await operator.pass(5 * MINUTE);
    operator.policies = policies;
    await operator.pass(2 * HOUR);
    expect(aws.changesOf(ws(1))).toEqual([`Associate ${NEW}`, `Disassociate ${OLD}`, 'Deploy']);
    expect(aws.stateOf(ws(1), NEW)).toBe('COMPLETED');
  });

  test('whose new application is in no list of AWS keeps the old one and says why', async () => {
    const { aws, operator, rowOf } = setUp([desktop(1)], {
      applications: { required: [{ name: 'Microsoft Office LTSC Professional Plus 2042' }], denied: [{ id: OLD }] },
    });
    await operator.pass(2 * HOUR);
    expect(aws.changes).toEqual([]);
    expect(rowOf(1)).toEqual([
      expect.objectContaining({
        holdReason: 'ReplacementPending',
        message: expect.stringContaining('Microsoft Office LTSC Professional Plus 2042'),
      }),
    ]);
  });

  test('whose new application is in no list of AWS still removes applications of other families', async () => {
    const { aws, operator } = setUp([desktop(1, { applications: [VISIO_2021] })], {
      applications: {
        required: [{ name: 'Microsoft Office LTSC Professional Plus 2042' }],
        denied: [{ id: VISIO_2021 }],
      },
    });
    await operator.pass(2 * HOUR);
    expect(aws.changesOf(ws(1))).toEqual([`Disassociate ${VISIO_2021}`, 'Deploy']);
  });

  test('whose new application another policy denies keeps the old one', async () => {
    const { aws, operator, rowOf } = setUp([desktop(1)], [{}, { applications: { denied: [{ id: NEW }] } }]);
    await operator.pass(2 * HOUR);
    expect(aws.changes).toEqual([]);
    expect(
      rowOf(1)
        ?.map(({ holdReason }) => holdReason)
        .sort(),
    ).toEqual(['Conflict', 'ReplacementPending']);
  });

  test('whose new application AWS no longer offers keeps the old one', async () => {
    const { aws, operator, rowOf } = setUp([desktop(1)], {
      applications: { required: [{ id: OFFICE_2019 }], denied: [{ id: OLD }] },
    });
    await operator.pass(2 * HOUR);
    expect(aws.changesOf(ws(1))).toEqual([]);
    expect(rowOf(1)?.map(({ holdReason }) => holdReason)).toEqual(['UninstallOnly', 'UninstallOnly']);
  });

  test('that is on hold takes no place of the rollout from others', async () => {
    const { aws, operator } = setUp([desktop(1, { applications: [OFFICE_2019] }), desktop(2)], {
      applications: { required: [{ id: NEW }], denied: [{ id: OFFICE_2019 }, { id: OLD }] },
      rollout: { maxInProgress: 1 },
    });
    await operator.pass(HOUR);
    expect(aws.changesOf(ws(1))).toEqual([]);
    expect(aws.stateOf(ws(2), NEW)).toBe('COMPLETED');
  });

  test('is approved as one outcome, and completes after its removal', async () => {
    const { aws, operator } = setUp([desktop(1)], { enforcement: 'Approve' });
    await operator.pass(MINUTE);
    expect(aws.changes).toEqual([]);
    operator.approvedPlan = operator.status()?.plan?.id;
    await operator.pass(10 * MINUTE);
    expect(aws.changesOf(ws(1))).toEqual([`Disassociate ${OLD}`, `Associate ${NEW}`, 'Deploy']);
    expect(operator.status()?.compliance).toMatchObject({ compliant: 1 });
  });

  test.each([
    ['retry.limit 0', { limit: 0 }],
    ['retry.limit 2', { limit: 2 }],
    ['a backoff of an hour', { backoff: { duration: '1h', maxDuration: '1h' } }],
  ])('forces the installation once if the old version was installed when it began, with %s', async (_, retry) => {
    const spec = { retry };
    const { aws, operator } = setUp([desktop(1)], spec, { undocumented: { swapOrder: 'InstallFirst' } });
    await operator.pass(30 * MINUTE);
    expect(aws.changesOf(ws(1))).toEqual([`Disassociate ${OLD}`, `Associate ${NEW}`, 'Deploy', 'Deploy']);
    expect(aws.stateOf(ws(1), NEW)).toBe('COMPLETED');
  });

  test('keeps all retries of retry.limit for a later failure of the forced installation', async () => {
    const retry = { limit: 1, backoff: { duration: '30s' } };
    const failures = ['ValidationError.ApplicationOldVersionExists', 'DeploymentError.InternalServerError'];
    const faults = failures.map((errorCode) => ({ fault: 'DeploymentError', applicationID: NEW, errorCode, times: 1 }));
    const { aws, operator } = setUp([desktop(1)], { retry }, { faults } as never);
    await operator.pass(2 * HOUR);
    expect(aws.changesOf(ws(1)).filter((one) => one === 'Deploy')).toHaveLength(3);
    expect(aws.stateOf(ws(1), NEW)).toBe('COMPLETED');
  });

  test('forces the installation only once, also after restarts', async () => {
    const { aws, operator, rowOf } = setUp([desktop(1)], {}, {
      faults: [
        { fault: 'DeploymentError', applicationID: NEW, errorCode: 'ValidationError.ApplicationOldVersionExists' },
      ],
    } as never);
    await operator.pass(30 * MINUTE);
    operator.restart();
    await operator.pass(30 * MINUTE);
    operator.restart();
    await operator.pass(5 * HOUR);
    expect(aws.changesOf(ws(1)).filter((one) => one === 'Deploy')).toHaveLength(2);
    expect(rowOf(1)?.find(({ applicationName }) => applicationName === NEW_NAME)?.message).toContain(
      'ApplicationOldVersionExists',
    );
  });
});

describe('what users see of a replacement', () => {
  test('is one row, one plan entry, and one Event for its start and its end', async () => {
    const { operator, policies } = setUp([desktop(1)], { enforcement: 'Audit' });
    await operator.pass(MINUTE);
    const both = `Microsoft Office LTSC Professional Plus 2021 with ${NEW_NAME}`;
    expect(operator.status()?.summary?.filter((line) => line.startsWith('ws-'))).toEqual([
      expect.stringMatching(new RegExp(`replaces ${both} .*replace \\(Audit\\)$`)),
    ]);
    expect(operator.status()?.plan).toMatchObject({ disassociate: 1, associate: 1, deploy: 1, replace: 1 });
    expect(operator.status()?.associations?.map(({ replacement }) => replacement)).toEqual([both, both]);
    const enforcing = { ...(policies[0] as (typeof policies)[0]), enforcement: 'Enforce' as const };
    operator.policies = [enforcing];
    const events: string[] = [];
    for (let run = 0; run < 40; run++) {
      events.push(...(await operator.run()).events.map(({ reason, message }) => `${reason}: ${message}`));
      await operator.clock.advance(5_000);
    }
    expect(events).toEqual([
      `Deploying: Deploying the replacement of ${both} on ${ws(1)} (user1)`,
      `Replaced: Replaced ${both} on ${ws(1)} (user1)`,
    ]);
  });

  test('contains what AWS removes together with the old application', async () => {
    const { operator, rowOf } = setUp([desktop(1, { applications: ['wsa-khw7gclz4'] })], {
      enforcement: 'Approve',
      applications: { required: [{ id: NEW }], denied: [{ id: 'wsa-khw7gclz4' }] },
      safeguards: { allowUninstallOnly: true, maxAffectedWorkspaces: '100%' },
    } as never);
    await operator.run();
    const messages = rowOf(1)?.map(({ message }) => message);
    expect(messages).toEqual([expect.stringContaining('Trend Micro'), expect.stringContaining('Trend Micro')]);
  });

  test('that is incompatible is one warning', async () => {
    const { operator } = setUp([desktop(1, { computeTypeName: 'VALUE' } as never)], {});
    const events = [...(await operator.run()).events, ...(await operator.run()).events];
    expect(events).toEqual([
      { type: 'Warning', reason: 'Incompatible', message: expect.stringContaining('compute type VALUE') },
    ]);
  });
});

describe('a fleet of five compute types', () => {
  const COMPUTE_TYPES = ['VALUE', 'STANDARD', 'PERFORMANCE', 'POWER', 'GRAPHICSPRO'];
  const UNSUPPORTED = ['VALUE', 'GRAPHICSPRO'];
  const desktops = Array.from({ length: 40 }, (_, index) =>
    desktop(index + 1, {
      computeTypeName: COMPUTE_TYPES[index % 5],
      applications: index % 8 === 2 ? [OLD, VISIO_STANDARD] : [OLD],
    } as never),
  );
  const canHaveNew = ({ computeTypeName, applications = [] }: WorkspaceDocument) =>
    !UNSUPPORTED.includes(computeTypeName ?? '') && !applications.includes(VISIO_STANDARD);

  test.each([
    ['Disassociated', 'UninstallFirst'],
    ['Disassociated', 'InstallFirst'],
    ['Deployed', 'UninstallFirst'],
  ] as const)('never leaves a user without Office (%s, %s)', async (incompatibleUntil, swapOrder) => {
    const { aws, operator } = setUp(desktops, {}, { undocumented: { incompatibleUntil, swapOrder } });
    const without = new Set<string>();
    const check = () => {
      for (const { workspaceID, state } of aws.simulated.workspaces) {
        const old = aws.stateOf(workspaceID, OLD) ?? '';
        const isInstalled =
          ['COMPLETED', 'PENDING_UNINSTALL_DEPLOYMENT'].includes(old) || aws.stateOf(workspaceID, NEW) === 'COMPLETED';
        if (!isInstalled && state !== 'UPDATING' && swapOrder === 'UninstallFirst') {
          without.add(workspaceID);
        }
      }
    };
    aws.onChange = check;
    for (let minute = 0; minute < 60; minute++) {
      await operator.pass(MINUTE);
      check();
      if (minute === 3) {
        operator.restart();
      }
    }
    expect([...without]).toEqual([]);
    for (const one of desktops) {
      const { workspaceID = '' } = one;
      const deployments = aws.changesOf(workspaceID).filter((change) => change === 'Deploy').length;
      const forced = swapOrder === 'InstallFirst' ? 1 : 0;
      expect([workspaceID, deployments]).toEqual([workspaceID, canHaveNew(one) ? 1 + forced : 0]);
      expect(aws.stateOf(workspaceID, canHaveNew(one) ? NEW : OLD)).toBe('COMPLETED');
    }
    const kept = desktops.filter((one) => !canHaveNew(one)).length;
    expect(operator.status()?.compliance).toMatchObject({ selected: 40, compliant: 40 - kept, failed: kept });
    const messages = operator.status()?.associations?.map(({ message }) => message);
    expect(messages?.every((message) => /compute type|same (version|edition)/.test(message ?? ''))).toBe(true);
  });
});
