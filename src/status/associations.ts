import { sanitize } from '../sanitize.ts';
import type { Sequence } from '../sequence.ts';
import type { Assessment } from './assessment.ts';
import { replacementOf } from './replacements.ts';
import { type PolicyStatus, timestamp } from './resource.ts';
import type { IsUnapproved } from './unapproved.ts';

export const MAX_ASSOCIATIONS = 25;

/**
 * Returns the most severe assessments, with every field of the Association in the AWS API.
 *
 * @param isUnapproved whether a finding is a part of the plan that requires an approval. Defaults to no finding
 */
export function associationsOf(
  assessments: Sequence<Assessment>,
  isUnapproved: IsUnapproved = () => false,
): NonNullable<PolicyStatus['associations']> {
  return assessments.slice(0, MAX_ASSOCIATIONS).map(({ finding, action, held, message, retries }) => {
    const { workspace, application, association, verdict } = finding;
    const replacement = replacementOf(finding);
    const { state, stateReason, created, lastUpdatedTime } = association;
    return {
      workspaceID: workspace.workspaceID,
      ...(workspace.userName !== undefined && { userName: sanitize(workspace.userName, 63) }),
      associatedResourceID: association.applicationID,
      associatedResourceType: 'APPLICATION' as const,
      ...(application.name !== undefined && { applicationName: sanitize(application.name) }),
      verdict,
      action,
      ...(state !== undefined && { state: sanitize(state, 64) }),
      ...(stateReason !== undefined && {
        stateReason: {
          ...(stateReason.errorCode !== undefined && { errorCode: sanitize(stateReason.errorCode, 128) }),
          ...(stateReason.errorMessage !== undefined && { errorMessage: sanitize(stateReason.errorMessage, 512) }),
        },
      }),
      ...(created !== undefined && { created: timestamp(created) }),
      ...(lastUpdatedTime !== undefined && { lastUpdatedTime: timestamp(lastUpdatedTime) }),
      ...(held !== undefined && { holdReason: held.reason }),
      ...(isUnapproved(finding) && { unapproved: true }),
      ...(replacement !== undefined && { replacement: sanitize(replacement, 256) }),
      message: sanitize(message, 512),
      ...(retries > 0 && { retries }),
    };
  });
}
