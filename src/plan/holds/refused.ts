import { attemptKey, circumstancesOf } from '../attempts.ts';
import type { Hold } from './hold.ts';

/** What AWS would refuse again isn't asked again until the WorkSpace, the association or the policy changes. */
export const refused: Hold = {
  reason: 'Refused',
  prepare:
    (_, { attempts, policy }) =>
    (change) => {
      const last = attempts.get(attemptKey(change));
      return last?.refusedIn !== undefined && last.refusedIn === circumstancesOf(change, policy)
        ? { message: last.message }
        : undefined;
    },
};
