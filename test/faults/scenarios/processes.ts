import { sameWorkspaces } from '../fleets.ts';
import { MINUTE } from '../schedule.ts';
import { OFFICE, PROJECT, SECOND, type Stories, VISIO } from './draft.ts';

/** What becomes of processes, their leases and their view of the cluster. */
export const OF_PROCESSES = {
  /** What a policy waits for comes while its leases can't be renewed. */
  LeaseInDoubt: (draft) => {
    const { rng } = draft;
    const workspaces = sameWorkspaces(rng, 4).map((one) => ({ ...one, connection: 'CONNECTED' }));
    draft.fleet(0).policy(0, 'first', { rollout: { userSessions: 'Wait' } });
    const silentAt = draft.moment(60, 120) * SECOND;
    draft.fault(rng.one(['ApiSilent', 'ApiErrors'] as const), silentAt, draft.moment(100, 170) * SECOND);
    for (const { workspaceID } of workspaces) {
      const at = silentAt + draft.moment(20, 110) * SECOND;
      draft.at(at, { do: 'Connection', workspaceID, connection: 'DISCONNECTED' });
    }
    if (rng.chance(0.5)) {
      draft.fault('SecondReplica', draft.moment(0, 30) * SECOND, 8 * MINUTE);
    }
    return draft.scenario(workspaces);
  },
  /** The process stands still between its calls, while another one waits for its leases. */
  StandsStill: (draft) => {
    const { rng } = draft;
    draft
      .fleet(0)
      .policy(0, 'first', {})
      .policy(0, 'second', { applications: { denied: [OFFICE] } });
    draft.fault('SecondReplica', 2 * SECOND, 10 * MINUTE);
    draft.fault('SlowAnswers', 0, 2 * MINUTE, { amount: 500 });
    for (const at of [draft.moment(6_000, 14_000), draft.moment(90_000, 120_000)]) {
      draft.fault('Freeze', at, draft.moment(61, 80) * SECOND);
    }
    return draft.scenario(sameWorkspaces(rng, 6));
  },
  /** The process is asked to stop in the middle of a run, and answers take their time. */
  Stops: (draft) => {
    draft.fleet(0).policy(0, 'first', { applications: { denied: [VISIO, OFFICE, PROJECT] } });
    draft.fault('SlowAnswers', 0, MINUTE, { amount: draft.rng.one([500, 1_000]) });
    for (let at = draft.moment(7_000, 12_000); at < 50_000; at += draft.moment(10_000, 18_000)) {
      draft.fault('Restart', at, 1);
    }
    return draft.scenario(sameWorkspaces(draft.rng, 7));
  },
  /** Nothing is heard of the API server any more, although leases can be renewed. */
  Deaf: (draft) => {
    const workspaces = sameWorkspaces(draft.rng, 4).map((one) => ({ ...one, connection: 'CONNECTED' }));
    draft.fleet(0).policy(0, 'first', { rollout: { userSessions: 'Wait' } });
    draft.fault('DeafWatches', 60 * SECOND, 8 * MINUTE);
    for (const { workspaceID } of workspaces) {
      const at = draft.moment(150, 400) * SECOND;
      draft.at(at, { do: 'Connection', workspaceID, connection: 'DISCONNECTED' });
    }
    return draft.scenario(workspaces, { ends: 10 * MINUTE });
  },
  /** Watches end again and again, and lists tell of the past, while policies are edited and deleted. */
  OldLists: (draft) => {
    draft.fleet(0).policy(0, 'first', { applications: { allowed: [VISIO], denied: [OFFICE] }, priority: 1 });
    draft.policy(0, 'second', { applications: { denied: [VISIO] } });
    draft.fault('StaleLists', 0, 4 * MINUTE, { amount: draft.rng.one([3, 10, 30]) });
    for (let at = draft.moment(4, 12); at < 150; at += draft.moment(4, 30)) {
      draft.fault('WatchesExpired', at * SECOND, 1);
    }
    draft.policy(draft.moment(5, 60) * SECOND, 'second', { suspend: true });
    draft.policy(draft.moment(61, 90) * SECOND, 'second', {});
    draft.at(draft.moment(91, 150) * SECOND, { do: 'Delete', name: 'first' });
    return draft.scenario(sameWorkspaces(draft.rng, 5));
  },
  /** Somebody sets the clock of the machine while a change is only shown. */
  ClockSet: (draft) => {
    const amount = draft.rng.one([-3_600_000, 10_000, 30_000, 3_600_000]);
    draft
      .fleet(0)
      .policy(0, 'first', {})
      .policy(30 * SECOND, 'second', { applications: { denied: [OFFICE] } });
    for (const at of [draft.moment(500, 5_000), draft.moment(30_500, 35_000)]) {
      draft.fault('ClockSet', at, 1, { amount });
      draft.at(at + 300, { do: 'Request', name: 'first' }).at(at + 300, { do: 'Request', name: 'second' });
    }
    return draft.scenario(sameWorkspaces(draft.rng, 5));
  },
  /** Runs fail, and nothing but the queue brings them back. */
  FailedRuns: (draft) => {
    draft.fleet(0).policy(0, 'first', { interval: '5m' });
    draft.fault('StatusRefused', 0, draft.moment(60, 200) * SECOND);
    return draft.scenario(sameWorkspaces(draft.rng, 4), { asksAfterwards: false, doneWithin: 90 * MINUTE });
  },
} satisfies Stories;
