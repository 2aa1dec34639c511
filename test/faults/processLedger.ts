import type { JsonObject } from '../../src/simulator/validate.ts';
import type { Sent } from './cloud/traffic.ts';
import type { Stored } from './cluster/simulatedCluster.ts';
import type { FleetSpec, PolicySpec } from './manifests.ts';
import type { ObservedState } from './observedState.ts';
import type { SimulatedProcess } from './process.ts';
import { isAdmitted, type Rules } from './rules.ts';

/** What a read told, when it was sent, and when its answer came. */
interface EventState<T> {
  readonly sentAt: number;
  readonly at: number;
  readonly value: T;
}

export interface ToldAssociation {
  readonly applicationID: string;
  readonly state: string;
  readonly errorCode: string | undefined;
  readonly lastUpdated: Date | undefined;
}

/** What a process was last told of a WorkSpace, read for itself. */
export interface ToldWorkspace {
  associations?: EventState<readonly ToldAssociation[]>;
  state?: EventState<string | undefined>;
  tags?: EventState<Readonly<Record<string, string>>>;
  connection?: EventState<string | undefined>;
}

/** How long what a policy allowed is protected after it has ended (docs/policies.md), a moment less. */
const PROTECTED_FOR = 5 * 60_000 - 1_000;

/** What a process has been told, by the cluster and by AWS: not what it makes of it. */
export class ProcessLedger {
  readonly #policies = new Map<string, { readonly object: Stored; readonly learntAt: number }>();
  /** Until when, in milliseconds from the beginning: whoever sets the clock changes nothing about it. */
  readonly #ended: { readonly key: string; readonly spec: PolicySpec; readonly until: number }[] = [];
  readonly #workspaces = new Map<string, ToldWorkspace>();
  readonly lastContactAt = new Map<string, number>();
  #fleet: Stored | undefined;
  #namespace: Stored | undefined;

  learnt(plural: string, objects: readonly Stored[], isAll: boolean, at: number, process: SimulatedProcess): void {
    this.lastContactAt.set(plural, at);
    if (plural === 'workspacefleets') {
      this.#fleet = objects[0] ?? (isAll ? undefined : this.#fleet);
    } else if (plural === 'namespaces') {
      this.#namespace = objects[0] ?? (isAll ? undefined : this.#namespace);
    } else if (plural === 'workspaceapplicationpolicies') {
      const keys = new Set(objects.map(keyOf));
      for (const [key, { object }] of isAll ? [...this.#policies] : []) {
        if (!keys.has(key)) {
          this.forgot(plural, object, process);
        }
      }
      for (const object of objects) {
        this.#policy(object, at, process);
      }
    }
  }

  forgot(plural: string, object: Stored, process: SimulatedProcess): void {
    if (plural === 'workspaceapplicationpolicies') {
      this.#end(keyOf(object), process);
      this.#policies.delete(keyOf(object));
    } else if (plural === 'workspacefleets') {
      this.#fleet = undefined;
    }
  }

  /** The rules as the process has been told them. */
  rules(process: SimulatedProcess, { applications, cloud, time }: ObservedState): Rules {
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

  get #limits(): Pick<Rules, 'fleet' | 'namespaceLabels'> {
    return { fleet: this.#fleet?.spec as FleetSpec | undefined, namespaceLabels: this.#namespace?.metadata.labels };
  }

  policies(): { key: string; spec: PolicySpec; learntAt: number }[] {
    return [...this.#policies].map(([key, { object, learntAt }]) => ({
      key,
      spec: object.spec as unknown as PolicySpec,
      learntAt,
    }));
  }

  of(workspaceID: string): ToldWorkspace {
    const told = this.#workspaces.get(workspaceID) ?? {};
    this.#workspaces.set(workspaceID, told);
    return told;
  }

  /** Takes in an answer, as far as it is about single WorkSpaces. */
  answered({ operation, input, at: sentAt }: Sent, output: JsonObject, at: number): void {
    if ((output.$metadata as { requestId?: string }).requestId === undefined) {
      return;
    }
    const told = <T>(value: T): EventState<T> => ({ sentAt, at, value });
    switch (operation) {
      case 'DescribeWorkspaceAssociations': {
        const found = (output.Associations as Raw[] | undefined) ?? [];
        this.of(String(input.WorkspaceId)).associations = told(
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
          this.of(id).state = told(found?.State as string | undefined);
        }
        return;
      case 'DescribeTags':
        this.of(String(input.ResourceId)).tags = told(
          Object.fromEntries(
            ((output.TagList as Raw[] | undefined) ?? []).map(({ Key, Value }) => [String(Key), String(Value)]),
          ),
        );
        return;
      case 'DescribeWorkspacesConnectionStatus':
        for (const { WorkspaceId, ConnectionState } of output.WorkspacesConnectionStatus as Raw[]) {
          this.of(String(WorkspaceId)).connection = told(ConnectionState as string | undefined);
        }
    }
  }

  #policy(object: Stored, at: number, process: SimulatedProcess): void {
    const key = keyOf(object);
    const known = this.#policies.get(key);
    if (
      known?.object.metadata.uid === object.metadata.uid &&
      known?.object.metadata.generation === object.metadata.generation
    ) {
      return;
    }
    if (known !== undefined) {
      this.#end(key, process);
    }
    this.#policies.set(key, { object, learntAt: at });
  }

  #end(key: string, process: SimulatedProcess): void {
    const known = this.#policies.get(key);
    // What the fleet doesn't admit has nothing to say that could end.
    if (known !== undefined && this.#fleet !== undefined && isAdmitted(this.#limits)) {
      const spec = known.object.spec as unknown as PolicySpec;
      const { required = [], allowed = [] } = spec.applications;
      const kept = { ...spec, applications: { allowed: [...required, ...allowed] } };
      this.#ended.push({ key, spec: kept, until: process.elapsed + PROTECTED_FOR });
    }
  }
}

type Raw = Readonly<Record<string, unknown>>;

function keyOf({ metadata }: Stored): string {
  return `${metadata.namespace}/${metadata.name}`;
}
