import type { Hold } from './hold.ts';

/** What couldn't be undone isn't done, unless the policy allows it. */
export const uninstallOnly: Hold = {
  reason: 'UninstallOnly',
  prepare:
    () =>
    ({ finding }) => {
      if (!finding.mustStay) {
        return undefined;
      }
      return {
        message:
          finding.application.state === undefined
            ? "AWS doesn't say whether this application could be installed again; remove it by hand if you mean it"
            : 'AWS no longer offers this application, so its removal could never be undone; if you mean it, set spec.safeguards.allowUninstallOnly',
      };
    },
};
