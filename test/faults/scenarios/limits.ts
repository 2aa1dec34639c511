import { sameWorkspaces } from '../fleets.ts';
import { MINUTE } from '../schedule.ts';
import { BEGINNING } from '../time.ts';
import { OFFICE, SECOND, type Stories, VISIO } from './draft.ts';

/** A clock time of a window, so many minutes after the beginning. */
function cronAt(minutes: number): string {
  const date = new Date(BEGINNING + minutes * MINUTE);
  return `${date.getUTCMinutes()} ${date.getUTCHours()} * * *`;
}

/** What limits how much goes, and when. */
export const OF_LIMITS = {
  /** Maintenance windows open late, and close before all is done. */
  Windows: (draft) => {
    const [opens, lasts] = [draft.moment(2, 5), draft.moment(1, 3)];
    const first = { cron: cronAt(opens), duration: `${lasts}m` };
    const second = { cron: cronAt(opens + lasts + 4), duration: '60m' };
    draft.fleet(0).policy(0, 'first', {
      applications: { denied: [VISIO, OFFICE] },
      rollout: { userSessions: 'Interrupt', maxInProgress: 1, maintenanceWindows: [first, second] },
    });
    return draft.scenario(sameWorkspaces(draft.rng, 8), { ends: (opens + lasts + 8) * MINUTE });
  },
  /** More is to go than may go within an hour. */
  Hourly: (draft) => {
    const limit = draft.moment(3, 6);
    draft.fleet(0, { maxDisassociationsPerHour: limit });
    draft.policy(0, 'first', {}).policy(draft.moment(0, 40) * SECOND, 'second', { applications: { denied: [OFFICE] } });
    draft.fault('Restart', draft.moment(8, 60) * SECOND, 1).nuisance(60 * SECOND, 5 * MINUTE);
    return draft.scenario(sameWorkspaces(draft.rng, 5), { ends: 8 * MINUTE });
  },
  /** A limit is set while more than that is going already, and while the fleet is connected to anew. */
  LimitedMidway: (draft) => {
    const limit = { maxDisassociationsPerHour: draft.moment(2, 5) };
    const role = { roleARN: 'arn:aws:iam::123456789012:role/wsap' };
    draft.fleet(0, draft.rng.chance(0.5) ? { maxDisassociationsPerHour: 20 } : {});
    draft.policy(0, 'first', { applications: { denied: [VISIO, OFFICE] } });
    draft.fleet(draft.moment(6_000, 12_000), draft.rng.one([role, limit, { ...role, ...limit }]));
    draft.fleet(draft.moment(20, 40) * SECOND, limit).nuisance(6 * SECOND, MINUTE);
    return draft.scenario(sameWorkspaces(draft.rng, 5), { ends: 5 * MINUTE, doneWithin: 6 * 60 * MINUTE });
  },
  /** No more than one WorkSpace may change at once. */
  OneAtATime: (draft) => {
    const rollout = { userSessions: 'Interrupt', maxInProgress: draft.rng.one([1, '20%']) };
    draft
      .fleet(0)
      .policy(0, 'first', { rollout })
      .nuisance(8 * SECOND, MINUTE);
    return draft.scenario(sameWorkspaces(draft.rng, 6), { ends: 5 * MINUTE });
  },
  /** Shares that only round down to what is enough. */
  Shares: (draft) => {
    const workspaces = sameWorkspaces(draft.rng, 5).map((one, index) => ({
      ...one,
      applications: index < 3 ? [VISIO.id] : [],
    }));
    draft.fleet(0).policy(0, 'first', { safeguards: { maxAffectedWorkspaces: '50%' } });
    return draft.scenario(workspaces);
  },
  /** People deploy, or leave it for later. */
  Manual: (draft) => {
    draft.fleet(0).policy(0, 'first', { rollout: { deploy: 'Manual' } });
    draft.at(draft.moment(20, 60) * SECOND, { do: 'Deploy', workspaceID: 'ws-00000001' });
    return draft.scenario(sameWorkspaces(draft.rng, 4));
  },
} satisfies Stories;
