import { compareBy } from '../../src/compare.ts';
import type {
  Application,
  Association,
  Bundle,
  StateReason,
  Workspace,
  WorkspaceConnection,
} from '../../src/fleet/model.ts';

export interface FakeFleetSeed {
  readonly workspaces?: readonly Workspace[];
  readonly applications?: readonly Application[];
  readonly associations?: readonly Association[];
  /** Tags by WorkSpace ID. */
  readonly tags?: Readonly<Record<string, Readonly<Record<string, string>>>>;
  readonly connections?: readonly WorkspaceConnection[];
  readonly bundles?: readonly FakeBundle[];
  /** IDs of the applications by image ID. */
  readonly images?: Readonly<Record<string, readonly string[]>>;
}

/** Bundle with the IDs of its applications. */
export interface FakeBundle extends Bundle {
  readonly applications: readonly string[];
}

/** Next states during a deployment. A final state has none. */
const NEXT: Readonly<Record<string, string>> = {
  PENDING_UNINSTALL: 'UNINSTALLING',
  UNINSTALLING: 'REMOVED',
  PENDING_INSTALL: 'INSTALLING',
  INSTALLING: 'COMPLETED',
};

/**
 * The state of a fake fleet, which tests can change at any time. Deployments continue only with `advance` or `finishDeployments`. A REMOVED
 * association stays listed until `drop`.
 */
export class FleetState {
  /** Bundles and images, which tests can replace. */
  bundles: readonly FakeBundle[];
  images: ReadonlyMap<string, readonly string[]>;
  readonly #workspaces = new Map<string, Workspace>();
  readonly #applications = new Map<string, Application>();
  readonly #associations = new Map<string, Association>();
  /** States of WorkSpaces before they were UPDATING. */
  readonly #stateBefore = new Map<string, string | undefined>();
  readonly #failures = new Map<string, StateReason>();
  readonly #tags = new Map<string, ReadonlyMap<string, string>>();
  readonly #connections = new Map<string, WorkspaceConnection | undefined>();
  /** Whether each change of a state updates `lastUpdatedTime`. Most tests don't need the times. */
  reportsUpdates = false;
  /** Clock of AWS, which checks each connection when it is read. */
  clock: { now(): Date } = { now: () => new Date('2026-01-05T10:00:00Z') };
  /** Associations in ERROR with a failed installation. The others have a failed removal. */
  readonly #failedInstalls = new Set<string>();

  constructor({
    workspaces = [],
    applications = [],
    associations = [],
    tags = {},
    connections = [],
    bundles = [],
    images = {},
  }: FakeFleetSeed) {
    this.bundles = bundles;
    this.images = new Map(Object.entries(images));
    for (const workspace of workspaces) {
      this.putWorkspace(workspace);
    }
    for (const application of applications) {
      this.#applications.set(application.applicationID, application);
    }
    for (const association of associations) {
      this.put(association);
    }
    for (const [workspaceID, record] of Object.entries(tags)) {
      this.putTags(workspaceID, record);
    }
    for (const connection of connections) {
      this.putConnection(connection);
    }
  }

  /** Sorted by ID. */
  get workspaces(): Workspace[] {
    return sorted(this.#workspaces);
  }
  /** Sorted by ID. */
  get applications(): Application[] {
    return sorted(this.#applications);
  }
  /** Sorted by WorkSpace, then by application. */
  get associations(): Association[] {
    return sorted(this.#associations);
  }

  workspace(workspaceID: string): Workspace | undefined {
    return this.#workspaces.get(workspaceID);
  }

  association(workspaceID: string, applicationID: string): Association | undefined {
    return this.#associations.get(key({ workspaceID, applicationID }));
  }

  /** Returns the state of an association, or undefined if there is none. */
  stateOf(workspaceID: string, applicationID: string): string | undefined {
    return this.association(workspaceID, applicationID)?.state;
  }

  tagsOf(workspaceID: string): ReadonlyMap<string, string> {
    return this.#tags.get(workspaceID) ?? new Map();
  }

  /** Returns the connection of a WorkSpace. By default, no user is or was connected. Undefined if there is none. */
  connectionOf(workspaceID: string): WorkspaceConnection | undefined {
    const workspace = this.workspace(workspaceID);
    const connectionState = workspace?.state === 'STOPPED' ? 'UNKNOWN' : 'DISCONNECTED';
    const connectionStateCheckTimestamp = this.clock.now();
    if (this.#connections.has(workspaceID) && this.#connections.get(workspaceID) === undefined) {
      return undefined;
    }
    return (
      workspace && {
        workspaceID,
        connectionState,
        connectionStateCheckTimestamp,
        ...this.#connections.get(workspaceID),
      }
    );
  }

  /** Replaces the tags of a WorkSpace. */
  putTags(workspaceID: string, tags: Readonly<Record<string, string>>): void {
    this.#tags.set(workspaceID, new Map(Object.entries(tags)));
  }

  /** Replaces the connection of a WorkSpace. */
  putConnection(connection: WorkspaceConnection): void {
    this.#connections.set(connection.workspaceID, connection);
  }

  /** Removes the connection of a WorkSpace, as if AWS had never checked it. */
  omitConnection(workspaceID: string): void {
    this.#connections.set(workspaceID, undefined);
  }

  /** Adds or replaces a WorkSpace. */
  removeWorkspace(workspaceID: string): void {
    this.#workspaces.delete(workspaceID);
  }

  putWorkspace(workspace: Workspace): void {
    this.#workspaces.set(workspace.workspaceID, workspace);
  }

  /** Adds or replaces an association. Returns it. */
  put(association: Association): Association {
    const isChanged = this.#associations.get(key(association))?.state !== association.state;
    const updated =
      this.reportsUpdates && isChanged ? { ...association, lastUpdatedTime: this.clock.now() } : association;
    this.#associations.set(key(association), updated);
    return updated;
  }

  /** Deletes an association. */
  drop(workspaceID: string, applicationID: string): void {
    this.#associations.delete(key({ workspaceID, applicationID }));
  }

  /** Removes a WorkSpace with its associations. */
  terminate(workspaceID: string): void {
    for (const association of this.associations) {
      if (association.workspaceID === workspaceID) {
        this.drop(workspaceID, association.applicationID);
      }
    }
    this.#workspaces.delete(workspaceID);
  }

  /** Starts a deployment of associations. Their WorkSpace is UPDATING until it ends. Returns the new associations. */
  beginDeployment(workspace: Workspace, associations: readonly Association[]): Association[] {
    this.#stateBefore.set(workspace.workspaceID, workspace.state);
    this.putWorkspace({ ...workspace, state: 'UPDATING' });
    return associations.map((association) => {
      const isInstall =
        association.state === 'PENDING_INSTALL_DEPLOYMENT' ||
        (association.state === 'ERROR' && this.#failedInstalls.has(key(association)));
      const state = isInstall ? 'PENDING_INSTALL' : 'PENDING_UNINSTALL';
      return this.put({ ...association, state, stateReason: undefined });
    });
  }

  /** Makes all later deployments of an association end in ERROR. */
  failDeployments(workspaceID: string, applicationID: string, stateReason: StateReason): void {
    this.#failures.set(key({ workspaceID, applicationID }), stateReason);
  }

  /** Continues each deployment by one step. When all deployments of a WorkSpace end, restores its previous state. */
  advance(): void {
    for (const association of this.associations.filter(isDeploying)) {
      const state = NEXT[association.state ?? ''] ?? '';
      const failure = state in NEXT ? undefined : this.#failures.get(key(association));
      if (failure !== undefined && association.state === 'INSTALLING') {
        this.#failedInstalls.add(key(association));
      }
      if (failure !== undefined && association.state === 'UNINSTALLING') {
        this.#failedInstalls.delete(key(association));
      }
      this.put({ ...association, state: failure === undefined ? state : 'ERROR', stateReason: failure });
    }
    const deploying = new Set(this.associations.filter(isDeploying).map(({ workspaceID }) => workspaceID));
    for (const [workspaceID, state] of [...this.#stateBefore]) {
      if (deploying.has(workspaceID)) {
        continue;
      }
      this.#stateBefore.delete(workspaceID);
      const workspace = this.workspace(workspaceID);
      if (workspace?.state === 'UPDATING') {
        this.putWorkspace({ ...workspace, state });
      }
    }
  }

  /** Completes all deployments. */
  finishDeployments(): void {
    while (this.associations.some(isDeploying)) {
      this.advance();
    }
  }
}

function isDeploying({ state }: Association): boolean {
  return state !== undefined && state in NEXT;
}

function key({ workspaceID, applicationID }: Pick<Association, 'workspaceID' | 'applicationID'>): string {
  return `${workspaceID}/${applicationID}`;
}

function sorted<T>(items: ReadonlyMap<string, T>): T[] {
  return [...items].sort(compareBy(([key]) => key)).map(([, item]) => item);
}
