import { systemClock } from '../../clock.ts';
import { RESUME_REQUESTED_AT_ANNOTATION } from '../../policy/annotations.ts';
import type { BulkFlags } from '../commands/flags.ts';
import { type PolicyRequest, requestAll } from './policyRequest.ts';

/** Resumes suspended policies and halted rollouts, and waits until the operator has handled it. */
export function resumePolicies(names: readonly string[], flags: BulkFlags): Promise<void> {
  return requestAll('resume', resumeRequest, names, flags);
}

function resumeRequest(): PolicyRequest {
  const requestedAt = systemClock.now().toISOString();
  return {
    patch: { metadata: { annotations: { [RESUME_REQUESTED_AT_ANNOTATION]: requestedAt } }, spec: { suspend: false } },
    isHandled: ({ status }) => status?.rollout?.halted !== true || status.lastHandledResumeAt === requestedAt,
    done: 'resumed',
  };
}
