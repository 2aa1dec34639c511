import type { Clock } from '../clock.ts';
import { FleetError } from '../fleet/errors.ts';
import type { Inventory } from '../fleet/inventory.ts';
import type { Fleet } from '../fleet/ports.ts';
import type { HoldContext } from '../plan/holds/hold.ts';
import type { Change } from '../plan/plan.ts';
import type { Policy } from '../policy/policy.ts';
import type { AttemptLedger } from './attemptLedger.ts';
import type { KeyedMutex } from './keyedMutex.ts';
import type { OutcomeLog } from './outcome.ts';

/** What a run needs to make changes. */
export interface ExecuteContext {
  readonly policy: Policy;
  readonly fleet: Fleet;
  readonly inventory: Inventory;
  readonly attempts: AttemptLedger;
  /** Shared by all runs of the fleet: changes of one WorkSpace never overlap. */
  readonly workspaces: KeyedMutex;
  readonly isRemovedByAnother: HoldContext['isRemovedByAnother'];
  /** Asked right before each change: false once the policies changed, the process is stopping, or the run's time is up. */
  readonly mayGoOn: () => boolean;
  readonly clock: Clock;
}

/** Runs a call for a change and records its failure. Undefined if it failed. */
export async function attempt<T>(
  change: Change,
  { attempts, policy, clock }: ExecuteContext,
  outcome: OutcomeLog,
  call: () => Promise<T>,
): Promise<T | undefined> {
  try {
    return await call();
  } catch (error) {
    if (!(error instanceof FleetError)) {
      throw error;
    }
    if (error.kind !== 'Cancelled') {
      attempts.failed(change, policy, error, clock.now());
    }
    outcome.failures.push({ change, kind: error.kind, message: error.message });
    return undefined;
  }
}
