import type { Clock } from '../../../src/clock.ts';
import type { AssociationErrorCode, StateReason } from '../../../src/fleet/model.ts';
import { ERROR_MESSAGES, type SimulatedAssociation } from '../../../src/simulator/lifecycle.ts';
import type { Seed } from '../../../src/simulator/seed.ts';
import type { SimulatedWorkspace } from '../../../src/simulator/simulatedFleet.ts';
import { SimulatedWorkSpaces } from '../../../src/simulator/simulatedWorkspaces.ts';
import type { ActiveFaults } from '../faults.ts';
import type { SimulatedTime } from '../time.ts';
import { AssociationHistory } from './associationHistory.ts';

const ERROR_CODES = Object.keys(ERROR_MESSAGES) as AssociationErrorCode[];

/** The WorkSpaces of an AWS account: the simulator's, as they are and as they were. */
export class SimulatedCloud {
  /** What the account held at the beginning. */
  readonly seed: Seed;
  readonly simulated: SimulatedWorkSpaces;
  /** A WorkSpace on which AWS refuses every change. */
  readonly refuses: string | undefined;
  /** What each WorkSpace had at the beginning: its image has it. */
  readonly firstHad: ReadonlyMap<string, readonly string[]>;
  /** WorkSpaces on which a deployment has failed. */
  readonly failedOn = new Set<string>();
  /** AWS's own, which nobody sets and by which nobody waits. */
  readonly clock: Clock;
  readonly #time: SimulatedTime;
  readonly #faults: ActiveFaults;
  readonly #history = new AssociationHistory();

  constructor(
    parts: Pick<SimulatedCloud, 'seed' | 'refuses'> & {
      readonly time: SimulatedTime;
      readonly faults: ActiveFaults;
    },
  ) {
    this.seed = parts.seed;
    this.refuses = parts.refuses;
    this.#time = parts.time;
    this.#faults = parts.faults;
    const { time } = parts;
    this.clock = { now: () => new Date(time.now), monotonic: () => time.elapsed, sleep: async () => {} };
    this.simulated = new SimulatedWorkSpaces({
      seed: this.seed,
      clock: this.clock,
      failureOf: (workspaceID) => this.#failureOn(workspaceID),
    });
    this.firstHad = new Map(
      this.workspaces.map(({ workspaceID, associations }) => [workspaceID, [...associations.keys()]]),
    );
    this.changed();
  }

  get workspaces(): readonly Readonly<SimulatedWorkspace>[] {
    return this.simulated.workspaces;
  }

  get accountID(): string {
    return this.seed.accountID;
  }

  workspace(id: string): Readonly<SimulatedWorkspace> | undefined {
    return this.workspaces.find(({ workspaceID }) => workspaceID === id);
  }

  /** Somebody has changed something: from now on reads may lag behind it. */
  changed(): void {
    this.#history.record(this.workspaces, this.#time.now);
  }

  /** How a WorkSpace's associations were at a time, in milliseconds since the epoch. */
  associationsAt(workspaceID: string, time: number): SimulatedAssociation[] {
    return this.#history.at(workspaceID, time);
  }

  /** How a deployment of an association will end; undefined: well. */
  #failureOn(workspaceID: string): StateReason | undefined {
    const code = ERROR_CODES[this.#faults.strikes('DeploymentFails')?.amount ?? ERROR_CODES.length];
    if (code !== undefined) {
      this.failedOn.add(workspaceID);
    }
    return code && { errorCode: code, errorMessage: ERROR_MESSAGES[code] };
  }
}
