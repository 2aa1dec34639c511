import { OFFICE, PROJECT, VISIO } from '../applications.ts';
import type { PolicySpec } from '../manifests.ts';
import { sameWorkspaces } from '../randomWorkspaces.ts';
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
} satisfies Scenarios;
