import { randomUUID } from 'node:crypto';
import { KubeConfig } from '@kubernetes/client-node';
import { inject, vi } from 'vitest';
import { stringify } from 'yaml';
import { systemClock } from '../../src/clock.ts';
import { ApiClient } from '../../src/kube/apiClient.ts';
import { KubeConfigFile } from '../../src/kube/kubeconfig/kubeConfigFile.ts';
import type { KubeObject, Resource } from '../../src/kube/resource.ts';
import { FLEETS, type FleetObject, POLICIES, type PolicyObject } from '../../src/kube/resources.ts';
import type { WorkspaceFleet } from '../../src/policy/fleetResource.gen.ts';
import type { WorkspaceApplicationPolicy } from '../../src/policy/resource.gen.ts';
import type { Call } from '../../src/simulator/callLog.ts';
import { seedFrom } from '../../src/simulator/seed.ts';
import type { SeedDocument } from '../../src/simulator/seedDocument.ts';
import { type Simulator, startSimulator } from '../../src/simulator/start.ts';
import { kubectl } from '../environment/kubectl.ts';
import type { AdministeredCluster, Pod } from '../environment/pod.ts';
import { OperatorProcess } from './operatorProcess.ts';

export const VISIO = 'wsa-visio2021';
export const OFFICE = 'wsa-office2021';

/** Returns a fleet in which every WorkSpace has Office, and every `visioOnEvery`-th also has Visio. */
export function fleetOf(count: number, visioOnEvery: number, more: Partial<SeedDocument> = {}): SeedDocument {
  return {
    durations: { pending: '200ms', installing: '300ms', uninstalling: '300ms', removedListed: '10m' },
    rateLimit: { callsPerSecond: 0 },
    applications: [
      { applicationID: VISIO, name: 'Microsoft Visio LTSC Professional 2021' },
      { applicationID: OFFICE, name: 'Microsoft Office LTSC Professional Plus 2021' },
    ],
    generate: [
      {
        count,
        idPrefix: 'demo',
        userPrefix: 'user',
        applications: [OFFICE, { applicationID: VISIO, every: visioOnEvery }],
      },
    ],
    ...more,
  };
}

type Spec = WorkspaceApplicationPolicy['spec'];
type FleetSpec = WorkspaceFleet['spec'];
interface WrittenEvent extends KubeObject {
  readonly reason: string;
  readonly message: string;
  readonly type: string;
}

const EVENTS: Resource = { group: '', version: 'v1', plural: 'events', kind: 'Event', namespaced: true };

/** Options of a harness. */
export interface HarnessOptions {
  /** Cluster to run in. Defaults to the cluster that all tests share. */
  readonly cluster?: AdministeredCluster;
  /** Path of the operator's kubeconfig. Defaults to the kubeconfig of the cluster administrator. */
  readonly operatorKubeconfigPath?: string;
  /** Whether the operator watches all namespaces. Requires a cluster of its own. Defaults to the namespace of the harness. */
  readonly allNamespaces?: boolean;
  /**
   * Whether policies use the operator's own AWS settings. Requires a cluster of its own, without WorkspaceFleets. Defaults to a
   * WorkspaceFleet of the harness.
   */
  readonly ambientFleet?: boolean;
  /** Pod to run the operator in, instead of using a kubeconfig. */
  readonly pod?: Pod;
  /** Program of the operator. Defaults to the sources. */
  readonly program?: string;
  /** Additional environment variables of the operator. */
  readonly operatorEnv?: Readonly<Record<string, string>>;
}

/** Returns the cluster that all tests share. */
export function sharedCluster(): AdministeredCluster {
  return {
    kubeconfig: inject('kubeconfig'),
    kubeconfigPath: inject('kubeconfigPath'),
    kubectlPath: inject('kubectl'),
  };
}

/** Namespace, simulated AWS account, and operator process for one test. */
export class ClusterHarness implements AsyncDisposable {
  readonly namespace = `test-${randomUUID().slice(0, 8)}`;
  readonly simulator: Simulator;
  readonly operator: OperatorProcess;
  readonly client: ApiClient;
  /** Time of the start, on the clock of `performance.now()`. */
  readonly startedAt = performance.now();
  readonly #cluster: AdministeredCluster;
  /** Fleet of policies that name none. Undefined for the operator's own AWS settings. */
  readonly #fleetRef: { readonly name: string } | undefined;

  private constructor(simulator: Simulator, flags: readonly string[], options: HarnessOptions) {
    const { cluster = sharedCluster(), operatorKubeconfigPath: kubeconfigPath = cluster.kubeconfigPath } = options;
    this.simulator = simulator;
    this.operator = new OperatorProcess({
      namespace: options.allNamespaces ? undefined : this.namespace,
      endpoint: simulator.url,
      flags: options.ambientFleet ? [...this.#ambientFlags, ...flags] : flags,
      kubeconfigPath,
      pod: options.pod,
      program: options.program,
      env: options.operatorEnv,
    });
    this.#cluster = cluster;
    this.#fleetRef = options.ambientFleet ? undefined : { name: this.fleetName('own') };
    const config = new KubeConfig();
    config.loadFromString(cluster.kubeconfig);
    this.client = new ApiClient(new KubeConfigFile(config), { clock: systemClock });
  }

  static async start(
    fleet: SeedDocument,
    flags: readonly string[] = [],
    otherFleets: readonly SeedDocument[] = [],
    options: HarnessOptions = {},
  ): Promise<ClusterHarness> {
    const simulator = await startSimulator({ seed: seedFrom(fleet), otherSeeds: otherFleets.map(seedFrom) });
    const harness = new ClusterHarness(simulator, flags, options);
    await harness.kubectl('create', 'namespace', harness.namespace);
    if (!options.ambientFleet) {
      await harness.#createFleet('own', { region: simulator.region });
    }
    harness.operator.start();
    return harness;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.operator.kill();
    await this.simulator.close();
  }

  /** Creates a policy without kubectl, which would take long for many policies. */
  async createWithClient(name: string, spec: object): Promise<void> {
    await this.client.request({
      verb: 'create',
      resource: POLICIES,
      namespace: this.namespace,
      body: {
        apiVersion: 'wsap.dev/v1alpha1',
        kind: 'WorkspaceApplicationPolicy',
        metadata: { name },
        spec: { ...this.#fleetOfPolicies, ...spec },
      },
    });
  }

  /** The leases of another namespace can show that the ambient fleet has ended. */
  get #ambientFlags(): string[] {
    return ['--ambient-fleet-namespaces', this.namespace, '--lease-namespace', this.namespace];
  }

  /** Part of the spec of a policy that selects its fleet, unless the policy names one. */
  get #fleetOfPolicies(): Pick<Spec, 'fleetRef'> {
    return this.#fleetRef === undefined ? {} : { fleetRef: this.#fleetRef };
  }

  /** Applies a policy as a user does. By default, it removes Visio from any number of WorkSpaces. */
  async apply(name: string, spec: Partial<Spec> = {}): Promise<void> {
    const manifest = {
      apiVersion: 'wsap.dev/v1alpha1',
      kind: 'WorkspaceApplicationPolicy',
      metadata: { name, namespace: this.namespace },
      spec: {
        ...this.#fleetOfPolicies,
        enforcement: 'Enforce',
        workspaceSelector: { all: true },
        applications: { denied: [{ name: 'Microsoft Visio*' }] },
        safeguards: { maxAffectedWorkspaces: '100%' },
        ...spec,
      },
    };
    await this.#run(['apply', '-f', '-'], stringify(manifest));
  }

  /** Creates a resource from an exported object, as a restore from a backup does. */
  async create(manifest: object): Promise<void> {
    await this.#run(['create', '-f', '-'], stringify(manifest));
  }

  /** Returns the full name of a fleet of this harness. Fleets are cluster-scoped. */
  fleetName(name: string): string {
    return `${this.namespace}-${name}`;
  }

  /** Applies a fleet as a user does. By default, it uses the operator's simulated account and region. */
  async applyFleet(name: string, spec: Partial<FleetSpec> = {}): Promise<void> {
    await this.#run(['apply', '-f', '-'], stringify(this.#fleetManifest(name, spec)));
  }

  async #createFleet(name: string, spec: Partial<FleetSpec>): Promise<void> {
    await this.client.request({ verb: 'create', resource: FLEETS, body: this.#fleetManifest(name, spec) });
  }

  #fleetManifest(name: string, spec: Partial<FleetSpec>) {
    return {
      apiVersion: 'wsap.dev/v1alpha1',
      kind: 'WorkspaceFleet',
      metadata: { name: this.fleetName(name) },
      spec: {
        region: 'eu-central-1',
        allowedNamespaces: { from: 'All' },
        rateLimit: { requestsPerMinute: 30_000, burst: 100 },
        ...spec,
      },
    };
  }

  async fleet(name: string): Promise<FleetObject> {
    return this.client.request<FleetObject>({ verb: 'get', resource: FLEETS, name: this.fleetName(name) });
  }

  /** Runs kubectl in the namespace of the harness. */
  kubectl(...args: string[]): Promise<string> {
    return this.#run(['-n', this.namespace, ...args]);
  }

  async policy(name: string): Promise<PolicyObject> {
    return this.client.request<PolicyObject>({ verb: 'get', resource: POLICIES, namespace: this.namespace, name });
  }

  async events(): Promise<WrittenEvent[]> {
    const list = await this.client.request<{ items: WrittenEvent[] }>({
      verb: 'list',
      resource: EVENTS,
      namespace: this.namespace,
    });
    return list.items;
  }

  /**
   * Waits until a condition of a policy has this status and, if given, this reason, for the current generation. Returns
   * the policy.
   */
  waitForCondition(name: string, type: string, status: string, reason?: string): Promise<PolicyObject> {
    return this.#waitForCondition(() => this.policy(name), type, status, reason);
  }

  /**
   * Waits until a condition of a fleet has this status and, if given, this reason, for the current generation. Returns
   * the fleet.
   */
  waitForFleetCondition(name: string, type: string, status: string, reason?: string): Promise<FleetObject> {
    return this.#waitForCondition(() => this.fleet(name), type, status, reason);
  }

  #waitForCondition<T extends PolicyObject | FleetObject>(
    get: () => Promise<T>,
    type: string,
    status: string,
    reason: string | undefined,
  ): Promise<T> {
    return eventuallyReported(async () => {
      const object = await get();
      const condition = object.status?.conditions?.find((one) => one.type === type);
      const found = `${condition?.status} ${condition?.reason}: ${condition?.message}`;
      const isCurrent = condition?.observedGeneration === object.metadata.generation;
      if (!isCurrent || condition?.status !== status || (reason !== undefined && condition.reason !== reason)) {
        const { name } = object.metadata;
        throw new Error(`${name}: ${type} is ${found} instead of ${status} ${reason ?? ''}\n${this.operator.log}`);
      }
      return object;
    });
  }

  /** Returns the changes made to a fleet, by default the first one. Format: `Disassociate ws-… wsa-…` or `Deploy ws-…`. */
  changes({ calls }: Pick<Simulator, 'calls'> = this.simulator): string[] {
    return calls
      .list()
      .filter(({ operation, done }) => done && /^(Disassociate|Associate|Deploy)/.test(operation))
      .map(changeIn);
  }

  calls(operation: string): readonly Call[] {
    return this.simulator.calls.list().filter((call) => call.operation === operation);
  }

  /** Returns the state of an application on each WorkSpace that has it. */
  statesOf(applicationID: string): Map<string, string> {
    return new Map(
      this.simulator.simulated.workspaces.flatMap(({ workspaceID }) => {
        const answer = this.simulator.simulated.call('DescribeWorkspaceAssociations', {
          WorkspaceId: workspaceID,
          AssociatedResourceTypes: ['APPLICATION'],
        }) as { Associations?: { AssociatedResourceId?: string; State?: string }[] };
        const one = answer.Associations?.find((association) => association.AssociatedResourceId === applicationID);
        return one?.State === undefined ? [] : [[workspaceID, one.State] as const];
      }),
    );
  }

  /** Installs an application again on the WorkSpaces from which it was removed, and waits until that is complete. */
  async installAgain(applicationID: string): Promise<void> {
    const { simulated } = this.simulator;
    const removed = [...this.statesOf(applicationID)].filter(([, state]) => state === 'REMOVED');
    for (const [workspaceID] of removed) {
      simulated.call('AssociateWorkspaceApplication', { WorkspaceId: workspaceID, ApplicationId: applicationID });
      simulated.call('DeployWorkspaceApplications', { WorkspaceId: workspaceID });
    }
    await eventually(() => {
      const states = [...this.statesOf(applicationID).values()];
      if (states.some((state) => state !== 'COMPLETED')) {
        throw new Error(`the states are ${states.join(', ')}`);
      }
    });
  }

  #run(args: readonly string[], input?: string): Promise<string> {
    return kubectl(this.#cluster, args, input);
  }
}

const TIMEOUT_MS = 180_000;

/** Waits until a check of this process's own state succeeds. `timeout` is in milliseconds. */
export function eventually<T>(check: () => T, timeout = TIMEOUT_MS): Promise<T> {
  return vi.waitFor(check, { timeout, interval: 50 });
}

/**
 * Waits until a check of another process's state succeeds. Checks less often, because dozens of tests run in parallel.
 * `interval` is in milliseconds.
 */
export function eventuallyReported<T>(check: () => Promise<T>, interval = 250): Promise<T> {
  return vi.waitFor(check, { timeout: TIMEOUT_MS, interval });
}

function changeIn({ operation, input }: Call): string {
  const { WorkspaceId, ApplicationId } = input as { WorkspaceId: string; ApplicationId?: string };
  const verb = operation.replace(/Workspace.*/, '');
  return [verb, WorkspaceId, ApplicationId].filter((part) => part !== undefined).join(' ');
}
