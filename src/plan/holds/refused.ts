import { attemptKey, isRefused } from '../attempts.ts';
import type { Hold } from './hold.ts';

/** What AWS would refuse again isn't asked again until the WorkSpace, the association or the policy changes. */
export const refused: Hold = {
  reason: 'Refused',
  prepare:
    (_, { policy, attempts }) =>
    (change) =>
      isRefused(change, policy, attempts)
        ? { message: attempts.get(attemptKey(policy, change))?.message ?? 'refused' }
        : undefined,
};
