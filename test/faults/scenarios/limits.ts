import { OFFICE, PROJECT, VISIO } from '../applications.ts';
import { sameWorkspaces } from '../randomWorkspaces.ts';
import { MINUTE } from '../schedule.ts';
import { START_TIME } from '../time.ts';
import { type Scenarios, SECOND } from './draft.ts';

/** Returns the cron expression of a daily time, `minutes` after the start. */
function cronAt(minutes: number): string {
  const date = new Date(START_TIME + minutes * MINUTE);
  return `${date.getUTCMinutes()} ${date.getUTCHours()} * * *`;
}

/** Limits a daily cron expression to the day of the start. */
function onStartDay(cron: string): string {
  const date = new Date(START_TIME);
  return cron.replace('* * *', `${date.getUTCDate()} ${date.getUTCMonth() + 1} *`);
}

/** Scenarios of limits on the number and time of changes. */
export const LIMIT_SCENARIOS = {
  /** Maintenance windows open late, and close before all changes are made. */
  MaintenanceWindows: (draft) => {
    const [opens, lasts] = [draft.moment(2, 5), draft.moment(1, 3)];
    const first = { cron: cronAt(opens), duration: `${lasts}m` };
    const second = { cron: cronAt(opens + lasts + 4), duration: '60m' };
    draft.fleet(0).policy(0, 'first', {
      applications: { denied: [VISIO, OFFICE] },
      rollout: { userSessions: 'Interrupt', maxInProgress: 1, maintenanceWindows: [first, second] },
    });
    return draft.scenario(sameWorkspaces(draft.rng, 8), { ends: (opens + lasts + 8) * MINUTE });
  },
  /** A maintenance window closes in the middle of a run. */
  WindowClosesDuringRun: (draft) => {
    const { rng } = draft;
    const closes = 2 * MINUTE;
    const windows = [
      { cron: cronAt(1), duration: '1m' },
      { cron: cronAt(6), duration: '60m' },
    ];
    // The first run that makes changes starts a few seconds before the window closes.
    draft.fleet(0).policy(closes - draft.moment(7_000, 18_000), 'first', {
      applications: { denied: rng.one([[VISIO], [VISIO, OFFICE]]) },
      rollout: { userSessions: 'Interrupt', maintenanceWindows: windows },
    });
    draft.fault('SlowResponses', 0, 3 * MINUTE, { amount: rng.one([300, 500, 1_000, 2_000]) });
    return draft.scenario(sameWorkspaces(rng, 8), { ends: 8 * MINUTE });
  },
  /** Removals wait for the end of the month, until an edit moves the last windows of the month to the time of the schedule. */
  RemoveBefore: (draft) => {
    const { rng } = draft;
    const waiting = { userSessions: 'Interrupt', removeBefore: 'EndOfMonth' };
    const applications = rng.one([{ denied: [VISIO, OFFICE] }, { denied: [VISIO, OFFICE], required: [PROJECT] }]);
    draft.fleet(0).policy(0, 'first', { applications, rollout: waiting });
    if (rng.chance(0.5)) {
      draft.policy(draft.moment(0, 60) * SECOND, 'second', { applications: { required: [PROJECT] } });
    }
    // Someone begins a removal and leaves its deployment to the operator.
    const at = draft.moment(10, 60) * SECOND;
    draft.at(at, { do: 'Disassociate', workspaceID: 'ws-00000001', applicationID: VISIO.id });
    const opens = draft.moment(3, 5);
    const maintenanceWindows = [{ cron: onStartDay(cronAt(opens)), duration: rng.one(['1m', '3m', '6h']) }];
    const maxInProgress = rng.one([1, '100%']);
    draft.policy((opens - 1) * MINUTE, 'first', {
      applications,
      rollout: { ...waiting, maintenanceWindows, maxInProgress },
    });
    draft.recoverableFault(10 * SECOND, 5 * MINUTE);
    return draft.scenario(sameWorkspaces(rng, 5), { ends: 12 * MINUTE });
  },
  /** More applications are due for removal than the hourly quota permits. */
  HourlyQuota: (draft) => {
    const limit = draft.moment(3, 6);
    draft.fleet(0, { maxDisassociationsPerHour: limit });
    draft.policy(0, 'first', {}).policy(draft.moment(0, 40) * SECOND, 'second', { applications: { denied: [OFFICE] } });
    draft.fault('Restart', draft.moment(8, 60) * SECOND, 1).recoverableFault(60 * SECOND, 5 * MINUTE);
    return draft.scenario(sameWorkspaces(draft.rng, 5), { ends: 8 * MINUTE });
  },
  /** A limit is set while more removals than that are in progress, and while the fleet reconnects. */
  LimitSetDuringRun: (draft) => {
    const limit = { maxDisassociationsPerHour: draft.moment(2, 5) };
    const role = { roleARN: 'arn:aws:iam::123456789012:role/wsap' };
    draft.fleet(0, draft.rng.chance(0.5) ? { maxDisassociationsPerHour: 20 } : {});
    draft.policy(0, 'first', { applications: { denied: [VISIO, OFFICE] } });
    draft.fleet(draft.moment(6_000, 12_000), draft.rng.one([role, limit, { ...role, ...limit }]));
    draft.fleet(draft.moment(20, 40) * SECOND, limit).recoverableFault(6 * SECOND, MINUTE);
    return draft.scenario(sameWorkspaces(draft.rng, 5), { ends: 5 * MINUTE, convergesWithin: 6 * 60 * MINUTE });
  },
  /** Only one WorkSpace may be in progress. */
  MaxInProgress: (draft) => {
    const rollout = { userSessions: 'Interrupt', maxInProgress: draft.rng.one([1, '20%']) };
    draft
      .fleet(0)
      .policy(0, 'first', { rollout })
      .recoverableFault(8 * SECOND, MINUTE);
    return draft.scenario(sameWorkspaces(draft.rng, 6), { ends: 5 * MINUTE });
  },
  /** Deployments fail, sometimes from the first one on, across restarts. A person resumes the rollout. */
  FailingDeployments: (draft) => {
    const { rng } = draft;
    const rollout = { userSessions: 'Interrupt', maxFailures: rng.one([1, 2, '30%']) };
    draft.fleet(0).policy(0, 'first', { rollout, retry: { limit: rng.one([0, 1]), backoff: { duration: '10s' } } });
    const from = draft.moment(0, 90) * SECOND;
    draft.fault('DeploymentFails', from, 6 * MINUTE, { rate: rng.one([0.6, 1]), amount: rng.number(0, 5) });
    draft.fault(rng.one(['Restart', 'CrashOnRemoval']), from + draft.moment(0, 60) * SECOND, 30 * SECOND);
    draft.at(draft.moment(120, 240) * SECOND, { do: 'Resume' });
    return draft.recoverableFault(30 * SECOND, 3 * MINUTE).scenario(sameWorkspaces(rng, 9), { ends: 9 * MINUTE });
  },
  /** A percentage that only rounding down turns into the required count. */
  Percentages: (draft) => {
    const workspaces = sameWorkspaces(draft.rng, 5).map((one, index) => ({
      ...one,
      applications: index < 3 ? [VISIO.id] : [],
    }));
    draft.fleet(0).policy(0, 'first', { safeguards: { maxAffectedWorkspaces: '50%' } });
    return draft.scenario(workspaces);
  },
  /** Users deploy changes, or leave them pending. */
  ManualDeployment: (draft) => {
    draft.fleet(0).policy(0, 'first', { rollout: { deploy: 'Manual' } });
    draft.at(draft.moment(20, 60) * SECOND, { do: 'Deploy', workspaceID: 'ws-00000001' });
    return draft.scenario(sameWorkspaces(draft.rng, 4));
  },
} satisfies Scenarios;
