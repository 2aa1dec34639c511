import { OFFICE, VISIO } from '../applications.ts';
import { sameWorkspaces } from '../randomWorkspaces.ts';
import type { MissingMember } from '../schedule.ts';
import { type Scenarios, SECOND } from './draft.ts';

/** Scenarios of WorkSpaces of which AWS does not report everything. */
export const MISSING_DATA_SCENARIOS = {
  /** A policy excludes users, and AWS does not report the users of some WorkSpaces. */
  MissingUserNames: (draft) => {
    const { rng } = draft;
    draft.fleet(0).policy(0, 'first', {
      workspaceSelector: rng.one([
        { all: true, exclude: { userNames: ['user1', 'user2*'] } },
        { userNames: ['*'], exclude: { workspaceIDs: ['ws-00000004'] } },
        { all: true, exclude: { userNames: ['boss'] } },
      ]),
      applications: { denied: [VISIO] },
    });
    draft.recoverableFault(5 * SECOND, 60 * SECOND);
    const workspaces = sameWorkspaces(rng, 5).map((one, index) => ({
      ...one,
      userName: index === 1 ? '[UNDEFINED]' : one.userName,
    }));
    return draft.scenario(workspaces, { missingMembers: { 'ws-00000001': ['UserName'] } });
  },
  /** A policy protects the applications of some WorkSpaces, and AWS does not report whether it selects others. */
  MissingMembersOfProtection: (draft) => {
    const { rng } = draft;
    const [member, workspaceSelector] = rng.one<readonly [MissingMember, object]>([
      ['UserName', { userNames: ['user1', 'user2'] }],
      ['DirectoryId', { directoryIDs: ['d-0000000001', 'd-0000000002'] }],
      ['BundleId', { bundleIDs: ['wsb-00000001'] }],
    ]);
    const protection = rng.one([
      { priority: 1, applications: { allowed: [VISIO] } },
      {
        applications: { denied: [OFFICE] },
        exceptions: [{ workspaceIDs: ['ws-00000001', 'ws-00000002'], application: VISIO, reason: 'audit' }],
      },
    ]);
    draft
      .fleet(0)
      .policy(0, 'first', {})
      .policy(0, 'second', { ...protection, workspaceSelector } as object);
    draft.recoverableFault(5 * SECOND, 60 * SECOND);
    return draft.scenario(sameWorkspaces(rng, 4), {
      missingMembers: { 'ws-00000001': [member], 'ws-00000002': [member] },
    });
  },
} satisfies Scenarios;
