import { compareBy } from '../../src/compare.ts';
import type { Application, Association, StateReason, Workspace, WorkspaceConnection } from '../../src/fleet/model.ts';

export interface FakeFleetSeed {
  readonly workspaces?: readonly Workspace[];
  readonly applications?: readonly Application[];
  readonly associations?: readonly Association[];
  /** By WorkSpace. */
  readonly tags?: Readonly<Record<string, Readonly<Record<string, string>>>>;
  readonly connections?: readonly WorkspaceConnection[];
}

/** What a deployment does next; where it ends, there is no next. */
const NEXT: Readonly<Record<string, string>> = {
  PENDING_UNINSTALL: 'UNINSTALLING',
  UNINSTALLING: 'REMOVED',
  PENDING_INSTALL: 'INSTALLING',
  INSTALLING: 'COMPLETED',
};

/**
 * What a fake fleet holds, and how others change it: what a test may do at any time. Deployments go on only by `advance` or
 * `finishDeployments`; what is REMOVED stays listed until `drop`.
 */
export class FleetState {
  readonly #workspaces = new Map<string, Workspace>();
  readonly #applications = new Map<string, Application>();
  readonly #associations = new Map<string, Association>();
  /** The states to which WorkSpaces that are UPDATING go back. */
  readonly #stateBefore = new Map<string, string | undefined>();
  readonly #failures = new Map<string, StateReason>();
  readonly #tags = new Map<string, ReadonlyMap<string, string>>();
  readonly #connections = new Map<string, WorkspaceConnection>();
  /** Associations in ERROR whose install it was that failed; of others it was the uninstall. */
  readonly #failedInstalls = new Set<string>();

  constructor({ workspaces = [], applications = [], associations = [], tags = {}, connections = [] }: FakeFleetSeed) {
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

  /** All of each, sorted by id. */
  get workspaces(): Workspace[] {
    return sorted(this.#workspaces);
  }
  get applications(): Application[] {
    return sorted(this.#applications);
  }
  get associations(): Association[] {
    return sorted(this.#associations);
  }

  workspace(workspaceID: string): Workspace | undefined {
    return this.#workspaces.get(workspaceID);
  }

  association(workspaceID: string, applicationID: string): Association | undefined {
    return this.#associations.get(key({ workspaceID, applicationID }));
  }

  tagsOf(workspaceID: string): ReadonlyMap<string, string> {
    return this.#tags.get(workspaceID) ?? new Map();
  }

  /** Without another word nobody is connected, nor ever was; AWS says nothing of a WorkSpace that isn't there. */
  connectionOf(workspaceID: string): WorkspaceConnection | undefined {
    const workspace = this.workspace(workspaceID);
    const connectionState = workspace?.state === 'STOPPED' ? 'UNKNOWN' : 'DISCONNECTED';
    return workspace && { workspaceID, connectionState, ...this.#connections.get(workspaceID) };
  }

  /** Replaces the tags of a WorkSpace. */
  putTags(workspaceID: string, tags: Readonly<Record<string, string>>): void {
    this.#tags.set(workspaceID, new Map(Object.entries(tags)));
  }

  /** Says who is connected to a WorkSpace. */
  putConnection(connection: WorkspaceConnection): void {
    this.#connections.set(connection.workspaceID, connection);
  }

  /** Adds or replaces a WorkSpace. */
  putWorkspace(workspace: Workspace): void {
    this.#workspaces.set(workspace.workspaceID, workspace);
  }

  /** Adds or replaces an association; returns it. */
  put(association: Association): Association {
    this.#associations.set(key(association), association);
    return association;
  }

  /** Removes an association without a trace. */
  drop(workspaceID: string, applicationID: string): void {
    this.#associations.delete(key({ workspaceID, applicationID }));
  }

  /** Removes a WorkSpace with its associations. */
  terminate(workspaceID: string): void {
    for (const one of this.associations) {
      if (one.workspaceID === workspaceID) {
        this.drop(workspaceID, one.applicationID);
      }
    }
    this.#workspaces.delete(workspaceID);
  }

  /** A deployment of these associations begins; their WorkSpace is UPDATING until it ends. Returns them as they are then. */
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

  /** The deployments of this association end in ERROR from now on. */
  failDeployments(workspaceID: string, applicationID: string, stateReason: StateReason): void {
    this.#failures.set(key({ workspaceID, applicationID }), stateReason);
  }

  /** Each deployment takes its next step; a WorkSpace of which none is left goes back to the state it had. */
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
    const intents = new Set(this.associations.filter(isDeploying).map(({ workspaceID }) => workspaceID));
    for (const [workspaceID, state] of [...this.#stateBefore]) {
      if (intents.has(workspaceID)) {
        continue;
      }
      this.#stateBefore.delete(workspaceID);
      const workspace = this.workspace(workspaceID);
      if (workspace?.state === 'UPDATING') {
        this.putWorkspace({ ...workspace, state });
      }
    }
  }

  /** Every deployment runs to its end. */
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
