import type { GenerateDocument, WorkspaceDocument } from './seedDocument.ts';

/** Minimum length of an ID and of the number in it. Four digits suffice for 9,999 WorkSpaces with any prefix. */
const MIN_ID_LENGTH = 8;
const MIN_DIGITS = 4;

/**
 * Returns the WorkSpaces of a `generate` entry. The result is deterministic: numbered from 1, with alternating
 * directories and bundles, and with each application on every n-th WorkSpace (`every`) or on all.
 */
export function generate({
  count,
  idPrefix,
  userPrefix = idPrefix,
  directoryIDs = ['d-0000000001'],
  bundleIDs = ['wsb-00000001'],
  applications = [],
  ...properties
}: GenerateDocument): WorkspaceDocument[] {
  return Array.from({ length: count }, (_, index) => {
    const number = String(index + 1).padStart(MIN_DIGITS, '0');
    return {
      ...properties,
      workspaceID: `ws-${idPrefix}${number.padStart(MIN_ID_LENGTH - idPrefix.length, '0')}`,
      userName: `${userPrefix}${number}`,
      directoryID: directoryIDs[index % directoryIDs.length] ?? '',
      bundleID: bundleIDs[index % bundleIDs.length] ?? '',
      applications: applications.flatMap((application) => {
        if (typeof application === 'string') {
          return application;
        }
        const { every = 1, ...association } = application;
        return (index + 1) % every === 0 ? association : [];
      }),
    };
  });
}
