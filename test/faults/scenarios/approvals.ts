import { OFFICE, PROJECT, VISIO } from '../applications.ts';
import { sameWorkspaces } from '../randomWorkspaces.ts';
import { MINUTE } from '../schedule.ts';
import { START_TIME } from '../time.ts';
import { type Scenarios, SECOND } from './draft.ts';

/** Scenarios of approvals: what they cover, and when they end. */
export const APPROVAL_SCENARIOS = {
  /** A user approves a plan that has shrunk and grown again since. */
  StaleApproval: (draft) => {
    const { rng } = draft;
    const exceptUntil = (from: number, seconds: number) =>
      draft.policy(from * SECOND, 'second', {
        applications: { denied: [PROJECT] },
        exceptions: [
          {
            workspaceIDs: ['ws-00000003'],
            application: VISIO,
            reason: 'audit',
            expiresAt: new Date(START_TIME + seconds * SECOND).toISOString(),
          },
        ],
      });
    draft.fleet(0).policy(0, 'first', { enforcement: 'Approve' });
    exceptUntil(draft.moment(20, 40), 120);
    draft.at(draft.moment(80, 110) * SECOND, { do: 'Backup' });
    const approvedAt = draft.moment(200, 220);
    draft.at(approvedAt * SECOND, { do: 'ApproveFromBackup', name: 'first' });
    if (rng.chance(0.5)) {
      draft.fault('Restart', (approvedAt + draft.moment(2, 20)) * SECOND, 1);
    } else {
      exceptUntil(approvedAt + 10, approvedAt + 70);
    }
    return draft.scenario(sameWorkspaces(rng, 4), { ends: (approvedAt + 200) * SECOND });
  },
  /** A policy is restored from a backup that contains an approval. Its applications are back by then. */
  RestoredApproval: (draft) => {
    const { rng } = draft;
    draft.fleet(0).policy(0, 'first', { enforcement: 'Approve' });
    draft.at(draft.moment(15, 20) * SECOND, { do: 'Approve' });
    // The approved plan is in progress, or it is complete.
    draft.at((rng.chance(0.5) ? draft.moment(22, 45) : draft.moment(60, 140)) * SECOND, { do: 'Backup' });
    for (const workspaceID of ['ws-00000001', 'ws-00000002', 'ws-00000003']) {
      draft.at(150 * SECOND, { do: 'Rebuild', workspaceID });
    }
    const restoredAt = draft.moment(160, 200) * SECOND;
    draft.at(restoredAt, { do: 'Restore', name: 'first', withStatus: rng.chance(0.7) });
    // A process that starts reads the restored policy together with its status.
    draft.fault('Restart', rng.chance(0.7) ? restoredAt - draft.moment(10, 200) : draft.moment(140, 240) * SECOND, 1);
    return draft.scenario(sameWorkspaces(rng, 3), { ends: 300 * SECOND });
  },
  /** A user approves a plan that requires no approval, while it grows beyond the limit and the operator can't show it. */
  ApprovedWithinLimit: (draft) => {
    const { rng } = draft;
    const expiresAt = draft.moment(90, 130) * SECOND;
    const excepted = { workspaceIDs: ['ws-00000002'], application: VISIO, reason: 'audit' };
    draft.fleet(0).policy(0, 'first', {
      // The tags are known before the plan grows, so that an approval can cover it at once.
      workspaceSelector: { tags: { matchTags: { Department: 'Finance' } } },
      safeguards: { maxAffectedWorkspaces: 1 },
      rollout: { userSessions: 'Wait' },
    });
    draft.policy(0, 'second', {
      applications: { denied: [{ id: 'wsa-office019' }] },
      exceptions: [{ ...excepted, expiresAt: new Date(START_TIME + expiresAt).toISOString() }],
    });
    // A paused process receives the approval and the grown plan at the same time. Rejected statuses still show the smaller plan.
    draft.fault(
      rng.one(['ApiSilence', 'Pause', 'StatusRejected', 'StatusRejected']),
      expiresAt - 10 * SECOND,
      draft.moment(15, 30) * SECOND,
    );
    draft.at(expiresAt - draft.moment(-5, 8) * SECOND, { do: 'Approve' });
    const workspaces = sameWorkspaces(rng, 2).map((one, index) => ({
      ...one,
      ...(index === 0 && { connection: 'CONNECTED' }),
    }));
    return draft.scenario(workspaces, { ends: 300 * SECOND });
  },
  /** A plan is approved while some of its WorkSpaces are protected, and the protection ends. */
  ProtectionEndsAfterApproval: (draft) => {
    const { rng } = draft;
    const isLimit = rng.chance(0.3);
    draft.fleet(0).policy(0, 'first', {
      enforcement: isLimit ? 'Enforce' : 'Approve',
      applications: { denied: [VISIO, OFFICE] },
      safeguards: { maxAffectedWorkspaces: isLimit ? 1 : '100%' },
    });
    draft.at(draft.moment(15, 40) * SECOND, { do: 'Approve' });
    for (const workspaceID of ['ws-00000001', 'ws-00000002']) {
      draft.at(draft.moment(90, 150) * SECOND, { do: 'Unprotect', workspaceID });
    }
    const workspaces = sameWorkspaces(rng, 4).map((one, index) => ({
      ...one,
      tags: index < 2 ? { 'wsap.dev/protect': '' } : {},
    }));
    return draft.scenario(workspaces);
  },
  /** A plan is within its limit, because most of its WorkSpaces are protected. Nobody approves it. */
  ProtectedBeyondLimit: (draft) => {
    const { rng } = draft;
    const limit = draft.moment(1, 2);
    draft.fleet(0).policy(0, 'first', { safeguards: { maxAffectedWorkspaces: limit } });
    draft.recoverableFault(5 * SECOND, 60 * SECOND);
    const workspaces = sameWorkspaces(rng, 5).map((one, index) => ({
      ...one,
      tags: index < limit ? {} : { 'wsap.dev/protect': '' },
    }));
    return draft.scenario(workspaces, { requestsRunsAfterwards: false, convergesWithin: 40 * MINUTE });
  },
} satisfies Scenarios;
