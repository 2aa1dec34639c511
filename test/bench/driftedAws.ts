import type { Clock } from '../../src/clock.ts';
import { type FleetShape, RARE, SyntheticPages, workspaceID } from './syntheticAws.ts';

type Input = Readonly<Record<string, unknown>>;

interface Removal {
  readonly state: 'PENDING_UNINSTALL_DEPLOYMENT' | 'UNINSTALLING';
  /** End of the removal, in milliseconds since the epoch. Undefined until it is deployed. */
  readonly endsAt: number | undefined;
}

const PAGE_SIZE = 25;
/** Duration of a deployment (ms). */
const UNINSTALLING = 60_000;

/**
 * Synthetic fleet from which the application RARE can be removed. Nothing else changes, no user is connected, and no
 * WorkSpace has tags.
 */
export class DriftedPages {
  readonly #pages: SyntheticPages;
  readonly #clock: Clock;
  readonly #drifted: readonly string[];
  readonly #removals = new Map<string, Removal>();

  constructor(shape: FleetShape, clock: Clock) {
    this.#pages = new SyntheticPages(shape);
    this.#clock = clock;
    const every = Math.floor(shape.workspaces / shape.rare);
    this.#drifted = Array.from({ length: shape.rare }, (_, n) => workspaceID(n * every));
  }

  answer(operation: string, input: Input): object {
    const { WorkspaceId: id } = input as { WorkspaceId: string };
    switch (operation) {
      case 'DescribeApplicationAssociations':
        return input.ApplicationId === RARE ? this.#page(input) : this.#pages.answer(operation, input);
      case 'DescribeWorkspaceAssociations':
        return { Associations: this.#stateOf(id) === undefined ? [] : [this.#association(id, RARE)] };
      case 'DisassociateWorkspaceApplication':
        this.#removals.set(id, { state: 'PENDING_UNINSTALL_DEPLOYMENT', endsAt: undefined });
        return { Association: this.#association(id, RARE) };
      case 'DeployWorkspaceApplications':
        this.#removals.set(id, { state: 'UNINSTALLING', endsAt: this.#clock.now().getTime() + UNINSTALLING });
        return { Deployment: { Associations: [this.#association(id, RARE)] } };
      case 'DescribeWorkspacesConnectionStatus':
        return { WorkspacesConnectionStatus: (input.WorkspaceIds as string[]).map(disconnected) };
      case 'DescribeTags':
        return { TagList: [] };
      case 'GetResources':
        return { ResourceTagMappingList: [] };
      default:
        return this.#pages.answer(operation, input);
    }
  }

  #page({ NextToken }: Input): object {
    const listed = this.#drifted.filter((id) => this.#stateOf(id) !== undefined);
    const from = Number(NextToken ?? 0);
    const to = Math.min(listed.length, from + PAGE_SIZE);
    const items = listed.slice(from, to).map((id) => this.#association(id, id));
    return { Associations: items, ...(to < listed.length && { NextToken: String(to) }) };
  }

  /** Returns the state of RARE on a WorkSpace. Undefined if the WorkSpace never had it, or if it is removed. */
  #stateOf(id: string): string | undefined {
    const removal = this.#removals.get(id);
    const isOver = (removal?.endsAt ?? Number.POSITIVE_INFINITY) <= this.#clock.now().getTime();
    const every = this.#drifted.length === 0 ? 1 : Number(this.#drifted[1]?.slice(3) ?? 1);
    const wasThere = Number(id.slice(3)) % every === 0 && Number(id.slice(3)) < every * this.#drifted.length;
    return wasThere && !isOver ? (removal?.state ?? 'COMPLETED') : undefined;
  }

  #association(id: string, resource: string): object {
    return { AssociatedResourceId: resource, State: this.#stateOf(id), LastUpdatedTime: this.#clock.now() };
  }
}

function disconnected(id: string): object {
  return { WorkspaceId: id, ConnectionState: 'DISCONNECTED', LastKnownUserConnectionTimestamp: new Date(0) };
}
