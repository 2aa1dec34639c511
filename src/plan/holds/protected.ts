import { isProtected, PROTECT_TAG } from '../../fleet/states.ts';
import type { Hold } from './hold.ts';

/** On a WorkSpace with the tag nothing is changed, whatever any policy says. */
export const protectedByTag: Hold = {
  reason: 'Protected',
  prepare:
    () =>
    ({ finding }) =>
      isProtected(finding.workspace) ? { message: PROTECTED_MESSAGE } : undefined,
};

export const PROTECTED_MESSAGE = `the WorkSpace has the AWS tag ${PROTECT_TAG}; no policy changes anything on it while it has`;
