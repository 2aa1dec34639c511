import { OFFICE, PROJECT, VISIO } from '../applications.ts';
import { sameWorkspaces } from '../randomWorkspaces.ts';
import { MINUTE } from '../schedule.ts';
import { type Scenarios, SECOND } from './draft.ts';

/** Scenarios of processes, their leases, and their view of the cluster. */
export const PROCESS_SCENARIOS = {
  /** A policy becomes ready to act while the leases can't be renewed. */
  LeaseRenewalFails: (draft) => {
    const { rng } = draft;
    const workspaces = sameWorkspaces(rng, 4).map((one) => ({ ...one, connection: 'CONNECTED' }));
    draft.fleet(0).policy(0, 'first', { rollout: { userSessions: 'Wait' } });
    const silentAt = draft.moment(60, 120) * SECOND;
    draft.fault(rng.one(['ApiSilence', 'ApiErrors'] as const), silentAt, draft.moment(100, 170) * SECOND);
    for (const { workspaceID } of workspaces) {
      const at = silentAt + draft.moment(20, 110) * SECOND;
      draft.at(at, { do: 'Connection', workspaceID, connection: 'DISCONNECTED' });
    }
    if (rng.chance(0.5)) {
      draft.fault('SecondReplica', draft.moment(0, 30) * SECOND, 8 * MINUTE);
    }
    return draft.scenario(workspaces);
  },
  /** The process is paused between its calls, while another one waits for its leases. */
  ProcessPaused: (draft) => {
    const { rng } = draft;
    draft
      .fleet(0)
      .policy(0, 'first', {})
      .policy(0, 'second', { applications: { denied: [OFFICE] } });
    draft.fault('SecondReplica', 2 * SECOND, 10 * MINUTE);
    draft.fault('SlowResponses', 0, 2 * MINUTE, { amount: 500 });
    for (const at of [draft.moment(6_000, 14_000), draft.moment(90_000, 120_000)]) {
      draft.fault('Pause', at, draft.moment(61, 80) * SECOND);
    }
    return draft.scenario(sameWorkspaces(rng, 6));
  },
  /** The process is stopped during a run, and responses are slow. */
  StoppedDuringRun: (draft) => {
    draft.fleet(0).policy(0, 'first', { applications: { denied: [VISIO, OFFICE, PROJECT] } });
    draft.fault('SlowResponses', 0, MINUTE, { amount: draft.rng.one([500, 1_000]) });
    for (let at = draft.moment(7_000, 12_000); at < 60_000; at += draft.moment(6_000, 10_000)) {
      draft.fault('Restart', at, 1);
    }
    return draft.scenario(sameWorkspaces(draft.rng, 7));
  },
  /** The audit log can't be written for a while, and the process is killed or responses are lost. */
  AuditLogFull: (draft) => {
    const { rng } = draft;
    draft.fleet(0).policy(0, 'first', { applications: { denied: [VISIO, OFFICE], required: [PROJECT] } });
    for (let at = draft.moment(5, 9) * SECOND; at < 2 * MINUTE; at += draft.moment(10, 30) * SECOND) {
      draft.fault('AuditLogFull', at, draft.moment(1, 15) * SECOND, { rate: rng.one([0.5, 1]) });
    }
    if (rng.chance(0.5)) {
      draft.fault(rng.one(['CrashOnRemoval', 'LostResponse'] as const), 0, 2 * MINUTE, { rate: 0.3 });
    }
    return draft.scenario(sameWorkspaces(rng, 5));
  },
  /** The API server sends no events, although leases can be renewed. */
  SilentWatches: (draft) => {
    const workspaces = sameWorkspaces(draft.rng, 4).map((one) => ({ ...one, connection: 'CONNECTED' }));
    draft.fleet(0).policy(0, 'first', { rollout: { userSessions: 'Wait' } });
    draft.fault('SilentWatches', 60 * SECOND, 8 * MINUTE);
    for (const { workspaceID } of workspaces) {
      const at = draft.moment(150, 400) * SECOND;
      draft.at(at, { do: 'Connection', workspaceID, connection: 'DISCONNECTED' });
    }
    return draft.scenario(workspaces, { ends: 10 * MINUTE });
  },
  /** Watches expire repeatedly and lists are outdated, while policies are edited and deleted. */
  StaleLists: (draft) => {
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
  /** The clock of the machine changes during the grace period of a change. */
  ClockChanged: (draft) => {
    const amount = draft.rng.one([-3_600_000, 10_000, 30_000, 3_600_000]);
    draft
      .fleet(0)
      .policy(0, 'first', {})
      .policy(30 * SECOND, 'second', { applications: { denied: [OFFICE] } });
    for (const at of [draft.moment(500, 5_000), draft.moment(30_500, 35_000)]) {
      draft.fault('ClockJump', at, 1, { amount });
      draft.at(at + 300, { do: 'Request', name: 'first' }).at(at + 300, { do: 'Request', name: 'second' });
    }
    return draft.scenario(sameWorkspaces(draft.rng, 5));
  },
  /** Runs fail, and only the work queue retries them. */
  RunsFail: (draft) => {
    draft.fleet(0).policy(0, 'first', { interval: '5m' });
    draft.fault('StatusRejected', 0, draft.moment(60, 200) * SECOND, { amount: draft.rng.one([0, 422]) });
    return draft.scenario(sameWorkspaces(draft.rng, 4), {
      requestsRunsAfterwards: false,
      convergesWithin: 90 * MINUTE,
    });
  },
} satisfies Scenarios;
