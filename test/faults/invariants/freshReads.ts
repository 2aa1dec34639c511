import type { SentCall } from '../cloud/traffic.ts';
import { type Attempt, MAX_READ_AGE_MS, type ObservedState } from '../observedState.ts';
import type { UntimedViolation } from '../violation.ts';

/** Checks that the process has read everything that the change is based on, recently, and after its own last change. */
export function readViolations(
  { operation, input }: SentCall,
  { known, isRevert }: Attempt,
  observed: ObservedState,
): UntimedViolation[] {
  const now = observed.time.elapsed;
  const workspaceID = String(input.WorkspaceId);
  const isDeployment = operation === 'DeployWorkspaceApplications';
  const changed = observed.changedAt.get(isDeployment ? workspaceID : `${workspaceID} ${input.ApplicationId}`);
  const { associations, state, tags } = known;
  const violations: UntimedViolation[] = [];
  if (associations === undefined || now - associations.sentAt > MAX_READ_AGE_MS) {
    violations.push({
      rule: 'StaleRead',
      message: 'the process has not read the associations of the WorkSpace recently',
    });
  } else if (changed !== undefined && associations.sentAt < changed) {
    violations.push({ rule: 'StaleRead', message: 'the process has not read the associations since it changed them' });
  }
  if (
    tags === undefined ||
    now - tags.sentAt > MAX_READ_AGE_MS ||
    state === undefined ||
    now - state.sentAt > MAX_READ_AGE_MS
  ) {
    violations.push({
      rule: 'StaleRead',
      message: 'the process has not read the tags and the state of the WorkSpace recently',
    });
  }
  if ('wsap.dev/protect' in (tags?.value ?? {})) {
    violations.push({ rule: 'ProtectedWorkspace', message: 'the WorkSpace has the tag wsap.dev/protect' });
  }
  // A revert doesn't wait for the WorkSpace, because any deployment could carry out the change.
  if (!isRevert && !['AVAILABLE', 'STOPPED'].includes(state?.value ?? '')) {
    violations.push({ rule: 'UnreadyWorkspace', message: `the state of the WorkSpace is ${state?.value}` });
  }
  return violations;
}
