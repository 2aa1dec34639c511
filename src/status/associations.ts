import { printable } from '../printable.ts';
import { type PolicyStatus, timestamp } from './resource.ts';
import type { Row } from './rows.ts';

export const MAX_ASSOCIATIONS = 25;

/** The most urgent rows, with every field of AWS's Association. */
export function associationsOf(rows: readonly Row[]): NonNullable<PolicyStatus['associations']> {
  return rows.slice(0, MAX_ASSOCIATIONS).map(({ finding, action, held, message, repetitions }) => {
    const { workspace, application, association, verdict } = finding;
    const { state, stateReason, created, lastUpdatedTime } = association;
    return {
      workspaceID: workspace.workspaceID,
      ...(workspace.userName !== undefined && { userName: printable(workspace.userName, 63) }),
      associatedResourceID: association.applicationID,
      associatedResourceType: 'APPLICATION' as const,
      ...(application.name !== undefined && { applicationName: printable(application.name) }),
      verdict,
      action,
      ...(state !== undefined && { state: printable(state, 64) }),
      ...(stateReason !== undefined && {
        stateReason: {
          ...(stateReason.errorCode !== undefined && { errorCode: printable(stateReason.errorCode, 128) }),
          ...(stateReason.errorMessage !== undefined && { errorMessage: printable(stateReason.errorMessage, 512) }),
        },
      }),
      ...(created !== undefined && { created: timestamp(created) }),
      ...(lastUpdatedTime !== undefined && { lastUpdatedTime: timestamp(lastUpdatedTime) }),
      ...(held !== undefined && { holdReason: held.reason }),
      message: printable(message, 512),
      ...(repetitions > 0 && { repetitions }),
    };
  });
}
