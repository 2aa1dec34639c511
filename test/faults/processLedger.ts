import type { JsonObject } from '../../src/simulator/validate.ts';
import type { SentCall } from './cloud/traffic.ts';
import type { StoredObject } from './cluster/simulatedCluster.ts';
import type { FleetSpec, PolicySpec } from './manifests.ts';
import type { ObservedState } from './observedState.ts';
import { isAdmitted, type PolicyContext } from './policyContext.ts';
import type { SimulatedProcess } from './process.ts';

/** Result of a read with the times at which the request was sent and the response arrived (ms). */
interface ReadResult<T> {
  readonly sentAt: number;
  readonly receivedAt: number;
  readonly value: T;
}

export interface KnownAssociation {
  readonly applicationID: string;
  readonly state: string;
  readonly errorCode: string | undefined;
  readonly lastUpdated: Date | undefined;
}

/** Version of a policy that a process has received. */
export interface KnownPolicy {
  /** Namespace and name. */
  readonly key: string;
  readonly uid: string;
  readonly generation: number;
  readonly spec: PolicySpec;
  /** Time at which the process received this generation, in milliseconds from the start. */
  readonly learnedAt: number;
}

/** Last reads of a WorkSpace by a process. */
export interface KnownWorkspace {
  associations?: ReadResult<readonly KnownAssociation[]>;
  state?: ReadResult<string | undefined>;
  tags?: ReadResult<Readonly<Record<string, string>>>;
  connection?: ReadResult<KnownConnection>;
}

/** Connection of a user. All members are undefined if AWS reports none. */
interface KnownConnection {
  readonly state?: string | undefined;
  readonly checkedAt?: Date | undefined;
  readonly lastConnected?: Date | undefined;
}

/**
 * How long the permissions of a policy protect an application after the policy ends
 * (docs/explanation/semantics.md), minus 1 s of tolerance.
 */
const PROTECTION_MS = 5 * 60_000 - 1_000;

/** Everything that a process has received from the cluster and from AWS, regardless of what the process makes of it. */
export class ProcessLedger {
  readonly #policies = new Map<string, { readonly object: StoredObject; readonly learnedAt: number }>();
  /** End of the protection, in milliseconds from the start, so that a change of the machine's clock has no effect. */
  readonly #ended: { readonly key: string; readonly spec: PolicySpec; readonly until: number }[] = [];
  readonly #workspaces = new Map<string, KnownWorkspace>();
  readonly lastContactAt = new Map<string, number>();
  #fleet: StoredObject | undefined;
  #namespace: StoredObject | undefined;

  recordObjects(
    plural: string,
    objects: readonly StoredObject[],
    isAll: boolean,
    at: number,
    process: SimulatedProcess,
  ): void {
    this.lastContactAt.set(plural, at);
    if (plural === 'workspacefleets') {
      this.#fleet = objects[0] ?? (isAll ? undefined : this.#fleet);
    } else if (plural === 'namespaces') {
      this.#namespace = objects[0] ?? (isAll ? undefined : this.#namespace);
    } else if (plural === 'workspaceapplicationpolicies') {
      const keys = new Set(objects.map(keyOf));
      for (const [key, { object }] of isAll ? [...this.#policies] : []) {
        if (!keys.has(key)) {
          this.recordDeletion(plural, object, process);
        }
      }
      for (const object of objects) {
        this.#recordPolicy(object, at, process);
      }
    }
  }

  recordDeletion(plural: string, object: StoredObject, process: SimulatedProcess): void {
    if (plural === 'workspaceapplicationpolicies') {
      this.#recordEnd(keyOf(object), process);
      this.#policies.delete(keyOf(object));
    } else if (plural === 'workspacefleets') {
      this.#fleet = undefined;
    }
  }

  /** Returns the policies and the fleet that the process has received. */
  policyContext(process: SimulatedProcess, { applications, cloud, time }: ObservedState): PolicyContext {
    const now = process.wall;
    return {
      ...this.#limits,
      policies: this.policies(),
      ended: this.#ended.filter(({ until }) => until > time.elapsed),
      now,
      accountID: cloud.accountID,
      applications: [...applications.values()],
    };
  }

  get #limits(): Pick<PolicyContext, 'fleet' | 'namespaceLabels'> {
    return { fleet: this.#fleet?.spec as FleetSpec | undefined, namespaceLabels: this.#namespace?.metadata.labels };
  }

  policies(): KnownPolicy[] {
    return [...this.#policies].map(([key, { object, learnedAt }]) => ({
      key,
      uid: object.metadata.uid ?? '',
      generation: object.metadata.generation ?? 0,
      spec: object.spec as unknown as PolicySpec,
      learnedAt,
    }));
  }

  workspace(workspaceID: string): KnownWorkspace {
    const known = this.#workspaces.get(workspaceID) ?? {};
    this.#workspaces.set(workspaceID, known);
    return known;
  }

  /** Records a response that describes single WorkSpaces. */
  recordResponse({ operation, input, at: sentAt }: SentCall, output: JsonObject, receivedAt: number): void {
    if ((output.$metadata as { requestId?: string }).requestId === undefined) {
      return;
    }
    const read = <T>(value: T): ReadResult<T> => ({ sentAt, receivedAt, value });
    switch (operation) {
      case 'DescribeWorkspaceAssociations': {
        const found = (output.Associations as Raw[] | undefined) ?? [];
        this.workspace(String(input.WorkspaceId)).associations = read(
          found.map(({ AssociatedResourceId, State, StateReason, LastUpdatedTime }) => ({
            applicationID: String(AssociatedResourceId),
            state: String(State),
            errorCode: (StateReason as { ErrorCode?: string } | undefined)?.ErrorCode,
            lastUpdated: LastUpdatedTime as Date | undefined,
          })),
        );
        return;
      }
      case 'DescribeWorkspaces':
        for (const id of (input.WorkspaceIds as string[] | undefined) ?? []) {
          const found = (output.Workspaces as Raw[]).find(({ WorkspaceId }) => WorkspaceId === id);
          this.workspace(id).state = read(found?.State as string | undefined);
        }
        return;
      case 'DescribeTags':
        this.workspace(String(input.ResourceId)).tags = read(tagsIn(output.TagList));
        return;
      case 'GetResources': {
        const found = new Map(
          (output.ResourceTagMappingList as Raw[]).map(({ ResourceARN, Tags }) => [
            workspaceIn(String(ResourceARN)),
            tagsIn(Tags),
          ]),
        );
        // A request with ARNs also shows which WorkSpaces have no tags.
        const requested = ((input.ResourceARNList as string[] | undefined) ?? []).map(workspaceIn);
        for (const id of new Set([...requested, ...found.keys()])) {
          this.workspace(id).tags = read(found.get(id) ?? {});
        }
        return;
      }
      case 'DescribeWorkspacesConnectionStatus':
        for (const id of (input.WorkspaceIds as string[] | undefined) ?? []) {
          const found = (output.WorkspacesConnectionStatus as Raw[]).find(({ WorkspaceId }) => WorkspaceId === id);
          this.workspace(id).connection = read({
            state: found?.ConnectionState as string | undefined,
            checkedAt: found?.ConnectionStateCheckTimestamp as Date | undefined,
            lastConnected: found?.LastKnownUserConnectionTimestamp as Date | undefined,
          });
        }
    }
  }

  #recordPolicy(object: StoredObject, at: number, process: SimulatedProcess): void {
    const key = keyOf(object);
    const known = this.#policies.get(key);
    if (
      known?.object.metadata.uid === object.metadata.uid &&
      known?.object.metadata.generation === object.metadata.generation
    ) {
      return;
    }
    if (known !== undefined) {
      this.#recordEnd(key, process);
    }
    this.#policies.set(key, { object, learnedAt: at });
  }

  #recordEnd(key: string, process: SimulatedProcess): void {
    const known = this.#policies.get(key);
    // A policy that the fleet doesn't admit protects nothing.
    if (known !== undefined && this.#fleet !== undefined && isAdmitted(this.#limits)) {
      const spec = known.object.spec as unknown as PolicySpec;
      const { required = [], allowed = [] } = spec.applications;
      const kept = { ...spec, applications: { allowed: [...required, ...allowed] } };
      this.#ended.push({ key, spec: kept, until: process.elapsed + PROTECTION_MS });
    }
  }
}

type Raw = Readonly<Record<string, unknown>>;

function tagsIn(list: unknown): Readonly<Record<string, string>> {
  return Object.fromEntries(((list as Raw[] | undefined) ?? []).map(({ Key, Value }) => [String(Key), String(Value)]));
}

function workspaceIn(arn: string): string {
  return arn.slice(arn.lastIndexOf('/') + 1);
}

function keyOf({ metadata }: StoredObject): string {
  return `${metadata.namespace}/${metadata.name}`;
}
