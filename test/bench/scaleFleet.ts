import { setImmediate } from 'node:timers/promises';
import type { Clock } from '../../src/clock.ts';
import type { Application, Association, Workspace } from '../../src/fleet/model.ts';
import type { Fleet } from '../../src/fleet/ports.ts';
import { Inventory } from '../../src/inventory/inventory.ts';
import type { Policy } from '../../src/policy/policy.ts';
import { reconcile } from '../../src/reconcile.ts';
import type { Reconciliation } from '../../src/status/report.ts';
import { newContext } from '../fakeOperator.ts';
import { InstantClock } from '../fakes/clock.ts';
import { applicationID, workspaceID } from './syntheticAws.ts';

/** Size of a fleet in memory. */
export interface ScaleShape {
  readonly workspaces: number;
  /** Number of applications on each WorkSpace. */
  readonly perWorkspace: number;
  /** Number of teams. Each user name starts with the name of a team. */
  readonly teams: number;
  /** Whether AWS lists the applications. */
  readonly isListed?: boolean;
}

/** Simulated clock that yields to the event loop, as a real timer does. Its monotonic time includes the time of the machine. */
class WorkingClock extends InstantClock {
  readonly #startedAt = performance.now();

  override monotonic(): number {
    return super.monotonic() + performance.now() - this.#startedAt;
  }

  override async sleep(ms: number, signal?: AbortSignal): Promise<void> {
    await setImmediate();
    return super.sleep(ms, signal);
  }
}

/** Returns the name of the user of the n-th WorkSpace. */
export function userName(n: number, teams: number): string {
  return `team${n % teams}-user${n}`;
}

/** Returns a fleet in memory that answers listings, and no other calls. */
function readerOf({ workspaces, perWorkspace, teams, isListed = true }: ScaleShape): Fleet {
  const listed: Workspace[] = Array.from({ length: workspaces }, (_, n) => ({
    workspaceID: workspaceID(n),
    directoryID: 'd-9a67b1c4e2',
    bundleID: 'wsb-8vbljg4r6',
    userName: userName(n, teams),
    state: 'AVAILABLE',
  }));
  const applications: Application[] = Array.from({ length: isListed ? perWorkspace : 0 }, (_, n) => ({
    applicationID: applicationID(n),
    name: `Application ${n}`,
    owner: 'AMAZON',
    state: 'AVAILABLE',
  }));
  const associationsOf = (id: string): Association[] =>
    Number(id.slice(4)) >= perWorkspace
      ? []
      : listed.map((one) => ({
          workspaceID: one.workspaceID,
          applicationID: id,
          state: 'COMPLETED',
          created: new Date(1_700_000_000_000),
          lastUpdatedTime: new Date(1_700_000_000_000),
        }));
  const reader = {
    describeWorkspaces: async () => listed,
    describeApplications: async () => applications,
    describeApplicationAssociations: async (id: string) => associationsOf(id),
    getResources: async () => new Map(),
    describeTags: async () => new Map(),
    describeWorkspacesConnectionStatus: async () => [],
  };
  return reader as unknown as Fleet;
}

/** The core over a fleet in memory, without an AWS adapter, so that only its own work is measured. */
export class ScaleFleet {
  readonly clock = new WorkingClock();
  readonly #context;
  readonly #states = new Map<string, Pick<Reconciliation, 'status' | 'state'>>();

  /** @param source size of a fleet in memory, or a function that returns a fleet */
  constructor(source: ScaleShape | ((clock: Clock) => Fleet), policies: readonly Policy[]) {
    const fleet = typeof source === 'function' ? source(this.clock) : readerOf(source);
    this.#context = {
      ...newContext(fleet, new Inventory(fleet, this.clock)),
      policiesOverlapping: () => policies,
      policiesInScope: () => policies,
      mayAct: () => false,
      gracePeriodMs: 5_000,
      clock: this.clock,
      random: () => 0.5,
    };
  }

  /** Returns the status that the last run of a policy resulted in. */
  lastStatus(policy: Policy) {
    return this.#states.get(policy.key)?.status;
  }

  /** Runs a policy once, as the operator does. */
  async run(policy: Policy): Promise<Reconciliation> {
    const annotations = { reconcileRequestedAt: undefined, approval: undefined, receivedAt: this.clock.now() };
    const { status: previous, state } = this.#states.get(policy.key) ?? {};
    const result = await reconcile({ ...this.#context, policy, annotations, previous, state });
    // The operator keeps nothing else of a run.
    this.#states.set(policy.key, { status: result.status, state: result.state });
    return result;
  }
}
