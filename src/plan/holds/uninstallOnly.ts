import type { Hold } from './hold.ts';

/** Office 2016 and 2019 can be uninstalled and never installed again (AWS: UNINSTALL_ONLY). */
export const uninstallOnly: Hold = {
  reason: 'UninstallOnly',
  prepare: () => (change) =>
    change.finding.application.state === 'UNINSTALL_ONLY'
      ? {
          message:
            'AWS no longer offers this application, so its removal could never be undone; remove it by hand if you mean it',
        }
      : undefined,
};
