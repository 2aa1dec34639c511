import type { Sent } from '../cloud/traffic.ts';
import { FRESH, type ObservedState, RUN, type RuleViolation } from '../observedState.ts';
import type { ToldWorkspace } from '../processLedger.ts';

/** Whether everything that a change rests on was read by this process, lately, and after what it changed itself. */
export function readObjections(
  { operation, input }: Sent,
  told: ToldWorkspace,
  observed: ObservedState,
): RuleViolation[] {
  const now = observed.time.elapsed;
  const workspaceID = String(input.WorkspaceId);
  const isDeployment = operation === 'DeployWorkspaceApplications';
  const changed = observed.changedAt.get(isDeployment ? workspaceID : `${workspaceID} ${input.ApplicationId}`);
  const { associations, state, tags } = told;
  const violations: RuleViolation[] = [];
  if (associations === undefined || now - associations.at > FRESH) {
    violations.push({ rule: 'FreshRead', message: 'the associations of the WorkSpace were not read before' });
  } else if (changed !== undefined && associations.sentAt < changed) {
    violations.push({ rule: 'FreshRead', message: 'the associations were not read since they were changed' });
  }
  if (tags === undefined || now - tags.at > RUN || state === undefined || now - state.at > RUN) {
    violations.push({ rule: 'FreshRead', message: 'the tags and the state of the WorkSpace were not read before' });
  }
  if ('wsap.dev/protect' in (tags?.value ?? {})) {
    violations.push({ rule: 'Protected', message: 'the WorkSpace is protected' });
  }
  if (!['AVAILABLE', 'STOPPED'].includes(state?.value ?? '')) {
    violations.push({ rule: 'NotReady', message: `the WorkSpace is ${state?.value}` });
  }
  return violations;
}
