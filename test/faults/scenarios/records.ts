import { OFFICE, VISIO } from '../applications.ts';
import { sameWorkspaces } from '../randomWorkspaces.ts';
import { MINUTE } from '../schedule.ts';
import { type Scenarios, SECOND } from './draft.ts';

/** Scenarios of records of what the operator has done. */
export const RECORD_SCENARIOS = {
  /** A user removes an application that a policy removes only on paper, and the process restarts. */
  RemovedByOthers: (draft) => {
    const { rng } = draft;
    const at = draft.moment(20, 60) * SECOND;
    draft.fleet(0).policy(0, 'first', {
      interval: '10m',
      ...rng.one([
        { enforcement: 'Audit' },
        { enforcement: 'Audit' },
        { enforcement: 'Approve' },
        { suspend: true },
        { safeguards: { maxAffectedWorkspaces: 1 } },
      ]),
    });
    for (const workspaceID of ['ws-00000001', 'ws-00000002']) {
      draft.at(at - draft.moment(1, 10) * SECOND, { do: 'Disassociate', workspaceID, applicationID: VISIO.id });
    }
    draft.fault('Restart', at, 1);
    // Nobody approves the plan, so that only the user has removed anything.
    return draft.scenario(sameWorkspaces(rng, 4), { requestsRunsAfterwards: false, convergesWithin: 40 * MINUTE });
  },
  /** Responses to removals are lost, and the reads that follow lag. */
  LostRemovals: (draft) => {
    const { rng } = draft;
    draft.fleet(0).policy(0, 'first', { applications: { denied: [VISIO, OFFICE] } });
    draft.fault('LostResponse', 5 * SECOND, 60 * SECOND, { rate: rng.one([0.3, 0.5]) });
    draft.fault('StaleReads', 5 * SECOND, 2 * MINUTE, { amount: 30_000 });
    return draft.scenario(sameWorkspaces(rng, 5));
  },
  /** Responses to removals are lost, and the WorkSpaces are terminated before a read shows the results. */
  TerminatedAfterLostRemoval: (draft) => {
    const { rng } = draft;
    draft.fleet(0).policy(0, 'first', { applications: { denied: [VISIO, OFFICE] } });
    draft.fault('LostResponse', 5 * SECOND, 60 * SECOND, { rate: rng.one([0.5, 1]) });
    draft.fault('StaleReads', 5 * SECOND, 2 * MINUTE, { amount: 30_000 });
    for (const workspaceID of ['ws-00000001', 'ws-00000002', 'ws-00000003']) {
      draft.at(draft.moment(10, 45) * SECOND, { do: 'Terminate', workspaceID });
    }
    return draft.scenario(sameWorkspaces(rng, 5));
  },
  /** A process ends after a removal, and the fleet does not admit the policy when the next one starts. */
  RemovedWhileNotAdmitted: (draft) => {
    const { rng } = draft;
    draft.fleet(0, { allowedNamespaces: { from: 'Selector', selector: { matchLabels: { team: 'desktops' } } } });
    draft.policy(draft.moment(1, 10) * SECOND, 'first', { applications: { denied: [VISIO, OFFICE] } });
    draft.fault('CrashOnRemoval', 0, 60 * SECOND, { rate: rng.one([0.3, 0.7, 1]) });
    draft.at(draft.moment(10, 20) * SECOND, { do: 'Label', labels: { team: 'others' } });
    draft.at(draft.moment(80, 140) * SECOND, { do: 'Label', labels: { team: 'desktops' } });
    return draft.scenario(sameWorkspaces(rng, 3));
  },
  /** An approved plan is carried out slowly, while more changes are proposed. */
  ProposalDuringRollout: (draft) => {
    const { rng } = draft;
    draft.fleet(0).policy(0, 'first', {
      enforcement: 'Approve',
      rollout: { userSessions: 'Interrupt', maxInProgress: 1 },
    });
    draft.at(draft.moment(15, 25) * SECOND, { do: 'Approve' });
    // The applications of a user come back, and their removal is not approved.
    draft.at(draft.moment(70, 100) * SECOND, { do: 'Rebuild', workspaceID: 'ws-00000001' });
    return draft.scenario(sameWorkspaces(rng, 6), { ends: 4 * MINUTE });
  },
} satisfies Scenarios;
