import type { Plan } from '../plan.ts';
import { audit } from './audit.ts';
import { backingOff } from './backingOff.ts';
import { conflict } from './conflict.ts';
import { type Hold, type HoldContext, holdBack } from './hold.ts';
import { manualDeploy } from './manualDeploy.ts';
import { othersPendingChanges } from './othersPendingChanges.ts';
import { refused } from './refused.ts';
import { safeguardExceeded } from './safeguardExceeded.ts';
import { suspended } from './suspended.ts';
import { uninstallOnly } from './uninstallOnly.ts';
import { workspaceNotReady } from './workspaceNotReady.ts';

/**
 * Every hold, in the order in which they are looked for: the first that stops a change is the reason people read. What never goes comes
 * before what counts how much goes; Audit comes last, so that its report shows what enforcing would run into.
 */
const HOLDS: readonly Hold[] = [
  suspended,
  uninstallOnly,
  conflict,
  safeguardExceeded,
  othersPendingChanges,
  workspaceNotReady,
  backingOff,
  refused,
  manualDeploy,
  audit,
];

/** Takes from a plan what isn't to be done now. */
export function applyHolds(plan: Plan, context: HoldContext): Plan {
  return HOLDS.reduce((remaining, hold) => holdBack(remaining, hold, context), plan);
}
