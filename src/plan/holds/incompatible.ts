import { lastAttempts } from '../backoff.ts';
import type { Hold } from './hold.ts';
import { rejectionOf } from './rejected.ts';

/** The operator installs no application that AWS rejects on the WorkSpace, and keeps the application that it would replace. */
export const incompatible: Hold = {
  reason: 'Incompatible',
  meaning:
    "The application, or the replacement of a removed application, can't be installed: AWS doesn't support the compute type or the operating system, another application on the WorkSpace excludes it, or AWS rejected it. The operator changes no part of a replacement. Counts as failed.",
  endsWhen:
    'The WorkSpace, its applications, or the policy changes. The operator tries an installation that AWS rejected again once a day.',
  prepare: (_, context) => (change) => {
    const known = change.finding.incompatible;
    if (known !== undefined) {
      const { message, unredacted, until } = known;
      return { message, unredacted, until };
    }
    const attempts = lastAttempts(change, context.policy, context.history.backoff);
    return attempts.some(({ last }) => last.kind === 'Incompatible') ? rejectionOf(change, context) : undefined;
  },
};
