import type { Policy } from '../policy/policy.ts';
import type { PolicyStatus } from './resource.ts';

/** Records that the operator omits if it has nothing to record, and the values that take their place once. */
const PLACEHOLDERS = {
  lastHandledResumeAt: '',
  lastHandledApproval: '',
  lastApprovedPlan: '',
  started: [],
  rollout: { workspaces: 0, completed: 0, remaining: 0, failed: 0 },
} satisfies PolicyStatus;

/**
 * Returns placeholders for the records in a status that was written for another object of the same name, for example, before a backup was
 * restored. Server-side apply keeps the fields of other managers, and their removal is another request. Without placeholders, a process that
 * starts between both would take these records for its own.
 */
export function emptiedRecords({ uid }: Pick<Policy, 'uid'>, previous: PolicyStatus | undefined): PolicyStatus {
  if (previous === undefined || previous.objectUID === uid) {
    return {};
  }
  const isRecorded = ([field]: readonly [string, unknown]) => previous[field as keyof PolicyStatus] !== undefined;
  return Object.fromEntries(Object.entries(PLACEHOLDERS).filter(isRecorded));
}
