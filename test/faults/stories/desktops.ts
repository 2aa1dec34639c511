import { sameWorkspaces } from '../fleets.ts';
import { MINUTE } from '../schedule.ts';
import { OFFICE, SECOND, type Stories } from './draft.ts';

/** What becomes of WorkSpaces, and who uses them. */
export const OF_DESKTOPS = {
  /** What was removed comes back again and again, over restarts. */
  ComesBack: (draft) => {
    const { dice } = draft;
    const workspaces = sameWorkspaces(dice, 3);
    draft.fleet(0).policy(0, 'first', { interval: '1m' });
    const every = dice.number(3, 9);
    for (let time = 1; time <= 6; time++) {
      draft.at(time * every * MINUTE, { do: 'Rebuild', workspaceId: 'ws-00000001' });
      const at = time * every * MINUTE;
      dice.one([
        () => draft.nuisance(at + MINUTE, at + 2 * MINUTE),
        () => draft.fault('CrashOnRemoval', at, 2 * MINUTE, { rate: 0.5 }),
        () => {},
      ])();
    }
    return draft.story(workspaces);
  },
  /** People log on and off. */
  Sessions: (draft) => {
    const connections = ['CONNECTED', 'DISCONNECTED'] as const;
    draft.fleet(0).policy(0, 'first', { rollout: { userSessions: 'Wait' } });
    const workspaces = sameWorkspaces(draft.dice, 6).map((one) => ({
      ...one,
      connection: draft.dice.one(connections),
    }));
    for (const { workspaceId } of workspaces) {
      for (let at = draft.moment(5, 12); at < 100; at += draft.moment(3, 40)) {
        draft.at(at * SECOND, { do: 'Connection', workspaceId, connection: draft.dice.one(connections) });
      }
    }
    return draft.story(workspaces);
  },
  /** WorkSpaces are stopped, repaired and given back. */
  Unready: (draft) => {
    const states = ['AVAILABLE', 'MAINTENANCE', 'ERROR', 'STARTING'];
    draft.fleet(0).policy(0, 'first', {});
    const workspaces = sameWorkspaces(draft.dice, 6).map((one) => ({ ...one, state: draft.dice.one(states) }));
    for (const { workspaceId } of workspaces) {
      for (let at = draft.moment(5, 12); at < 100; at += draft.moment(5, 40)) {
        draft.at(at * SECOND, { do: 'State', workspaceId, state: draft.dice.one(states) });
      }
      draft.at(110 * SECOND, { do: 'State', workspaceId, state: 'AVAILABLE' });
    }
    return draft.story(workspaces);
  },
  /** Somebody else has begun changes that a deployment would carry out. */
  OthersChanges: (draft) => {
    draft.fleet(0).policy(0, 'first', {});
    const workspaces = sameWorkspaces(draft.dice, 4);
    for (const { workspaceId } of workspaces) {
      draft.at(draft.moment(1, 25) * SECOND, { do: 'Disassociate', workspaceId, applicationId: OFFICE.id });
    }
    return draft.story(workspaces);
  },
} satisfies Stories;
