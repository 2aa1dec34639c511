import type { Open } from '../fleet/model.ts';
import { resourceNotFound } from './errors.ts';
import { advance, deploymentEnd, type SimulatedAssociation } from './lifecycle.ts';

export interface SimulatedApplication {
  readonly applicationID: string;
  readonly name: string;
  /** AMAZON, or the ID of the owning account. */
  readonly owner: string;
  readonly state: 'AVAILABLE' | 'UNINSTALL_ONLY' | 'PENDING' | 'ERROR';
  readonly licenseType: 'LICENSED' | 'UNLICENSED';
  readonly description?: string | undefined;
  readonly supportedComputeTypeNames: readonly string[];
  readonly supportedOperatingSystemNames: readonly string[];
  /** Creation time in epoch milliseconds. */
  readonly created: number;
}

export interface SimulatedWorkspace {
  readonly workspaceID: string;
  readonly userName: string;
  readonly directoryID: string;
  readonly bundleID: string;
  readonly computerName: string;
  readonly operatingSystemName: string;
  readonly computeTypeName: string;
  readonly runningMode: string;
  state: string;
  connection: Open<'CONNECTED' | 'DISCONNECTED' | 'UNKNOWN'>;
  /** Last connection of the user in epoch milliseconds. Undefined if the user never connected. */
  lastConnected: number | undefined;
  tags: Readonly<Record<string, string>>;
  /** Current deployment, and the state to which the WorkSpace returns after UPDATING. */
  deployment: { readonly endsAt: number; readonly returnTo: string } | undefined;
  /** Associations by application ID. */
  readonly associations: Map<string, SimulatedAssociation>;
}

/** WorkSpaces and applications of an account, sorted by ID. */
export class SimulatedFleet {
  #workspaces: Map<string, SimulatedWorkspace>;
  readonly #applications: Map<string, SimulatedApplication>;
  /** IDs of WorkSpaces that change as time passes. All others are skipped. */
  readonly #transitioning = new Set<string>();

  constructor(workspaces: readonly SimulatedWorkspace[], applications: readonly SimulatedApplication[]) {
    this.#workspaces = new Map(sorted(workspaces, (workspace) => workspace.workspaceID));
    this.#applications = new Map(sorted(applications, (application) => application.applicationID));
    for (const id of this.#workspaces.keys()) {
      this.#transitioning.add(id);
    }
  }

  get workspaces(): SimulatedWorkspace[] {
    return [...this.#workspaces.values()];
  }

  get applications(): SimulatedApplication[] {
    return [...this.#applications.values()];
  }

  /** Returns a WorkSpace. Throws ResourceNotFoundException if it doesn't exist. */
  workspace(id: string): SimulatedWorkspace {
    const workspace = this.#workspaces.get(id);
    if (workspace === undefined) {
      throw resourceNotFound(id, `The WorkSpace ${id} could not be found.`);
    }
    return workspace;
  }

  /** Returns an application. Throws ResourceNotFoundException if it doesn't exist. */
  application(id: string): SimulatedApplication {
    const application = this.#applications.get(id);
    if (application === undefined) {
      throw resourceNotFound(id, `The application ${id} could not be found.`);
    }
    return application;
  }

  /** Adds or replaces an association. */
  put(association: SimulatedAssociation): SimulatedAssociation {
    this.workspace(association.workspaceID).associations.set(association.applicationID, association);
    this.#transitioning.add(association.workspaceID);
    return association;
  }

  removeWorkspace(id: string): void {
    this.workspace(id);
    this.#workspaces.delete(id);
  }

  renameWorkspace(id: string, newID: string): void {
    const { associations, ...workspace } = this.workspace(id);
    const moved = [...associations.values()].map((association) => ({ ...association, workspaceID: newID }));
    const renamed = {
      ...workspace,
      workspaceID: newID,
      associations: new Map(moved.map((association) => [association.applicationID, association])),
    };
    this.removeWorkspace(id);
    this.#workspaces = new Map(sorted([...this.#workspaces.values(), renamed], ({ workspaceID }) => workspaceID));
    this.#transitioning.add(newID);
  }

  /** Applies all changes up to a time in epoch milliseconds. */
  passTime(now: number): void {
    for (const id of this.#transitioning) {
      const workspace = this.#workspaces.get(id);
      if (workspace === undefined || !advanceWorkspace(workspace, now)) {
        this.#transitioning.delete(id);
      }
    }
  }
}

/** Sets a WorkSpace to UPDATING until all its deployments have ended. */
export function beginUpdating(workspace: SimulatedWorkspace): void {
  const ends = [...workspace.associations.values()].flatMap((association) => deploymentEnd(association) ?? []);
  if (ends.length === 0) {
    return;
  }
  const returnTo = workspace.deployment?.returnTo ?? workspace.state;
  workspace.deployment = { endsAt: Math.max(...ends), returnTo };
  workspace.state = 'UPDATING';
}

/** Advances a WorkSpace. Returns whether it will change further. */
function advanceWorkspace(workspace: SimulatedWorkspace, now: number): boolean {
  let isTransitioning = false;
  for (const [applicationID, association] of workspace.associations) {
    const current = advance(association, now);
    if (current === undefined) {
      workspace.associations.delete(applicationID);
    } else {
      workspace.associations.set(applicationID, current);
    }
    isTransitioning ||= (current?.upcoming.length ?? 0) > 0;
  }
  const { deployment } = workspace;
  if (deployment !== undefined && deployment.endsAt <= now) {
    workspace.state = deployment.returnTo;
    workspace.deployment = undefined;
  }
  return isTransitioning || workspace.deployment !== undefined;
}

/** Sorts by ID in code unit order, which is the same on every machine. */
function sorted<Item>(items: readonly Item[], idOf: (item: Item) => string): [string, Item][] {
  return items.map((item): [string, Item] => [idOf(item), item]).sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
}
