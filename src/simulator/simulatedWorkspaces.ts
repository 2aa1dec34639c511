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
import { plant } from './seedFleet.ts';
import type { SimulatedApplication, SimulatedFleet, SimulatedWorkspace } from './simulatedFleet.ts';
import { simulatedResources } from './tagging.ts';
import { type JsonObject, validateInput } from './validate.ts';
import { assertOutput } from './validateOutput.ts';

/** Each takes an input of its own type, which validation against the model has ensured. */
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
  /** Decides how a deployment ends; by default it succeeds. */
  readonly failureOf?: ChangeContext['failureOf'];
}

/**
 * Amazon WorkSpaces' application associations as a state machine: no network, no rate limit, no faults. State advances by the
 * clock whenever it is looked at, so the same calls at the same times give the same answers.
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
    this.#fleet = plant(seed, clock.now().getTime());
  }

  /** Answers one call as on the wire (timestamps are epoch seconds), or throws the ServiceError that AWS would answer with. */
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

  /** The WorkSpaces as they are now, sorted by id. */
  get workspaces(): readonly Readonly<SimulatedWorkspace>[] {
    this.#passTime();
    return this.#fleet.workspaces;
  }

  /** The applications, sorted by id. */
  get applications(): readonly SimulatedApplication[] {
    return this.#fleet.applications;
  }

  /** Puts an association there as a person in a console would have, by default installed. Any state goes, also an unheard-of one. */
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

  /** Takes an association away without a trace. */
  dropAssociation(workspaceID: string, applicationID: string): void {
    this.#passTime();
    this.#fleet.workspace(workspaceID).associations.delete(applicationID);
  }

  /** Changes a WorkSpace; a `state` ends the UPDATING of a deployment, though not the deployment. */
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

  /** The WorkSpace is gone, with its associations, as after a termination or a migration. */
  terminateWorkspace(workspaceID: string): void {
    this.#fleet.removeWorkspace(workspaceID);
  }

  /** The WorkSpace goes on under another id, with its associations, as after a migration to another bundle. */
  migrateWorkspace(workspaceID: string, newId: string): void {
    this.#passTime();
    this.#fleet.renameWorkspace(workspaceID, newId);
  }

  #passTime(): number {
    const now = this.#clock.now().getTime();
    this.#fleet.passTime(now);
    return now;
  }
}
