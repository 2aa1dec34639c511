import type { Clock } from '../../../src/clock.ts';
import type { AssociationID } from '../../../src/fleet/associationID.ts';
import type { AssociationErrorCode, StateReason } from '../../../src/fleet/model.ts';
import { ERROR_MESSAGES, type SimulatedAssociation } from '../../../src/simulator/lifecycle.ts';
import type { Seed } from '../../../src/simulator/seed.ts';
import type { SimulatedWorkspace } from '../../../src/simulator/simulatedResources.ts';
import { SimulatedWorkSpaces } from '../../../src/simulator/simulatedWorkspaces.ts';
import type { ActiveFaults } from '../faults.ts';
import type { MissingMember, MissingMembers } from '../schedule.ts';
import type { WorkspaceFacts } from '../selection.ts';
import type { SimulatedTime } from '../time.ts';
import { AssociationHistory } from './associationHistory.ts';

/** User name of WorkSpaces that belong to no user. */
const NO_USER = '[UNDEFINED]';
const ERROR_CODES = Object.keys(ERROR_MESSAGES) as AssociationErrorCode[];

/** WorkSpaces of an AWS account, with their history. */
export class SimulatedCloud {
  /** State of the account at the start. */
  readonly seed: Seed;
  readonly simulated: SimulatedWorkSpaces;
  /** WorkSpace of which AWS rejects every change. */
  readonly rejectsChangesOf: string | undefined;
  /** Applications of each WorkSpace at the start, which its image contains. */
  readonly initialApplications: ReadonlyMap<string, readonly string[]>;
  /** WorkSpaces with a deployment that failed or was rejected permanently. */
  readonly failedOn = new Set<string>();
  /** Clock of AWS. No fault changes it. */
  readonly clock: Clock;
  /** Members of single WorkSpaces that AWS does not report. */
  readonly missingMembers: MissingMembers;
  readonly #time: SimulatedTime;
  readonly #faults: ActiveFaults;
  readonly #history = new AssociationHistory();

  constructor(
    parts: Pick<SimulatedCloud, 'seed' | 'rejectsChangesOf' | 'missingMembers'> & {
      readonly time: SimulatedTime;
      readonly faults: ActiveFaults;
    },
  ) {
    this.seed = parts.seed;
    this.rejectsChangesOf = parts.rejectsChangesOf;
    this.missingMembers = parts.missingMembers;
    this.#time = parts.time;
    this.#faults = parts.faults;
    const { time } = parts;
    this.clock = { now: () => new Date(time.now), monotonic: () => time.elapsed, sleep: async () => {} };
    this.simulated = new SimulatedWorkSpaces({
      seed: this.seed,
      clock: this.clock,
      failureOf: (workspaceID) => this.#failureOn(workspaceID),
    });
    this.initialApplications = new Map(
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

  /** Returns a WorkSpace as AWS reports it. User-decoupled WorkSpaces have a placeholder instead of a user name. */
  factsOf(workspace: Readonly<SimulatedWorkspace>): WorkspaceFacts {
    const missing = this.missingMembers[workspace.workspaceID] ?? [];
    const known = (member: MissingMember, value: string) => (missing.includes(member) ? undefined : value);
    return {
      ...workspace,
      directoryID: known('DirectoryId', workspace.directoryID),
      bundleID: known('BundleId', workspace.bundleID),
      userName: workspace.userName === NO_USER ? undefined : known('UserName', workspace.userName),
    };
  }

  /** Records a change, so that stale reads can return the state before it. */
  changed(): void {
    this.#history.record(this.workspaces, this.#time.now);
  }

  /** Returns the associations of a WorkSpace at a time, in milliseconds since the epoch. */
  associationsAt(workspaceID: string, time: number): SimulatedAssociation[] {
    return this.#history.at(workspaceID, time);
  }

  /** Returns the states of an association since a time, in milliseconds since the epoch. */
  statesSince(id: AssociationID, time: number): (string | undefined)[] {
    return this.#history.statesBetween(id, time, this.#time.now);
  }

  /** Returns the error with which a deployment ends. Undefined if it succeeds. */
  #failureOn(workspaceID: string): StateReason | undefined {
    const code = ERROR_CODES[this.#faults.hit('DeploymentFails')?.amount ?? ERROR_CODES.length];
    if (code !== undefined) {
      this.failedOn.add(workspaceID);
    }
    return code && { errorCode: code, errorMessage: ERROR_MESSAGES[code] };
  }
}
