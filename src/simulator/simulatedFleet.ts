import type { Open } from '../fleet/model.ts';
import { resourceNotFound } from './errors.ts';
import { advance, deploymentEnd, type SimulatedAssociation } from './lifecycle.ts';

export interface SimulatedApplication {
  readonly applicationID: string;
  readonly name: string;
  /** AMAZON, or the id of the account that owns it. */
  readonly owner: string;
  readonly state: 'AVAILABLE' | 'UNINSTALL_ONLY' | 'PENDING' | 'ERROR';
  readonly licenseType: 'LICENSED' | 'UNLICENSED';
  readonly description?: string | undefined;
  readonly supportedComputeTypeNames: readonly string[];
  readonly supportedOperatingSystemNames: readonly string[];
  /** Epoch milliseconds. */
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
  /** When its user was last connected, in epoch milliseconds; undefined if they never were. */
  lastConnected: number | undefined;
  tags: Readonly<Record<string, string>>;
  /** The deployment that keeps it UPDATING, and the state that it returns to. */
  deployment: { readonly endsAt: number; readonly returnTo: string } | undefined;
  /** By application id. */
  readonly associations: Map<string, SimulatedAssociation>;
}

/** The WorkSpaces and applications of an account, each sorted by id, as time has left them. */
export class SimulatedFleet {
  #workspaces: Map<string, SimulatedWorkspace>;
  readonly #applications: Map<string, SimulatedApplication>;
  /** Ids of the WorkSpaces in which something will change by time alone; the others need no look. */
  readonly #moving = new Set<string>();

  constructor(workspaces: readonly SimulatedWorkspace[], applications: readonly SimulatedApplication[]) {
    this.#workspaces = new Map(sorted(workspaces, (workspace) => workspace.workspaceID));
    this.#applications = new Map(sorted(applications, (application) => application.applicationID));
    for (const id of this.#workspaces.keys()) {
      this.#moving.add(id);
    }
  }

  get workspaces(): SimulatedWorkspace[] {
    return [...this.#workspaces.values()];
  }

  get applications(): SimulatedApplication[] {
    return [...this.#applications.values()];
  }

  /** Throws ResourceNotFoundException if there is none. */
  workspace(id: string): SimulatedWorkspace {
    const workspace = this.#workspaces.get(id);
    if (workspace === undefined) {
      throw resourceNotFound(id, `The WorkSpace ${id} could not be found.`);
    }
    return workspace;
  }

  /** Throws ResourceNotFoundException if there is none. */
  application(id: string): SimulatedApplication {
    const application = this.#applications.get(id);
    if (application === undefined) {
      throw resourceNotFound(id, `The application ${id} could not be found.`);
    }
    return application;
  }

  /** Puts an association in place of the one that the WorkSpace has of that application. */
  put(association: SimulatedAssociation): SimulatedAssociation {
    this.workspace(association.workspaceID).associations.set(association.applicationID, association);
    this.#moving.add(association.workspaceID);
    return association;
  }

  removeWorkspace(id: string): void {
    this.workspace(id);
    this.#workspaces.delete(id);
  }

  renameWorkspace(id: string, newId: string): void {
    const { associations, ...workspace } = this.workspace(id);
    const moved = [...associations.values()].map((one) => ({ ...one, workspaceID: newId }));
    const renamed = {
      ...workspace,
      workspaceID: newId,
      associations: new Map(moved.map((one) => [one.applicationID, one])),
    };
    this.removeWorkspace(id);
    this.#workspaces = new Map(sorted([...this.#workspaces.values(), renamed], ({ workspaceID }) => workspaceID));
    this.#moving.add(newId);
  }

  /** Lets everything happen that time has brought by `now`, in epoch milliseconds. */
  passTime(now: number): void {
    for (const id of this.#moving) {
      const workspace = this.#workspaces.get(id);
      if (workspace === undefined || !settle(workspace, now)) {
        this.#moving.delete(id);
      }
    }
  }
}

/** A WorkSpace is UPDATING until all deployments in it have ended. */
export function beginUpdating(workspace: SimulatedWorkspace): void {
  const ends = [...workspace.associations.values()].flatMap((association) => deploymentEnd(association) ?? []);
  if (ends.length === 0) {
    return;
  }
  const returnTo = workspace.deployment?.returnTo ?? workspace.state;
  workspace.deployment = { endsAt: Math.max(...ends), returnTo };
  workspace.state = 'UPDATING';
}

/** Returns whether more will change in it by time alone. */
function settle(workspace: SimulatedWorkspace, now: number): boolean {
  let isTransitioning = false;
  for (const [applicationID, association] of workspace.associations) {
    const current = advance(association, now);
    if (current === undefined) {
      workspace.associations.delete(applicationID);
    } else {
      workspace.associations.set(applicationID, current);
    }
    isTransitioning ||= (current?.ahead.length ?? 0) > 0;
  }
  const { deployment } = workspace;
  if (deployment !== undefined && deployment.endsAt <= now) {
    workspace.state = deployment.returnTo;
    workspace.deployment = undefined;
  }
  return isTransitioning || workspace.deployment !== undefined;
}

/** Ids are compared by code unit: the same order on every machine. */
function sorted<Item>(items: readonly Item[], idOf: (item: Item) => string): [string, Item][] {
  return items.map((item): [string, Item] => [idOf(item), item]).sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
}
