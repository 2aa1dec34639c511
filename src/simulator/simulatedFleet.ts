import { advanceWorkspace } from './advanceWorkspace.ts';
import { resourceNotFound } from './errors.ts';
import type { Durations, SimulatedAssociation } from './lifecycle.ts';
import type {
  Recreation,
  SimulatedApplication,
  SimulatedBundle,
  SimulatedImage,
  SimulatedWorkspace,
} from './simulatedResources.ts';

/** Contents of an account. */
export interface FleetContents {
  readonly workspaces: readonly SimulatedWorkspace[];
  readonly applications: readonly SimulatedApplication[];
  readonly bundles: readonly SimulatedBundle[];
  readonly images: readonly SimulatedImage[];
}

/** WorkSpaces, applications, bundles, and images of an account, sorted by ID. */
export class SimulatedFleet {
  #workspaces: Map<string, SimulatedWorkspace>;
  readonly #applications: Map<string, SimulatedApplication>;
  /** IDs of WorkSpaces that change as time passes. All others are skipped. */
  readonly #transitioning = new Set<string>();

  readonly #bundles: ReadonlyMap<string, SimulatedBundle>;
  readonly #images: ReadonlyMap<string, SimulatedImage>;
  readonly durations: Durations;

  constructor({ workspaces, applications, bundles, images }: FleetContents, durations: Durations) {
    this.durations = durations;
    this.#workspaces = new Map(sorted(workspaces, (workspace) => workspace.workspaceID));
    this.#applications = new Map(sorted(applications, (application) => application.applicationID));
    this.#bundles = new Map(sorted(bundles, ({ bundleID }) => bundleID));
    this.#images = new Map(sorted(images, ({ imageID }) => imageID));
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

  get bundles(): SimulatedBundle[] {
    return [...this.#bundles.values()];
  }

  get images(): SimulatedImage[] {
    return [...this.#images.values()];
  }

  /** Returns a bundle. Throws ResourceNotFoundException if it doesn't exist. */
  bundle(id: string): SimulatedBundle {
    const bundle = this.#bundles.get(id);
    if (bundle === undefined) {
      throw resourceNotFound(id, `The bundle ${id} could not be found.`);
    }
    return bundle;
  }

  /** Returns an image. Throws ResourceNotFoundException if it doesn't exist. */
  image(id: string): SimulatedImage {
    const image = this.#images.get(id);
    if (image === undefined) {
      throw resourceNotFound(id, `The image ${id} could not be found.`);
    }
    return image;
  }

  /** Returns the name of an application, or its ID if the account doesn't have it. */
  nameOf(applicationID: string): string {
    return this.#applications.get(applicationID)?.name ?? applicationID;
  }

  /** Adds or replaces an association. The software changes only when a deployment ends. */
  put(association: SimulatedAssociation): SimulatedAssociation {
    this.workspace(association.workspaceID).associations.set(association.applicationID, association);
    this.#transitioning.add(association.workspaceID);
    return association;
  }

  removeWorkspace(id: string): void {
    this.workspace(id);
    this.#workspaces.delete(id);
  }

  /** Adds or replaces a WorkSpace. */
  add(workspace: SimulatedWorkspace): void {
    const { workspaceID } = workspace;
    const others = [...this.#workspaces.values()].filter((other) => other.workspaceID !== workspaceID);
    this.#workspaces = new Map(sorted([...others, workspace], (other) => other.workspaceID));
    this.#transitioning.add(workspaceID);
  }

  /** Moves a WorkSpace with its associations to a new ID. */
  renameWorkspace(id: string, newID: string): void {
    const { associations, ...workspace } = this.workspace(id);
    const moved = [...associations.values()].map((association) => ({ ...association, workspaceID: newID }));
    this.removeWorkspace(id);
    this.add({
      ...workspace,
      workspaceID: newID,
      associations: new Map(moved.map((association) => [association.applicationID, association])),
    });
  }

  /** Starts the recreation of a WorkSpace, during which it has a state. */
  recreate(workspace: SimulatedWorkspace, state: string, recreation: Recreation): void {
    workspace.state = state;
    workspace.recreation = recreation;
    workspace.deployment = undefined;
    this.#transitioning.add(workspace.workspaceID);
  }

  /** Applies all changes up to a time in epoch milliseconds. */
  passTime(now: number): void {
    for (const id of this.#transitioning) {
      const workspace = this.#workspaces.get(id);
      if (workspace === undefined || !advanceWorkspace(workspace, now, this.durations)) {
        this.#transitioning.delete(id);
      }
    }
  }
}

/** Sorts by ID in code unit order, which is the same on every machine. */
function sorted<Item>(items: readonly Item[], idOf: (item: Item) => string): [string, Item][] {
  return items.map((item): [string, Item] => [idOf(item), item]).sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
}
