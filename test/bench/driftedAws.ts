import type { Clock } from '../../src/clock.ts';
import { applicationID, type FleetShape, RARE, SyntheticPages, workspaceID } from './syntheticAws.ts';

type Input = Readonly<Record<string, unknown>>;

/** What users and administrators do in a synthetic fleet, by the number of a WorkSpace. Nothing by default. */
export interface FleetBehavior {
  /** Whether the user of a WorkSpace is connected. */
  readonly isConnected?: (n: number) => boolean;
  /** Whether a WorkSpace has the tag that protects it. */
  readonly isProtected?: (n: number) => boolean;
  /** Duration of a deployment (ms). */
  readonly deploymentMs?: number;
}

interface Removal {
  readonly state: 'PENDING_UNINSTALL_DEPLOYMENT' | 'UNINSTALLING';
  /** Time of the change, in milliseconds since the epoch. */
  readonly changedAt: number;
  /** End of the removal, in milliseconds since the epoch. Undefined until it is deployed. */
  readonly endsAt: number | undefined;
}

const PAGE_SIZE = 25;
const DEPLOYMENT_MS = 60_000;
const CREATED_AT = 1_700_000_000_000;

/** Synthetic fleet from which applications can be removed. AWS rejects all installations as incompatible. */
export class DriftedPages {
  readonly #pages: SyntheticPages;
  readonly #shape: FleetShape;
  readonly #clock: Clock;
  readonly #behavior: FleetBehavior;
  readonly #associated = new Map<string, readonly string[]>();
  /** Removals by WorkSpace, then by application. */
  readonly #removals = new Map<string, Map<string, Removal>>();

  constructor(shape: FleetShape, clock: Clock, behavior: FleetBehavior = {}) {
    this.#pages = new SyntheticPages(shape);
    this.#shape = shape;
    this.#clock = clock;
    this.#behavior = behavior;
  }

  answer(operation: string, input: Input): object {
    const { WorkspaceId: id, ApplicationId: application } = input as { WorkspaceId: string; ApplicationId: string };
    switch (operation) {
      case 'DescribeWorkspaces':
        return this.#withStates(this.#pages.answer(operation, input));
      case 'DescribeApplicationAssociations':
        return this.#page(application, input);
      case 'DescribeWorkspaceAssociations':
        return { Associations: this.#on(id).map((one) => this.#association(id, one, one)) };
      case 'DisassociateWorkspaceApplication':
        this.#change(id, application, {
          state: 'PENDING_UNINSTALL_DEPLOYMENT',
          changedAt: this.#now,
          endsAt: undefined,
        });
        return { Association: this.#association(id, application, application) };
      case 'AssociateWorkspaceApplication':
        throw rejection('IncompatibleApplicationsException', 'the application is not compatible');
      case 'DeployWorkspaceApplications':
        return { Deployment: { Associations: this.#deploy(id) } };
      case 'DescribeWorkspacesConnectionStatus':
        return { WorkspacesConnectionStatus: (input.WorkspaceIds as string[]).map((one) => this.#connection(one)) };
      case 'DescribeTags':
        return { TagList: this.#tagsOf(input.ResourceId as string) };
      case 'GetResources':
        return this.#resources(input);
      default:
        return this.#pages.answer(operation, input);
    }
  }

  /** Number of WorkSpaces from which all pending removals were deployed and are complete. */
  get completed(): number {
    return [...this.#removals.values()].filter((removals) =>
      [...removals.values()].every(({ endsAt = Number.POSITIVE_INFINITY }) => endsAt <= this.#now),
    ).length;
  }

  get #now(): number {
    return this.#clock.now().getTime();
  }

  #change(id: string, application: string, removal: Removal): void {
    this.#removals.set(id, (this.#removals.get(id) ?? new Map()).set(application, removal));
  }

  #deploy(id: string): object[] {
    const endsAt = this.#now + (this.#behavior.deploymentMs ?? DEPLOYMENT_MS);
    const pending = [...(this.#removals.get(id) ?? [])].filter(([, { endsAt: end }]) => end === undefined);
    return pending.map(([application]) => {
      this.#change(id, application, { state: 'UNINSTALLING', changedAt: this.#now, endsAt });
      return this.#association(id, application, application);
    });
  }

  #withStates(answer: object): object {
    const { Workspaces, ...rest } = answer as { Workspaces: { WorkspaceId: string }[] };
    const isUpdating = (id: string) =>
      [...(this.#removals.get(id)?.values() ?? [])].some(({ endsAt }) => endsAt !== undefined && endsAt > this.#now);
    return {
      ...rest,
      Workspaces: Workspaces.map((one) => (isUpdating(one.WorkspaceId) ? { ...one, State: 'UPDATING' } : one)),
    };
  }

  #page(application: string, { NextToken }: Input): object {
    const listed = this.#with(application).filter((id) => this.#stateOf(id, application) !== undefined);
    const from = Number(NextToken ?? 0);
    const to = Math.min(listed.length, from + PAGE_SIZE);
    const items = listed.slice(from, to).map((id) => this.#association(id, application, id));
    return { Associations: items, ...(to < listed.length && { NextToken: String(to) }) };
  }

  /** Returns the WorkSpaces that had an application at the start. */
  #with(application: string): readonly string[] {
    const { workspaces } = this.#shape;
    const known =
      this.#associated.get(application) ??
      Array.from({ length: workspaces }, (_, n) => n)
        .filter((n) => this.#had(n).includes(application))
        .map(workspaceID);
    this.#associated.set(application, known);
    return known;
  }

  /** Returns the applications that a WorkSpace had at the start. */
  #had(n: number): string[] {
    const { workspaces, applications, perWorkspace, rare } = this.#shape;
    const every = rare === 0 ? Number.POSITIVE_INFINITY : Math.floor(workspaces / rare);
    const regular = Array.from({ length: perWorkspace }, (_, k) => applicationID((n + k) % applications));
    return n % every === 0 && n < every * rare ? [...regular, RARE] : regular;
  }

  /** Returns the applications of a WorkSpace. */
  #on(id: string): string[] {
    return this.#had(Number(id.slice(3))).filter((application) => this.#stateOf(id, application) !== undefined);
  }

  /** Returns the state of an application on a WorkSpace that had it. Undefined if it is removed. */
  #stateOf(id: string, application: string): string | undefined {
    const removal = this.#removals.get(id)?.get(application);
    const isOver = (removal?.endsAt ?? Number.POSITIVE_INFINITY) <= this.#now;
    return isOver ? undefined : (removal?.state ?? 'COMPLETED');
  }

  #association(id: string, application: string, resource: string): object {
    const changedAt = this.#removals.get(id)?.get(application)?.changedAt ?? CREATED_AT;
    return {
      AssociatedResourceId: resource,
      State: this.#stateOf(id, application),
      LastUpdatedTime: new Date(changedAt),
    };
  }

  #connection(id: string): object {
    const isConnected = this.#behavior.isConnected?.(Number(id.slice(3))) ?? false;
    return {
      WorkspaceId: id,
      ConnectionState: isConnected ? 'CONNECTED' : 'DISCONNECTED',
      ConnectionStateCheckTimestamp: new Date(this.#now),
      LastKnownUserConnectionTimestamp: new Date(isConnected ? this.#now : 0),
    };
  }

  #tagsOf(id: string): object[] {
    const isProtected = this.#behavior.isProtected?.(Number(id.slice(3))) ?? false;
    return isProtected ? [{ Key: 'wsap.dev/protect', Value: 'true' }] : [];
  }

  #resources({ ResourceARNList, PaginationToken }: Input): object {
    const all = Array.from({ length: this.#shape.workspaces }, (_, n) => workspaceID(n));
    const ids = (ResourceARNList as string[] | undefined)?.map((arn) => arn.slice(arn.indexOf('/') + 1)) ?? all;
    const tagged = ids.filter((id) => this.#tagsOf(id).length > 0);
    const from = Number(PaginationToken ?? 0);
    const to = Math.min(tagged.length, from + 100);
    return {
      ResourceTagMappingList: tagged.slice(from, to).map((id) => ({
        ResourceARN: `arn:aws:workspaces:eu-central-1:123456789012:workspace/${id}`,
        Tags: this.#tagsOf(id),
      })),
      PaginationToken: to < tagged.length ? String(to) : '',
    };
  }
}

function rejection(name: string, message: string): Error {
  return Object.assign(new Error(message), { name, $metadata: { httpStatusCode: 400, requestId: 'bench' } });
}
