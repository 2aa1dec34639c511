import { OFFICE, PROJECT, VISIO } from '../applications.ts';
import type { Entry, PolicySpec } from '../manifests.ts';
import { sameWorkspaces } from '../randomWorkspaces.ts';
import { MINUTE } from '../schedule.ts';
import { type Scenarios, SECOND } from './draft.ts';

/** Window that stays closed during every schedule. */
const CLOSED = { userSessions: 'Interrupt', maintenanceWindows: [{ cron: '0 22 * * *', duration: '1h' }] };

/** Scenarios of edits that reverse what a policy requests. */
export const EDIT_SCENARIOS = {
  /** A policy installs what it removed before, or removes what it installed before. */
  GoalReversed: (draft) => {
    const { rng } = draft;
    const remove: Partial<PolicySpec> = { applications: { denied: [VISIO] } };
    const install: Partial<PolicySpec> = { applications: { required: [VISIO] } };
    const [before, after] = rng.one([
      [install, remove],
      [remove, install],
    ] as const);
    draft.fleet(0).policy(0, 'first', { ...before, rollout: CLOSED });
    draft.policy(draft.moment(15, 60) * SECOND, 'first', after);
    draft.policy(draft.moment(90, 120) * SECOND, 'first', before);
    const workspaces = sameWorkspaces(rng, 5).map((one, index) => ({
      ...one,
      applications: [
        {
          applicationID: VISIO.id,
          state: index % 2 === 0 ? ('PENDING_UNINSTALL_DEPLOYMENT' as const) : ('PENDING_INSTALL_DEPLOYMENT' as const),
        },
      ],
    }));
    return draft.scenario(workspaces);
  },
  /** A policy in audit mode is enforced, and the policy that allows its applications arrives soon after. */
  EnforcedAfterAudit: (draft) => {
    const strict = { applications: { allowed: [PROJECT], unlisted: 'Disassociate' } };
    draft.fleet(0).policy(0, 'first', { ...strict, enforcement: 'Audit' });
    const at = draft.moment(20, 120) * SECOND;
    draft.policy(at, 'first', strict);
    draft.policy(at + draft.moment(1_000, 4_000), 'second', { applications: { allowed: [VISIO, OFFICE] } });
    return draft.scenario(sameWorkspaces(draft.rng, 4));
  },
  /** A change has begun and is not deployed when the policy stops to ask for it. */
  AbandonedChanges: (draft) => {
    const { rng } = draft;
    const applications = rng.one([
      { denied: [VISIO, OFFICE] },
      { denied: [OFFICE], required: [PROJECT] },
      { allowed: [OFFICE], unlisted: 'Disassociate' },
    ]);
    const rollout = { userSessions: 'Interrupt', deploy: 'Manual' };
    const safeguards = { maxAffectedWorkspaces: '100%', unmanagedPendingChanges: rng.one(['Hold', 'Deploy']) };
    const began: Partial<PolicySpec> = { applications, rollout, safeguards };
    const workspaceIDs = ['ws-00000001', 'ws-00000002'];
    const except = (application: Entry) => ({ workspaceIDs, application, reason: 'needs it' });
    const abandoned = rng.one<Partial<PolicySpec>>([
      { ...began, exceptions: [VISIO, OFFICE, PROJECT].map(except) },
      { ...began, applications: { allowed: [VISIO, OFFICE, PROJECT] } },
      { ...began, workspaceSelector: { all: true, exclude: { workspaceIDs } } },
      { ...began, workspaceSelector: { workspaceIDs: ['ws-00000003'] } },
    ]);
    draft.fleet(0).policy(0, 'first', began);
    const at = draft.moment(12, 60) * SECOND;
    draft.policy(at, 'first', abandoned);
    if (rng.chance(0.5)) {
      // Another policy deploys its own changes on the same WorkSpaces.
      draft.policy(at + draft.moment(-3, 30) * SECOND, 'second', {
        workspaceSelector: { workspaceIDs: ['ws-00000001'] },
        applications: { denied: [{ id: 'wsa-office019' }] },
        safeguards: { ...safeguards, allowUninstallOnly: true },
      });
    }
    draft.recoverableFault(5 * SECOND, at + 30 * SECOND);
    const workspaces = sameWorkspaces(rng, 3).map((one) => ({
      ...one,
      applications: [VISIO.id, OFFICE.id, 'wsa-office019'],
    }));
    return draft.scenario(workspaces);
  },
  /** A user connects after a removal has begun, so that the policy no longer selects the WorkSpace. */
  DeselectedDuringRemoval: (draft) => {
    const { rng } = draft;
    draft.fleet(0).policy(0, 'first', {
      workspaceSelector: { lastConnectedBefore: '2d' },
      rollout: { userSessions: 'Interrupt', deploy: 'Manual' },
    });
    for (const workspaceID of ['ws-00000001', 'ws-00000002']) {
      const at = draft.moment(20, 90) * SECOND;
      draft.at(at, { do: 'Connection', workspaceID, connection: 'CONNECTED' });
      draft.at(at + draft.moment(5, 60) * SECOND, { do: 'Connection', workspaceID, connection: 'DISCONNECTED' });
    }
    draft.recoverableFault(5 * SECOND, 90 * SECOND);
    const workspaces = sameWorkspaces(rng, 3).map((one) => ({ ...one, lastConnectedAgo: '3d' }));
    return draft.scenario(workspaces, { convergesWithin: 90 * MINUTE });
  },
} satisfies Scenarios;
