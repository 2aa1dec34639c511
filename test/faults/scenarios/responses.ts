import { OFFICE, PROJECT, VISIO } from '../applications.ts';
import { sameWorkspaces } from '../randomWorkspaces.ts';
import { MINUTE } from '../schedule.ts';
import { type Scenarios, SECOND } from './draft.ts';

/** Scenarios of responses from AWS. */
export const RESPONSE_SCENARIOS = {
  /** Pages of lists fail while a policy exceeds its safeguard. */
  PagesFail: (draft) => {
    const { rng } = draft;
    draft.fleet(0).policy(0, 'first', { safeguards: { maxAffectedWorkspaces: '50%' } });
    draft.fault('ServerError', 0, draft.moment(1, 4) * MINUTE, { rate: rng.one([0.4, 0.7]) });
    return draft.scenario(sameWorkspaces(rng, 9), { pageSize: 2 });
  },
  /** Reads of a WorkSpace wait for each other, or changes wait for the rate limit. */
  SlowReads: (draft) => {
    const { rng } = draft;
    const rate = rng.one([0.2, 0.3, 0.5]);
    draft.fleet(0, { rateLimit: { requestsPerMinute: rate * 60, burst: 4 } });
    for (const [index, name] of ['first', 'second', 'third'].entries()) {
      const id = `ws-0000000${index + 1}`;
      draft.policy(0, name, {
        workspaceSelector: { workspaceIDs: [id] },
        applications: { denied: [VISIO, OFFICE, PROJECT] },
      });
    }
    draft.fault('Timeout', 0, 8 * MINUTE, { rate: 0.2 });
    return draft.scenario(sameWorkspaces(rng, 3), { ends: 10 * MINUTE });
  },
  /** Reads of the next WorkSpaces become old, because the rate limit delays each change, and users connect. */
  SlowRollout: (draft) => {
    const { rng } = draft;
    draft.fleet(0, { rateLimit: { requestsPerMinute: rng.one([20, 30, 60]), burst: 3 } });
    draft.policy(0, 'first', { rollout: {} });
    return draft.scenario(sameWorkspaces(rng, 9), { ends: 10 * MINUTE });
  },
  /** Reads lag behind recent changes. */
  StaleReads: (draft) => {
    const { rng } = draft;
    draft.fleet(0).policy(0, 'first', { applications: { denied: [VISIO, OFFICE], required: [PROJECT] } });
    draft.fault('StaleReads', 0, draft.moment(2, 6) * MINUTE, { amount: rng.one([10_000, 30_000]) });
    if (rng.chance(0.5)) {
      draft.fault('LostResponse', 0, 2 * MINUTE, { rate: 0.3 });
    }
    return draft.scenario(sameWorkspaces(rng, 5));
  },
  /** Changes succeed, and their responses are lost. */
  LostResponses: (draft) => {
    draft.fleet(0).policy(0, 'first', { applications: { denied: [VISIO], required: [OFFICE] } });
    draft.fault('LostResponse', 0, draft.moment(30, 120) * SECOND, { rate: draft.rng.one([0.3, 0.6]) });
    return draft.scenario(sameWorkspaces(draft.rng, 5));
  },
  /** A proxy responds with an empty object. */
  EmptyResponses: (draft) => {
    const applications = { denied: [VISIO], required: [OFFICE] };
    draft.fleet(0).policy(0, 'first', { applications });
    draft.fault('EmptyResponses', 0, draft.moment(60, 240) * SECOND, { rate: draft.rng.one([0.3, 0.6]) });
    const workspaces = sameWorkspaces(draft.rng, 4).map((one, index) => ({
      ...one,
      tags: index % 2 === 0 ? { 'wsap.dev/protect': '' } : {},
    }));
    return draft.scenario(workspaces);
  },
  /** Deployments fail. */
  DeploymentsFail: (draft) => {
    draft.fleet(0).policy(0, 'first', { applications: { denied: [VISIO], required: [OFFICE] } });
    draft.fault('DeploymentFails', 0, draft.moment(20, 200) * SECOND, {
      rate: draft.rng.one([0.5, 1]),
      amount: draft.moment(0, 5),
    });
    return draft.scenario(sameWorkspaces(draft.rng, 4));
  },
  /** AWS rejects every change of one WorkSpace, and changes of others fail temporarily. */
  ChangesRejected: (draft) => {
    draft
      .fleet(0)
      .policy(0, 'first', {})
      .policy(0, 'second', { applications: { denied: [OFFICE] } });
    draft.fault(
      draft.rng.one(['ServerError', 'ChangesDenied', 'ChangesDenied'] as const),
      8_000,
      draft.moment(30, 90) * SECOND,
      {
        rate: 0.4,
      },
    );
    for (let at = 8 * SECOND; at < 100 * SECOND; at += draft.moment(2, 9) * SECOND) {
      draft.at(at, { do: 'Request', name: draft.rng.one(['first', 'second']) });
    }
    return draft.scenario(sameWorkspaces(draft.rng, 5), { rejectsChangesOf: 'ws-00000001' });
  },
  /** A user starts the opposite deployment after one by the operator has failed, and that one fails, too. */
  ForcedByOthers: (draft) => {
    const { rng } = draft;
    const remove = { denied: [VISIO] };
    const install = { required: [VISIO] };
    const isRemoval = rng.chance(0.5);
    draft.fleet(0).policy(0, 'first', {
      applications: isRemoval ? remove : install,
    });
    draft.fault('DeploymentFails', 0, 3 * MINUTE, { amount: rng.one([4, 5]) });
    // The process sees neither the end of the first deployment nor the second one.
    draft.fault('ServerError', 22 * SECOND, draft.moment(84, 100) * SECOND);
    const workspaces = sameWorkspaces(rng, 4).map((one) => ({ ...one, applications: isRemoval ? [VISIO.id] : [] }));
    for (const { workspaceID } of workspaces) {
      const at = draft.moment(68_000, 76_000);
      const action = isRemoval ? 'Associate' : 'Disassociate';
      draft.at(at, { do: action, workspaceID, applicationID: VISIO.id }).at(at + 50, { do: 'Deploy', workspaceID });
    }
    return draft.scenario(workspaces, { requestsRunsAfterwards: rng.chance(0.5) });
  },
  /** A deployment by a user fails, and then a policy requests what the user has deployed. */
  FailedByOthers: (draft) => {
    const { rng } = draft;
    const isRemoval = rng.chance(0.5);
    const applications = isRemoval ? { denied: [VISIO] } : { required: [VISIO] };
    draft.fleet(0).policy(0, 'first', { enforcement: 'Audit', applications });
    draft.fault('DeploymentFails', 0, 90 * SECOND, { amount: rng.one([4, 5]) });
    const workspaces = sameWorkspaces(rng, 3).map((one) => ({ ...one, applications: isRemoval ? [VISIO.id] : [] }));
    for (const { workspaceID } of workspaces) {
      const at = draft.moment(8, 20) * SECOND;
      const action = isRemoval ? 'Disassociate' : 'Associate';
      draft.at(at, { do: action, workspaceID, applicationID: VISIO.id }).at(at + 50, { do: 'Deploy', workspaceID });
      // The process sees the deployment in progress.
      draft.at(at + draft.moment(2, 20) * SECOND, { do: 'Request', name: 'first' });
    }
    draft.policy(draft.moment(40, 70) * SECOND, 'first', { applications });
    return draft.scenario(workspaces);
  },
  /** AWS rejects deployments, and a deployment by a user changes the associations afterwards. */
  RejectionEnds: (draft) => {
    const { rng } = draft;
    draft.fleet(0).policy(0, 'first', { applications: { denied: [VISIO] } });
    draft.fault('DeploymentsRejected', 0, 50 * SECOND, { amount: rng.one([0, 1]) });
    draft.fault('DeploymentFails', 55 * SECOND, 35 * SECOND, { amount: rng.one([4, 5]) });
    const workspaces = sameWorkspaces(rng, 3);
    for (const { workspaceID } of workspaces) {
      draft.at(draft.moment(60, 85) * SECOND, { do: 'Deploy', workspaceID });
    }
    return draft.scenario(workspaces, { requestsRunsAfterwards: false, convergesWithin: 40 * MINUTE });
  },
  /** AWS rejects deployments with an error that the operator doesn't know. */
  UnknownRejections: (draft) => {
    draft.fleet(0).policy(0, 'first', { applications: { denied: [VISIO], required: [OFFICE] } });
    draft.fault('DeploymentsRejected', 0, draft.moment(10, 60) * SECOND, { amount: 2 });
    return draft.scenario(sameWorkspaces(draft.rng, 3), {
      requestsRunsAfterwards: false,
      convergesWithin: 40 * MINUTE,
    });
  },
} satisfies Scenarios;
