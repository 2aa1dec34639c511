import type { Clock } from '../clock.ts';
import type { StateReason } from '../fleet/model.ts';
import type { Account } from './accessDenied.ts';
import {
  associateWorkspaceApplication,
  type ChangeContext,
  deployWorkspaceApplications,
  disassociateWorkspaceApplication,
} from './changes.ts';
import { unknownOperation } from './errors.ts';
import { type Durations, enter, type LifecycleChange } from './lifecycle.ts';
import { isOperation, type OperationName } from './model.ts';
import {
  describeApplicationAssociations,
  describeApplications,
  describeTags,
  describeWorkspaceAssociations,
  describeWorkspaces,
  describeWorkspacesConnectionStatus,
} from './reads.ts';
import type { Seed } from './seed.ts';
import { createFleet } from './seedFleet.ts';
import type { SimulatedApplication, SimulatedFleet, SimulatedWorkspace } from './simulatedFleet.ts';
import { simulatedResources } from './tagging.ts';
import { type JsonObject, validateInput } from './validate.ts';
import { assertOutput } from './validateOutput.ts';

/** Handler of an operation. Its input type is ensured by validation against the model. */
type Handler = (fleet: SimulatedFleet, input: never, context: ChangeContext & { account: Account }) => JsonObject;

const HANDLERS: Readonly<Record<OperationName, Handler>> = {
  DescribeWorkspaces: describeWorkspaces,
  DescribeWorkspacesConnectionStatus: (fleet, input, { now }) => describeWorkspacesConnectionStatus(fleet, input, now),
  DescribeTags: describeTags,
  GetResources: (fleet, input, { account }) => simulatedResources(fleet, input, account),
  DescribeApplications: describeApplications,
  DescribeWorkspaceAssociations: describeWorkspaceAssociations,
  DescribeApplicationAssociations: describeApplicationAssociations,
  AssociateWorkspaceApplication: associateWorkspaceApplication,
  DisassociateWorkspaceApplication: disassociateWorkspaceApplication,
  DeployWorkspaceApplications: deployWorkspaceApplications,
};

export interface SimulatedWorkSpacesOptions {
  readonly seed: Seed;
  readonly clock: Clock;
  /** Returns the error with which a deployment ends. Defaults to success. */
  readonly failureOf?: ChangeContext['failureOf'];
}

/**
 * Application associations of Amazon WorkSpaces as a state machine, without network, rate limit, and faults. The state
 * depends only on the calls and their times, so results are reproducible.
 */
export class SimulatedWorkSpaces {
  readonly #fleet: SimulatedFleet;
  readonly #durations: Durations;
  readonly #account: Account;
  readonly #clock: Clock;
  readonly #failureOf: ChangeContext['failureOf'];

  constructor({ seed, clock, failureOf = () => undefined }: SimulatedWorkSpacesOptions) {
    this.#clock = clock;
    this.#durations = seed.durations;
    this.#account = seed;
    this.#failureOf = failureOf;
    this.#fleet = createFleet(seed, clock.now().getTime());
  }

  /**
   * Processes one call in the wire format (timestamps in epoch seconds). Throws the ServiceError that AWS would return.
   */
  call(operation: string, input: unknown): JsonObject {
    if (!isOperation(operation)) {
      throw unknownOperation(operation);
    }
    const accepted = validateInput(operation, input);
    const now = this.#passTime();
    const context = { now, durations: this.#durations, failureOf: this.#failureOf, account: this.#account };
    const output = HANDLERS[operation](this.#fleet, accepted as never, context);
    assertOutput(operation, output);
    return output;
  }

  /** Current WorkSpaces, sorted by ID. */
  get workspaces(): readonly Readonly<SimulatedWorkspace>[] {
    this.#passTime();
    return this.#fleet.workspaces;
  }

  /** Applications, sorted by ID. */
  get applications(): readonly SimulatedApplication[] {
    return this.#fleet.applications;
  }

  /** Sets an association as a console user would. Defaults to installed. Any state is valid, even an unknown one. */
  putAssociation(
    workspaceID: string,
    applicationID: string,
    {
      state = 'COMPLETED',
      stateReason,
      change,
    }: { state?: string; stateReason?: StateReason; change?: LifecycleChange } = {},
  ): void {
    const now = this.#passTime();
    this.#fleet.workspace(workspaceID);
    this.#fleet.application(applicationID);
    this.#fleet.put(enter({ workspaceID, applicationID, state, stateReason, change }, now, this.#durations));
  }

  /** Removes an association without a trace. */
  dropAssociation(workspaceID: string, applicationID: string): void {
    this.#passTime();
    this.#fleet.workspace(workspaceID).associations.delete(applicationID);
  }

  /** Changes a WorkSpace. A `state` ends UPDATING but not the deployment. */
  setWorkspace(workspaceID: string, changes: Partial<Pick<SimulatedWorkspace, 'state' | 'connection' | 'tags'>>): void {
    const now = this.#passTime();
    const workspace = this.#fleet.workspace(workspaceID);
    if (changes.state !== undefined) {
      workspace.deployment = undefined;
    }
    if (workspace.connection === 'CONNECTED' || changes.connection === 'CONNECTED') {
      workspace.lastConnected = now;
    }
    Object.assign(workspace, changes);
  }

  /** Removes a WorkSpace with its associations, as a termination does. */
  terminateWorkspace(workspaceID: string): void {
    this.#fleet.removeWorkspace(workspaceID);
  }

  /** Moves a WorkSpace with its associations to a new ID, as a migration to another bundle does. */
  migrateWorkspace(workspaceID: string, newID: string): void {
    this.#passTime();
    this.#fleet.renameWorkspace(workspaceID, newID);
  }

  #passTime(): number {
    const now = this.#clock.now().getTime();
    this.#fleet.passTime(now);
    return now;
  }
}
