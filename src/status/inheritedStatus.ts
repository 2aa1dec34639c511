import type { Policy } from '../policy/policy.ts';
import type { Compliance } from './compliance.ts';
import type { PolicyStatus } from './resource.ts';

/** Fields that the operator omits if it has nothing to report, and the values that take their place once. */
const PLACEHOLDERS = {
  lastHandledReconcileAt: '',
  lastHandledResumeAt: '',
  effectiveInterval: '',
  nextWindow: '1970-01-01T00:00:00Z',
  recentRemovals: [],
  lastHandledApproval: '',
  lastApprovedPlan: '',
  restoredWorkspaces: [],
  sources: [],
  started: [],
  rollout: { workspaces: 0, completed: 0, remaining: 0, failed: 0 },
} satisfies PolicyStatus;

/** Whether a status was written for another object of the same name, for example, before a backup was restored. */
function isInherited({ uid }: Pick<Policy, 'uid'>, previous: PolicyStatus | undefined): boolean {
  return previous !== undefined && previous.objectUID !== uid;
}

/**
 * Returns placeholders for the fields of a status of another object that the next status may omit. The operator doesn't own these fields, so
 * omitting them would keep them. Another value makes it their only owner, and the status after the next one omits them.
 */
export function inheritedFields(policy: Pick<Policy, 'uid'>, previous: PolicyStatus = {}): PolicyStatus {
  const isKept = ([field]: readonly [string, unknown]) => previous[field as keyof PolicyStatus] !== undefined;
  return isInherited(policy, previous) ? Object.fromEntries(Object.entries(PLACEHOLDERS).filter(isKept)) : {};
}

/** Returns the counts with an explicit zero in the place of an inherited count that would remain otherwise. */
export function withInheritedCounts(
  compliance: Compliance,
  policy: Pick<Policy, 'uid'>,
  previous: PolicyStatus = {},
): Compliance {
  const isKept = isInherited(policy, previous) && previous.compliance?.unknown !== undefined;
  return isKept ? { ...compliance, unknown: compliance.unknown ?? 0 } : compliance;
}
