import { pino } from 'pino';
import { Inventory } from '../../src/inventory/inventory.ts';
import { ApiError } from '../../src/kube/apiError.ts';
import { WorkQueue } from '../../src/kube/queue.ts';
import { POLICIES, type PolicyObject } from '../../src/kube/resources.ts';
import type { ApplyOptions } from '../../src/kube/statusWriter.ts';
import { PolicyController } from '../../src/operator/policyController.ts';
import { PolicyReconciler } from '../../src/operator/policyReconciler.ts';
import { PolicyStore } from '../../src/operator/policyStore.ts';
import { StatusCache } from '../../src/operator/statusCache.ts';
import { ambientFleet, type FleetConfig } from '../../src/policy/workspaceFleet.ts';
import type { FleetRunContext } from '../../src/run.ts';
import type { PolicyStatus } from '../../src/status/resource.ts';
import { statusChanged } from '../../src/status/status.ts';
import { APPLICATIONS, association, policyObject, VISIO, workspace, ws } from '../builders.ts';
import { newContext } from '../fakeOperator.ts';
import { VirtualClock } from '../fakes/clock.ts';
import { FakeFleet } from '../fakes/fleet.ts';
import { ownedFleet } from '../fakes/ownedFleet.ts';

/** Fleet whose listings of WorkSpaces take a while. */
class SlowFleet extends FakeFleet {
  readonly #clock: VirtualClock;
  listingMs = 0;
  changeMs = 0;

  constructor(clock: VirtualClock, count: number) {
    super({
      workspaces: Array.from({ length: count }, (_, n) => workspace(ws(n + 1))),
      applications: APPLICATIONS,
      associations: Array.from({ length: count }, (_, n) => association(ws(n + 1), VISIO)),
    });
    this.#clock = clock;
  }

  override async describeWorkspaces(query: Parameters<FakeFleet['describeWorkspaces']>[0]) {
    if (!('workspaceIDs' in query)) {
      await this.#clock.sleep(this.listingMs);
    }
    return super.describeWorkspaces(query);
  }

  override async describeWorkspaceAssociations(workspaceID: string) {
    await this.#clock.sleep(this.changeMs);
    return super.describeWorkspaceAssociations(workspaceID);
  }
}

interface Tenant {
  readonly fleet: SlowFleet;
  readonly context: FleetRunContext;
  config: FleetConfig;
}

/** Controller of policies in several fleets, `fleetRef` by `fleetRef`, over an in-memory cluster. */
export class PolicyFleets {
  readonly clock = new VirtualClock();
  readonly #tenants = new Map<string, Tenant>();
  readonly #objects = new Map<string, PolicyObject>();
  readonly #queue: WorkQueue;
  readonly #controller: PolicyController;
  readonly #stopping = new AbortController();
  /** Keys of the policies in the order in which their runs started. */
  readonly started: string[] = [];
  /** Times of the attempts to write a status, by the key of the policy. */
  readonly writes = new Map<string, number[]>();
  /** Error of the next writes of statuses. */
  writeError: ApiError | undefined;
  /** Number of decisions. */
  decisions = 0;
  #version = 1;

  constructor(sizes: Readonly<Record<string, number>>, slotsPerGroup = 4) {
    const { clock } = this;
    for (const [name, count] of Object.entries(sizes)) {
      const fleet = new SlowFleet(clock, count);
      const config = { ...ambientFleet({ callsPerSecond: 2, burst: 5 }), name };
      const context = newContext(fleet, new Inventory(fleet, clock));
      this.#tenants.set(name, { fleet, context: { ...context, location: { ...context.location, name } }, config });
    }
    const owned = ownedFleet();
    const store = new PolicyStore(clock, ({ fleetRef = '' }) => {
      const { limits } = this.#tenantOf(fleetRef).config;
      return { limits, scope: { accountID: fleetRef, region: 'eu-central-1' } };
    });
    const fleetOf = (key: string) => {
      const parsed = store.get(key)?.parsed;
      return (parsed !== undefined && 'fleetRef' in parsed && parsed.fleetRef) || '';
    };
    const flowOf = (key: string) => ({ group: fleetOf(key), flow: key.slice(0, key.indexOf('/')) });
    this.#queue = new WorkQueue({ clock, random: () => 0, flowOf, slotsPerGroup });
    const apply = async (
      metadata: PolicyObject['metadata'],
      status: object,
      { mayWrite = () => true }: ApplyOptions = {},
    ) => (mayWrite() ? this.#write(metadata, status) : 'GivenUp');
    const reconciler = new PolicyReconciler({
      fleets: {
        assign: ({ fleetRef = '' }) => ({ fleet: this.#tenantOf(fleetRef).config }),
        get: (name = '') => {
          const tenant = this.#tenantOf(name);
          return {
            get context() {
              return { ...tenant.context, limits: tenant.config.limits };
            },
            blocker: undefined,
            get isSuspended() {
              return tenant.config.limits.suspend;
            },
            backlog: { requests: 720, callsPerSecond: 2 },
          };
        },
        onUse: () => {},
        forget: () => {},
      },
      owned: () => owned,
      store,
      statusCache: new StatusCache<PolicyStatus>({
        writer: { apply: apply as never },
        informer: { get: (key) => this.#objects.get(key) },
        clock,
        stopping: this.#stopping.signal,
        statusChanged,
      }),
      lastContactAt: () => clock.monotonic(),
      events: { record: () => {} },
      clock,
      random: () => 0,
      observePhase: (phase) => {
        this.decisions += phase === 'decide' ? 1 : 0;
      },
      stopping: this.#stopping.signal,
    });
    this.#controller = new PolicyController({
      informer: { hasSynced: () => true },
      queue: this.#queue,
      store,
      reconciler,
      clock,
      random: () => 0,
      log: pino({ level: 'silent' }),
      logFields: (policy) => {
        this.started.push(policy);
        return { policy };
      },
      stopping: this.#stopping.signal,
    });
  }

  /** Starts the runs of the policies that were applied. */
  start(): void {
    void this.#controller.runWorkers();
  }

  fleet(name: string): SlowFleet {
    return this.#tenantOf(name).fleet;
  }

  /** Creates a policy or changes its spec. */
  apply(namespace: string, name: string, spec: Parameters<typeof policyObject>[1]): void {
    const key = `${namespace}/${name}`;
    const { metadata, ...rest } = policyObject(name, spec);
    const known = this.#objects.get(key);
    const object = {
      ...known,
      ...rest,
      metadata: {
        ...metadata,
        namespace,
        generation: (known?.metadata.generation ?? 0) + 1,
        resourceVersion: String(++this.#version),
      },
    } as unknown as PolicyObject;
    this.#objects.set(key, object);
    this.#controller.observe({ type: known === undefined ? 'Added' : 'Modified', object });
  }

  /** Suspends a fleet. */
  suspend(name: string): void {
    const tenant = this.#tenantOf(name);
    tenant.config = { ...tenant.config, limits: { ...tenant.config.limits, suspend: true } };
    this.#controller.onFleetsChanged(({ fleetRef }) => fleetRef === name);
  }

  statusOf(key: string): PolicyStatus | undefined {
    return this.#objects.get(key)?.status;
  }

  async pass(ms: number, stepMs = 1_000): Promise<void> {
    for (let passed = 0; passed < ms; passed += stepMs) {
      await this.clock.advance(stepMs);
      this.#tenants.forEach(({ fleet }) => void fleet.advance());
    }
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#queue.shutDownWithDrain();
  }

  #tenantOf(name: string): Tenant {
    const tenant = this.#tenants.get(name);
    if (tenant === undefined) {
      throw new Error(`no fleet ${name}`);
    }
    return tenant;
  }

  async #write(metadata: PolicyObject['metadata'], status: object): Promise<PolicyObject> {
    const key = `${metadata.namespace}/${metadata.name}`;
    this.writes.set(key, [...(this.writes.get(key) ?? []), this.clock.monotonic()]);
    if (this.writeError !== undefined) {
      throw this.writeError;
    }
    const known = this.#objects.get(key);
    const written = { ...known, metadata: { ...known?.metadata, resourceVersion: String(++this.#version) }, status };
    this.#objects.set(key, written as PolicyObject);
    return written as PolicyObject;
  }
}

/** Returns the error of a response of the API server. */
export function apiError(code: number, retryAfter?: string): ApiError {
  return ApiError.ofResponse({ verb: 'patch', resource: POLICIES, name: 'no-visio' }, code, '', retryAfter);
}
