import { isProtected, PROTECT_TAG } from '../../fleet/states.ts';
import type { Hold } from './hold.ts';

const MESSAGE = `the WorkSpace has the AWS tag ${PROTECT_TAG}; to allow changes, remove the tag`;

/** No policy changes a WorkSpace with the tag. */
export const protectedByTag: Hold = {
  reason: 'Protected',
  meaning: `The WorkSpace has the AWS tag \`${PROTECT_TAG}\`.`,
  endsWhen: 'The tag is removed.',
  appliesToReverts: true,
  prepare:
    () =>
    ({ finding }) =>
      isProtected(finding.workspace) ? { message: MESSAGE } : undefined,
};
