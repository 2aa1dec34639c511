import { pino } from 'pino';
import type { EventName } from '../../../src/eventbridge/eventNames.ts';
import { DisassociationQuota } from '../../../src/history/disassociationQuota.ts';
import { WorkQueue } from '../../../src/kube/queue.ts';
import type { PolicyObject } from '../../../src/kube/resources.ts';
import type { ApplyOptions } from '../../../src/kube/statusWriter.ts';
import { AwsScopes } from '../../../src/operator/awsScopes.ts';
import { createEventHost } from '../../../src/operator/eventbridge/createEventHost.ts';
import type { MessageResult } from '../../../src/operator/eventbridge/eventHost.ts';
import { FleetRuntime } from '../../../src/operator/fleetRuntime.ts';
import { FleetStore } from '../../../src/operator/fleetStore.ts';
import { PolicyController } from '../../../src/operator/policyController.ts';
import { PolicyReconciler } from '../../../src/operator/policyReconciler.ts';
import { PolicyStore } from '../../../src/operator/policyStore.ts';
import { StatusCache } from '../../../src/operator/statusCache.ts';
import { recordedDelivery } from '../../../src/status/fleetEvents.ts';
import { type FleetStatus, fleetStatus } from '../../../src/status/fleetStatus.ts';
import type { PolicyStatus } from '../../../src/status/resource.ts';
import { statusChanged } from '../../../src/status/status.ts';
import { fleetNamed, fleetObject, policyObject, ws } from '../../builders.ts';
import { ACCOUNT, accessEvent, callEvent, REGION } from '../../eventbridge/samples.ts';
import { VirtualClock } from '../../fakes/clock.ts';
import { FakeEventQueue } from '../../fakes/eventQueue.ts';
import type { FakeFleet } from '../../fakes/fleet.ts';
import { limitedFleet } from '../../fakes/limitedFleet.ts';
import { ownedFleet } from '../../fakes/ownedFleet.ts';

const QUEUE_URL = 'https://sqs.eu-central-1.amazonaws.com/123456789012/wsap-events';
const FLEET = 'emea';
const STEP_MS = 500;
/** Time after the last change within which deployments end. */
const MAX_DEPLOYMENT_MS = 60_000;

export interface EventfulOperatorOptions {
  /** Whether the fleet has events. Defaults to true. */
  readonly hasEvents?: boolean;
  readonly policies?: readonly ReturnType<typeof policyObject>[];
  readonly requestsPerMinute?: number;
  /** Interval of listings while events arrive. Defaults to the default of the API. */
  readonly resyncInterval?: string;
}

/** The operator with one fleet, its policies, and the queue of its events, on virtual time and without a cluster. */
export class EventfulOperator {
  readonly clock = new VirtualClock();
  readonly fleet: FakeFleet;
  readonly queue: FakeEventQueue;
  /** Number of calls of the WorkSpaces API. */
  readonly calls = { count: 0 };
  /** Number of runs of policies. */
  runs = 0;
  /** Results of messages, in their order. */
  readonly messages: `${string} ${MessageResult}`[] = [];
  readonly store: FleetStore;
  isOwned = true;
  /** Whether AWS delivers the events of the operator's own changes. */
  deliversOwnChanges = true;
  runtime: FleetRuntime;
  readonly #options: EventfulOperatorOptions;
  readonly #objects = new Map<string, PolicyObject>();
  #stopping = new AbortController();
  #fleetStatus: FleetStatus | undefined;
  #version = 1;
  #events = 0;
  #changes = { count: 0, at: 0 };

  constructor(fleet: FakeFleet, options: EventfulOperatorOptions = {}) {
    this.fleet = fleet;
    fleet.clock = this.clock;
    this.#options = options;
    this.queue = new FakeEventQueue({ clock: this.clock });
    this.store = new FleetStore(undefined);
    this.store.put(fleetObject(FLEET, this.#fleetSpec));
    for (const object of options.policies ?? [policyObject('no-visio')]) {
      const withFleet = { ...object, spec: { ...object.spec, fleetRef: { name: FLEET } } };
      this.#objects.set(`desktops/${object.metadata.name}`, withFleet as unknown as PolicyObject);
    }
    this.runtime = this.#start();
  }

  get #fleetSpec() {
    const { hasEvents = true, requestsPerMinute = 120, resyncInterval } = this.#options;
    return {
      rateLimit: { requestsPerMinute, burst: 5 },
      ...(hasEvents && { events: { queueURL: QUEUE_URL, ...(resyncInterval !== undefined && { resyncInterval }) } }),
    };
  }

  /** Starts a process. */
  #start(): FleetRuntime {
    const { clock } = this;
    const stopping = this.#stopping.signal;
    const log = pino({ level: 'silent' });
    const random = () => 0;
    const lease = ownedFleet();
    const owned = () => (this.isOwned && !stopping.aborted ? lease : undefined);
    const scopes = new AwsScopes(clock);
    const store = new PolicyStore(clock, () => ({
      limits: fleetNamed(FLEET, this.#fleetSpec).limits,
      scope: { accountID: ACCOUNT, region: REGION },
    }));
    const queue = new WorkQueue({ clock, random });
    const host = createEventHost(FLEET, {
      fleetStore: this.store,
      policyStore: store,
      owned,
      context: () => runtime.context,
      policies: () => controller,
      onStateChanged: () => {},
      clock,
    });
    const runtime: FleetRuntime = new FleetRuntime(fleetNamed(FLEET, this.#fleetSpec), {
      recordedAccounts: () => [],
      recordedDelivery: (generation) => recordedDelivery(this.#fleetStatus, generation, clock.now().getTime()),
      connection: {
        identify: async () => ({ accountID: ACCOUNT, arn: `arn:aws:iam::${ACCOUNT}:role/wsap`, region: REGION }),
        fleet: (limiter, _, onChange) =>
          limitedFleet(this.fleet, limiter, this.calls, (requestID) => {
            onChange?.(requestID);
            this.#announceOwnChange(requestID);
          }),
        eventQueue: () => this.queue,
      },
      events: {
        host,
        observer: {
          onMessage: (event, result) => this.messages.push(`${event} ${result}`),
          onRefreshed: () => {},
        },
        random,
        log,
        stopping,
      },
      quota: new DisassociationQuota(undefined, [], async () => {}),
      scopes,
      clock,
      close: () => {},
    });
    const informer = { hasSynced: () => true, get: (key: string) => this.#objects.get(key) };
    const writer = {
      apply: async (
        metadata: PolicyObject['metadata'],
        status: object,
        { mayWrite = () => true }: ApplyOptions = {},
      ) => (mayWrite() ? this.#write(metadata, status) : ('GivenUp' as const)),
    };
    const reconciler = new PolicyReconciler({
      fleets: {
        assign: (policy) => this.store.assign(policy),
        get: () => runtime,
        onUse: () => {},
        forget: () => {},
      },
      owned,
      store,
      statusCache: new StatusCache({ writer, informer, clock, stopping, statusChanged }),
      lastContactAt: () => clock.monotonic(),
      events: { record: () => {} },
      observePhase: (phase) => {
        this.runs += Number(phase === 'report');
      },
      clock,
      random,
      stopping,
    });
    const logFields = (policy: string) => ({ policy });
    const controller: PolicyController = new PolicyController({
      informer,
      queue,
      store,
      reconciler,
      clock,
      random,
      log,
      logFields,
      stopping,
    });
    void runtime.identify().then(() => {
      for (const object of this.#objects.values()) {
        controller.observe({ type: 'Added', object });
      }
      void controller.runWorkers();
    });
    return runtime;
  }

  /** Changes the events in the spec of the fleet. */
  editEvents(events: { readonly queueURL?: string; readonly resyncInterval?: string }): void {
    const spec = { ...this.#fleetSpec, events: { queueURL: QUEUE_URL, ...events } };
    this.store.put(fleetObject(FLEET, spec));
    this.runtime.update(fleetNamed(FLEET, spec));
  }

  /** Ends the process without a warning, and starts another one. */
  restart(): void {
    this.#stopping.abort(new Error('the process ended'));
    this.#stopping = new AbortController();
    this.runtime = this.#start();
  }

  #write(metadata: PolicyObject['metadata'], status: object): PolicyObject {
    const key = `${metadata.namespace}/${metadata.name}`;
    const object = {
      ...(this.#objects.get(key) as PolicyObject),
      metadata: { ...metadata, resourceVersion: String(++this.#version) },
      status,
    };
    this.#objects.set(key, object);
    return object;
  }

  /** Returns the status of a policy. */
  policyStatus(name = 'no-visio'): PolicyStatus | undefined {
    return this.#objects.get(`desktops/${name}`)?.status;
  }

  /** Returns the status of the fleet, as the operator would write it now. */
  status(): FleetStatus {
    const view = {
      identity: this.runtime.identity,
      blocker: this.runtime.blocker,
      policies: 1,
      sizes: this.runtime.inventory?.sizes(),
      lastInventory: this.runtime.inventory?.lastInventory,
      disassociations: [],
      events: this.runtime.events?.view,
      rate: undefined,
    };
    this.#fleetStatus = fleetStatus(fleetNamed(FLEET, this.#fleetSpec), view, this.#fleetStatus, this.clock.now());
    return this.#fleetStatus;
  }

  /** Returns the condition EventsReceived of the fleet. */
  eventsReceived() {
    return this.status().conditions?.find(({ type }) => type === 'EventsReceived');
  }

  /** Sends an event of a change that nobody made, and waits until it has proven that events arrive. */
  async proveEvents(stepMs = STEP_MS): Promise<void> {
    this.emit('AssociateWorkspaceApplication', [ws(1)]);
    const isProven = () => this.eventsReceived()?.status === 'True' && this.queue.bodies.length === 0;
    await this.until(isProven, 3_600_000, stepMs);
    this.messages.length = 0;
  }

  /** Sends an event to the queue. Returns its body, to send it again. */
  emit(
    name: EventName,
    workspaceIDs: readonly string[],
    { delayMs = 1_000, at = this.clock.now(), requestID = undefined as string | undefined } = {},
  ): string {
    const id = `event-${++this.#events}`;
    const time = at.toISOString();
    const record = { eventTime: time, requestID: requestID ?? `${id}-request` };
    const list = { rebuildWorkspaceRequests: workspaceIDs.map((workspaceId) => ({ workspaceId })) };
    const created = { pendingRequests: workspaceIDs.map((workspaceId) => ({ workspaceId })) };
    const [workspaceId] = workspaceIDs;
    const event =
      name === 'WorkSpaces Access'
        ? accessEvent({ workspaceId }, { id, time })
        : callEvent(
            name,
            name === 'RebuildWorkspaces' ? list : { workspaceId, resourceId: workspaceId },
            name === 'CreateWorkspaces' ? created : null,
            record,
            { id, time },
          );
    const body = JSON.stringify(event);
    this.queue.send(body, delayMs);
    return body;
  }

  #announceOwnChange(requestID: string): void {
    const { method, workspaceID = '' } = this.fleet.mutations.at(-1) ?? {};
    if (method !== undefined && this.deliversOwnChanges) {
      this.emit(`${method.slice(0, 1).toUpperCase()}${method.slice(1)}` as EventName, [workspaceID], { requestID });
    }
  }

  /** Advances time and deployments. */
  async advance(ms: number, stepMs = STEP_MS): Promise<void> {
    for (let passed = 0; passed < ms; passed += stepMs) {
      await this.clock.advance(stepMs);
      this.#advanceDeployments();
    }
  }

  /** Continues deployments. Skipped long after the last change, because it takes long in a large fleet. */
  #advanceDeployments(): void {
    const { length } = this.fleet.mutations;
    const now = this.clock.monotonic();
    if (length !== this.#changes.count) {
      this.#changes = { count: length, at: now };
    }
    if (length > 0 && now - this.#changes.at < MAX_DEPLOYMENT_MS) {
      this.fleet.advance();
    }
  }

  /** Advances time until a condition holds. Returns the time that passed, in milliseconds. */
  async until(isMet: () => boolean, timeoutMs = 3_600_000, stepMs = STEP_MS): Promise<number> {
    const startedAt = this.clock.monotonic();
    while (!isMet()) {
      if (this.clock.monotonic() - startedAt > timeoutMs) {
        throw new Error(`the condition was not met within ${timeoutMs} ms`);
      }
      await this.advance(stepMs, stepMs);
    }
    return this.clock.monotonic() - startedAt;
  }

  /** Returns the calls of the WorkSpaces API while time passes. */
  async callsDuring(ms: number, stepMs = STEP_MS): Promise<number> {
    const before = this.calls.count;
    await this.advance(ms, stepMs);
    return this.calls.count - before;
  }
}
