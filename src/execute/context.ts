import type { Clock } from '../clock.ts';
import { FleetError } from '../fleet/errors.ts';
import type { Inventory } from '../fleet/inventory.ts';
import type { Fleet, MaySend } from '../fleet/ports.ts';
import type { DeployedByAnother } from '../plan/deployment.ts';
import type { Change } from '../plan/plan.ts';
import type { Judge } from '../plan/verdict.ts';
import type { Policy } from '../policy/policy.ts';
import type { Failures } from './failures.ts';
import type { Allowance, HourlyDisassociations } from './hourlyDisassociations.ts';
import type { KeyedMutex } from './keyedMutex.ts';
import { mayHaveHappened } from './lostAnswer.ts';
import type { OutcomeLog } from './outcome.ts';
import type { Removals } from './removals.ts';
import type { Repetitions } from './repetitions.ts';
import type { Settling } from './settling.ts';

/** Which fleet of which AWS account and region. */
export interface FleetLocation {
  /** Of the WorkspaceFleet; undefined: the operator's own AWS settings. */
  readonly name: string | undefined;
  readonly accountID: string;
  readonly region: string;
}

/** A fleet, and what all who change it share. */
export interface FleetContext {
  /** Which one it is. */
  readonly at: FleetLocation;
  readonly fleet: Fleet;
  readonly inventory: Inventory;
  readonly attempts: Failures;
  readonly repeated: Repetitions;
  readonly removals: Removals;
  readonly settling: Settling;
  readonly hourly: HourlyDisassociations;
  /** Shared by all runs of the fleet: changes of one WorkSpace never overlap. */
  readonly workspaces: KeyedMutex;
}

/** What a run needs to make changes. */
export interface ExecuteContext extends FleetContext {
  readonly policy: Policy;
  /** Those with a say in what it does, itself included. */
  readonly policies: readonly Policy[];
  /** What the policies say of a WorkSpace as it is now. */
  readonly judge: Judge;
  readonly isDeployedByAnother: DeployedByAnother;
  /** Whether the plan still stands: false once a policy changed, or the process has to leave the fleet alone. */
  readonly stands: () => boolean;
  /** The disassociations that the run may make. */
  readonly allowance: Allowance;
  /** Whether the run has time for another change. */
  readonly hasTime: () => boolean;
  readonly clock: Clock;
}

/** How old the read that a change rests on may be when the change is sent, in milliseconds. */
const FRESH = 60_000;

/** Leave to send a change that rests on what is read from now on: a read may have to wait for others. */
export function leaveToSend({ stands, clock }: ExecuteContext): MaySend {
  const readFrom = clock.monotonic();
  return () => stands() && clock.monotonic() - readFrom < FRESH;
}

/** Runs a call for changes and records its failure. Undefined if it failed. */
export async function attempt<T>(
  changes: readonly Change[],
  { attempts, policy, clock, stands }: ExecuteContext,
  outcome: OutcomeLog,
  call: () => Promise<T>,
): Promise<T | undefined> {
  try {
    return await call();
  } catch (error) {
    if (!(error instanceof FleetError)) {
      throw error;
    }
    if (error.kind === 'Cancelled') {
      outcome.interrupted ||= !stands();
      return undefined;
    }
    for (const change of changes) {
      attempts.failed(change, policy, error, clock.now());
    }
    outcome.failures.push(...changes.slice(0, 1).map((change) => ({ change, error })));
    return undefined;
  }
}

/** Sends a change. Unless AWS refused to look at it, it counts as sent: `takeBack` is called if it did. */
export async function send<T>(takeBack: () => void, call: () => Promise<T>): Promise<T> {
  try {
    return await call();
  } catch (error) {
    if (!(error instanceof FleetError && mayHaveHappened(error))) {
      takeBack();
    }
    throw error;
  }
}
