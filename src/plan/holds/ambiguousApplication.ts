import type { Plan } from '../plan.ts';
import type { Hold } from './hold.ts';

/** The operator makes no change for a policy if it is ambiguous what the policy requires. */
export const ambiguousApplication: Hold = {
  reason: 'AmbiguousApplication',
  meaning: 'An entry of `applications.required` matches several applications. The policy is Stalled.',
  endsWhen: 'Each required entry matches one application.',
  prepare: (plan) => {
    const message = ambiguityMessage(plan);
    return message === undefined ? undefined : () => ({ message });
  },
};

/** Returns a message with the entries that match several applications, or undefined if there are none. */
export function ambiguityMessage({ resolution: { ambiguous } }: Plan): string | undefined {
  return ambiguous.length === 0
    ? undefined
    : `a required entry must match one application, but several match ${ambiguous.join('; ')}; replace the name with an ID`;
}
