import { isIrreversible } from '../plan.ts';
import type { Hold } from './hold.ts';

/** What couldn't be undone isn't done. */
export const uninstallOnly: Hold = {
  reason: 'UninstallOnly',
  prepare:
    () =>
    ({ finding }) => {
      if (!isIrreversible(finding)) {
        return undefined;
      }
      const why =
        finding.application.state === undefined
          ? "AWS doesn't say whether this application could be installed again"
          : 'AWS no longer offers this application, so its removal could never be undone';
      return { message: `${why}; remove it by hand if you mean it` };
    },
};
