import type { Clock } from '../clock.ts';
import type { StateReason } from '../fleet/model.ts';
import type { Account } from './accessDenied.ts';
import { describeBundleAssociations, describeImageAssociations, describeWorkspaceBundles } from './bundles.ts';
import {
  associateWorkspaceApplication,
  type ChangeContext,
  deployWorkspaceApplications,
  disassociateWorkspaceApplication,
} from './changes.ts';
import { keepLatestCheck } from './connectionChecks.ts';
import { describeWorkspacesConnectionStatus } from './connections.ts';
import { associationActions, workspaceActions } from './consoleActions.ts';
import { unknownOperation } from './errors.ts';
import type { ConsoleAction } from './eventBus.ts';
import { enter, type LifecycleChange } from './lifecycle.ts';
import { isOperation, type OperationName } from './model.ts';
import {
  describeApplicationAssociations,
  describeApplications,
  describeTags,
  describeWorkspaceAssociations,
  describeWorkspaces,
} from './reads.ts';
import { migrateWorkspace, rebuildWorkspace, restoreWorkspace } from './recreate.ts';
import { milliseconds, type Seed } from './seed.ts';
import { createFleet, lastCheck } from './seedFleet.ts';
import type { SimulatedFleet } from './simulatedFleet.ts';
import type { SimulatedApplication, SimulatedWorkspace } from './simulatedResources.ts';
import { followState } from './software.ts';
import { simulatedResources } from './tagging.ts';
import { type JsonObject, validateInput } from './validate.ts';
import { assertOutput } from './validateOutput.ts';

/** Handler of an operation. Its input type is ensured by validation against the model. */
type Handler = (fleet: SimulatedFleet, input: never, context: ChangeContext & { account: Account }) => JsonObject;

const HANDLERS: Readonly<Record<OperationName, Handler>> = {
  DescribeWorkspaces: describeWorkspaces,
  DescribeWorkspacesConnectionStatus: (fleet, input, { now }) => describeWorkspacesConnectionStatus(fleet, input, now),
  DescribeTags: describeTags,
  GetResources: (fleet, input, { account, now }) => simulatedResources(fleet, input, account, now),
  DescribeApplications: describeApplications,
  DescribeWorkspaceAssociations: describeWorkspaceAssociations,
  DescribeApplicationAssociations: describeApplicationAssociations,
  AssociateWorkspaceApplication: associateWorkspaceApplication,
  DisassociateWorkspaceApplication: disassociateWorkspaceApplication,
  DeployWorkspaceApplications: deployWorkspaceApplications,
  DescribeWorkspaceBundles: (fleet, input, { account }) => describeWorkspaceBundles(fleet, input, account),
  DescribeBundleAssociations: describeBundleAssociations,
  DescribeImageAssociations: describeImageAssociations,
};

/** Change of a WorkSpace through the control endpoint. Times are durations, for example, `45m`, or `never`. */
export interface WorkspaceChange
  extends Partial<Pick<SimulatedWorkspace, 'state' | 'connection' | 'tags' | 'freeDiskSpaceGib'>> {
  readonly lastConnectedAgo?: string;
  /** Time of the last connection check, the last one until the connection changes again. */
  readonly connectionCheckedAgo?: string;
}

export interface SimulatedWorkSpacesOptions {
  readonly seed: Seed;
  readonly clock: Clock;
  /** Returns the error with which a deployment ends. Defaults to success. */
  readonly failureOf?: ChangeContext['failureOf'];
  /** Called after each action outside the API. Defaults to nothing. */
  readonly onAction?: (action: ConsoleAction) => void;
}

/**
 * Application associations of Amazon WorkSpaces as a state machine, without network, rate limit, and faults. The state
 * depends only on the calls and their times, so results are reproducible.
 */
export class SimulatedWorkSpaces {
  readonly #fleet: SimulatedFleet;
  readonly #seed: Seed;
  readonly #clock: Clock;
  readonly #failureOf: ChangeContext['failureOf'];
  readonly #onAction: (action: ConsoleAction) => void;

  constructor({ seed, clock, failureOf = () => undefined, onAction = () => {} }: SimulatedWorkSpacesOptions) {
    this.#onAction = onAction;
    this.#clock = clock;
    this.#seed = seed;
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
    const { durations, undocumented } = this.#seed;
    const accepted = validateInput(operation, input, undocumented);
    const now = this.#passTime();
    const context = { now, durations, undocumented, failureOf: this.#failureOf, account: this.#seed };
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
    const { software } = this.#fleet.workspace(workspaceID);
    this.#fleet.application(applicationID);
    followState(software, { applicationID, state, at: now }, this.#seed.durations.snapshots);
    this.#fleet.put(enter({ workspaceID, applicationID, state, stateReason, change }, now, this.#seed.durations));
    associationActions(workspaceID, applicationID, state).forEach(this.#onAction);
  }

  /** Removes an association and its software without a trace. */
  dropAssociation(workspaceID: string, applicationID: string): void {
    const now = this.#passTime();
    const { associations, software } = this.#fleet.workspace(workspaceID);
    associations.delete(applicationID);
    followState(software, { applicationID, state: 'REMOVED', at: now }, this.#seed.durations.snapshots);
    associationActions(workspaceID, applicationID, 'REMOVED').forEach(this.#onAction);
  }

  /**
   * Changes a WorkSpace. A `state` ends UPDATING but not the deployment, and cancels a recreation. A `connection`
   * resumes the connection checks.
   */
  setWorkspace(workspaceID: string, { lastConnectedAgo, connectionCheckedAgo, ...changes }: WorkspaceChange): void {
    const now = this.#passTime();
    const workspace = this.#fleet.workspace(workspaceID);
    const actions = workspaceActions({ ...workspace }, changes);
    keepLatestCheck(workspace, now, this.#seed.durations.connectionChecks);
    if (changes.state !== undefined) {
      workspace.deployment = undefined;
      workspace.recreation = undefined;
    }
    if (workspace.connection === 'CONNECTED' || changes.connection === 'CONNECTED') {
      workspace.lastConnected = now;
    }
    Object.assign(workspace, changes);
    workspace.wasTagged ||= Object.keys(workspace.tags).length > 0;
    if (lastConnectedAgo !== undefined) {
      workspace.lastConnected = lastConnectedAgo === 'never' ? undefined : now - milliseconds(lastConnectedAgo);
    }
    if (connectionCheckedAgo !== undefined) {
      workspace.isConnectionChecked = false;
      workspace.connectionCheck = lastCheck(connectionCheckedAgo, workspace, now);
    } else if (changes.connection !== undefined) {
      workspace.isConnectionChecked = true;
    }
    actions.forEach(this.#onAction);
  }

  /** Rebuilds a WorkSpace from its bundle. */
  rebuildWorkspace(workspaceID: string): void {
    rebuildWorkspace(this.#fleet, workspaceID, this.#passTime());
    this.#onAction({
      operation: 'RebuildWorkspaces',
      input: { RebuildWorkspaceRequests: [{ WorkspaceId: workspaceID }] },
      output: { FailedRequests: [] },
    });
  }

  /** Restores a WorkSpace from its last snapshot. Its associations stay as they are. */
  restoreWorkspace(workspaceID: string): void {
    restoreWorkspace(this.#fleet, workspaceID, this.#passTime());
    this.#onAction({ operation: 'RestoreWorkspace', input: { WorkspaceId: workspaceID } });
  }

  /** Removes a WorkSpace with its associations, as a termination does. */
  terminateWorkspace(workspaceID: string): void {
    this.#fleet.removeWorkspace(workspaceID);
    this.#onAction({
      operation: 'TerminateWorkspaces',
      input: { TerminateWorkspaceRequests: [{ WorkspaceId: workspaceID }] },
      output: { FailedRequests: [] },
    });
  }

  /**
   * Migrates a WorkSpace to a bundle, whose applications the new WorkSpace gets. Defaults to a bundle with the
   * applications of the WorkSpace, so that its associations move along.
   */
  migrateWorkspace(workspaceID: string, newID: string, bundleID?: string): void {
    const now = this.#passTime();
    if (bundleID === undefined) {
      this.#fleet.renameWorkspace(workspaceID, newID);
    } else {
      migrateWorkspace(this.#fleet, workspaceID, { workspaceID: newID, bundleID }, now);
    }
    this.#onAction({
      operation: 'MigrateWorkspace',
      input: { SourceWorkspaceId: workspaceID, ...(bundleID !== undefined && { BundleId: bundleID }) },
      output: { SourceWorkspaceId: workspaceID, TargetWorkspaceId: newID },
    });
  }

  #passTime(): number {
    const now = this.#clock.now().getTime();
    this.#fleet.passTime(now);
    return now;
  }
}
