import type { Plan } from '../plan.ts';
import type { Hold } from './hold.ts';

/** Nothing is done for a policy of which nobody can tell what it requires. */
export const ambiguousApplication: Hold = {
  reason: 'AmbiguousApplication',
  prepare: (plan) => {
    const message = ambiguityMessage(plan);
    return message === undefined ? undefined : () => ({ message });
  },
};

/** Says which entries name several applications; undefined if none does. */
export function ambiguityMessage({ resolution: { ambiguous } }: Plan): string | undefined {
  return ambiguous.length === 0
    ? undefined
    : `a required entry must name one application, and ${ambiguous.join('; ')} names several; name the one that is meant by its id`;
}
