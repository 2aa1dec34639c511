import { isProtected, PROTECT_TAG } from '../../fleet/states.ts';
import type { Hold } from './hold.ts';

/** No policy changes a WorkSpace with the tag. */
export const protectedByTag: Hold = {
  reason: 'Protected',
  meaning: `The WorkSpace has the AWS tag \`${PROTECT_TAG}\`.`,
  endsWhen: 'The tag is removed.',
  prepare:
    () =>
    ({ finding }) =>
      isProtected(finding.workspace) ? { message: PROTECTED_MESSAGE } : undefined,
};

export const PROTECTED_MESSAGE = `the WorkSpace has the AWS tag ${PROTECT_TAG}; to allow changes, remove the tag`;
