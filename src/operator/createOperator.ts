import type { Logger } from 'pino';
import type { RequestResult } from '../kube/apiClient.ts';
import type { BackgroundError } from '../kube/backgroundError.ts';
import { EventRecorder, type EventResult } from '../kube/events.ts';
import { Informer } from '../kube/informer.ts';
import type { LeaseTiming } from '../kube/lease.ts';
import { WorkQueue } from '../kube/queue.ts';
import type { KubeObject } from '../kube/resource.ts';
import { FLEETS, type FleetObject, NAMESPACES, POLICIES, type PolicyObject } from '../kube/resources.ts';
import { StatusWriter } from '../kube/statusWriter.ts';
import type { Policy } from '../policy/policy.ts';
import { ambientFleet, DEFAULT_FLEET } from '../policy/workspaceFleet.ts';
import { ReportController, type ReportControllerOptions } from '../reports/controller.ts';
import { ReportKinds } from '../reports/reportKinds.ts';
import { ReportWriter } from '../reports/reportWriter.ts';
import { sanitize } from '../sanitize.ts';
import { fleetStatusChanged } from '../status/fleetStatus.ts';
import { statusChanged } from '../status/status.ts';
import { OutageLog } from './apiServerOutage.ts';
import { AwsScopes, resolveScope, scopeOf } from './awsScopes.ts';
import type { Dependencies } from './dependencies.ts';
import { FleetController } from './fleetController.ts';
import { type FleetName, FleetStore, fleetLabel } from './fleetStore.ts';
import type { BindAddress } from './http/bindAddress.ts';
import { metricSources, type OperatorInternals } from './introspection.ts';
import { createOwnership } from './ownership/create.ts';
import { PolicyController } from './policyController.ts';
import { PolicyReconciler } from './policyReconciler.ts';
import { PolicyStore } from './policyStore.ts';
import { ServedSchemas } from './servedSchemas.ts';
import { StatusCache } from './statusCache.ts';

export interface OperatorOptions {
  /** Watch this namespace only; undefined: all. */
  readonly namespace: string | undefined;
  /** Whether policies without a fleet may use the process's own AWS settings. */
  readonly ambientFleet: boolean;
  /** Of these settings' fleet. */
  readonly awsRequestsPerSecond: number;
  readonly awsBurst: number;
  /** Policies reconciled at once. */
  readonly concurrent: number;
  /** Where the leases are by which replicas share the fleets; undefined: the namespace of the pod, or of the kubeconfig's context. */
  readonly leaseNamespace: string | undefined;
  readonly leaseTiming: LeaseTiming;
  /** Where metrics and probes are served; undefined: nowhere. */
  readonly metricsBindAddress: BindAddress | undefined;
  readonly healthProbeBindAddress: BindAddress | undefined;
  /** Whether all results go into the cluster's report objects, where it has some. */
  readonly reports: 'auto' | 'off';
  readonly reportResults: ReportControllerOptions['results'];
  readonly reportUserNames: boolean;
  /** The reports of a policy are written no more often, in milliseconds. */
  readonly reportInterval: number;
  readonly version: string;
  readonly log: Logger;
}

/** So many fleets are connected to at once: one whose account doesn't answer keeps none of the others waiting. */
export const FLEETS_AT_ONCE = 8;

/** Puts an operator together, with nothing of it at work yet. `stopping` ends what it does in AWS. */
export function createOperator(options: OperatorOptions, stopping: AbortSignal, dependencies: Dependencies) {
  const { namespace, log, version } = options;
  const { clock, random, identity, clientOf, connect } = dependencies;
  const metrics = dependencies.metricsOf({ version, clock, sources: metricSources(() => parts) });
  const outages = new OutageLog(clock, log);
  const onAnswer = (answered: RequestResult) => {
    metrics.kube.answered(answered);
    outages.answered(answered);
  };
  const client = clientOf({ onAnswer });
  const onError = ({ message, cause }: BackgroundError) =>
    log[outages.suppresses(cause) ? 'debug' : 'warn'](sanitize(message, 2048));

  const onResult = (fate: EventResult) => metrics.kube.recorded(fate);
  const events = new EventRecorder({ client, clock, random, onError, onResult, instance: identity });
  const watching = { client, clock, random, onError, observer: metrics.kube };
  const ambient = ambientFleet({ callsPerSecond: options.awsRequestsPerSecond, burst: options.awsBurst });
  const schemas: ServedSchemas = new ServedSchemas({
    client,
    clock,
    stopping,
    onRead: () => {
      fleetController.schemasRead();
      controller.schemasRead();
    },
  });
  const fleetStore = new FleetStore(options.ambientFleet ? ambient : undefined, schemas);
  const bindingFor = (policy: Policy) => {
    const fleet = fleetStore.of(policy);
    if (fleet === undefined) {
      return undefined;
    }
    const { name, limits, access } = fleet;
    return { limits, scope: fleetController.get(name)?.scope ?? resolveScope(scopeOf(access), placeOf(name)) };
  };
  const store: PolicyStore = new PolicyStore(clock, bindingFor, schemas);
  const queue = new WorkQueue({ clock, random, observer: metrics.queues.observe('policy') });
  const fleetQueue = new WorkQueue({ clock, random, observer: metrics.queues.observe('fleet') });
  const informer: Informer<PolicyObject> = new Informer({
    ...watching,
    resource: POLICIES,
    namespace,
    handlers: [(change) => controller.observe(change)],
  });
  const fleetInformer: Informer<FleetObject> = new Informer({
    ...watching,
    resource: FLEETS,
    handlers: [(change) => fleetController.observe(change), () => ownership.wake()],
  });
  const namespaceReflector = new Informer<KubeObject>({
    ...watching,
    resource: NAMESPACES,
    handlers: [(change) => fleetStore.observeNamespace(change) && controller.fleetsChanged(isIn(change.object))],
  });
  const informers = [fleetInformer, namespaceReflector, informer];
  const scopes = new AwsScopes(clock);
  const policiesOf = (name: FleetName) => store.valid().filter((policy) => isAbout(fleetStore, policy, name)).length;
  const isAttended = (name: FleetName) => (namespace === undefined && name !== undefined) || policiesOf(name) > 0;
  const concerns =
    (name: FleetName) =>
    ({ fleetRef = DEFAULT_FLEET }: Pick<Policy, 'fleetRef'>) =>
      fleetRef === (name ?? DEFAULT_FLEET);
  const { ownership, leaseReflector, placeOf } = createOwnership({
    clientOf: ({ timeoutMs }) => clientOf({ timeoutMs, onAnswer }),
    identity,
    namespace: options.leaseNamespace ?? dependencies.ownNamespace,
    watched: namespace,
    timing: options.leaseTiming,
    fleets: () => [undefined, ...fleetStore.names().filter(isAttended)],
    refresh: async (signal) =>
      void (await Promise.allSettled([fleetInformer.refresh(signal), informer.refresh(signal)])),
    onGained: (name) => {
      fleetController.gained(name);
      controller.fleetGained(name);
    },
    onLost: (name) => {
      fleetController.lost(name);
      runs.fleetLost(name);
    },
    onLeft: (scope) => scopes.vacate(scope),
    onMoved: (name) => controller.fleetsChanged(concerns(name)),
    clock,
    random,
    onError,
    log,
  });
  const fleetStatuses = new StatusCache({
    writer: new StatusWriter<FleetObject>({ client, resource: FLEETS }),
    informer: fleetInformer,
    clock,
    stopping,
    statusChanged: fleetStatusChanged,
  });
  const policyStatuses = new StatusCache({
    writer: new StatusWriter<PolicyObject>({ client, resource: POLICIES }),
    informer,
    clock,
    stopping,
    statusChanged,
  });
  const fleetController: FleetController = new FleetController({
    fleets: fleetStore,
    scopes,
    connect: (fleet) => connect(fleet, metrics.aws, { clock, random, version, stopping }),
    ownership,
    schemas,
    policiesOf,
    isAttended,
    onChange: (name) => controller.fleetsChanged(concerns(name)),
    queue: fleetQueue,
    statusCache: fleetStatuses,
    events,
    clock,
    random,
    log,
    observer: metrics.runs.observe('fleet', FLEETS_AT_ONCE),
    outages,
  });
  const reports = new ReportController({
    kinds: new ReportKinds(client, clock, options.reportInterval),
    writer: new ReportWriter(client, clock),
    results: options.reportResults,
    userNames: options.reportUserNames,
    interval: options.reportInterval,
    events,
    clock,
    random,
    log,
    stopping,
    onPass: ({ policyKey: policy, outcome }) => log.debug({ policy, outcome }, 'reports looked at'),
  });
  const runs = new PolicyReconciler({
    fleets: {
      assign: (policy) => fleetStore.assign(policy),
      get: (name) => fleetController.get(name),
      uses: (name) => fleetController.uses(name),
      forget: (key) => scopes.forget(key),
    },
    owned: (name) => ownership.owned(name),
    store,
    statusCache: policyStatuses,
    schemas,
    lastContactAt: () => Math.min(...informers.map(({ lastContactAt }) => lastContactAt)),
    reports: options.reports === 'off' ? undefined : reports,
    events,
    clock,
    random,
    observer: metrics.policies,
    stopping,
  });
  const controller = new PolicyController({
    informer,
    queue,
    store,
    runs,
    clock,
    random,
    log,
    observer: metrics.runs.observe('policy', options.concurrent),
    outages,
    about: (key) => ({ policy: key, fleet: labelOf(fleetStore.of(store.get(key)?.parsed)) }),
    stopping,
  });
  const parts: OperatorInternals = {
    queues: { policy: queue, fleet: fleetQueue },
    workers: { policy: options.concurrent, fleet: FLEETS_AT_ONCE },
    informers,
    fleetStore,
    fleets: fleetController,
    fleetStatuses,
    store,
    policyStatuses,
    ownsFleet: (name) => (name === undefined || isAttended(name) ? ownership.owned(name) !== undefined : undefined),
    runsPolicy: (key) => ownership.owned(runs.fleetOf(key)) !== undefined,
  };
  return {
    metrics,
    events,
    queues: [queue, fleetQueue],
    /** The policies' last: a policy is read when it is known which fleets there are, or it would be taken for one of the operator's own. */
    informers: { first: [fleetInformer, namespaceReflector, leaseReflector], policies: informer },
    schemas,
    controller,
    fleetController,
    reports,
    ownership,
    parts,
  };
}

function isAbout(fleets: FleetStore, policy: Policy, name: FleetName): boolean {
  const fleet = fleets.of(policy);
  return fleet !== undefined && fleet.name === name;
}

function labelOf(fleet: { readonly name: FleetName } | undefined): string | undefined {
  return fleet && fleetLabel(fleet.name);
}

function isIn({ metadata }: KubeObject): (policy: Pick<Policy, 'namespace'>) => boolean {
  return ({ namespace }) => namespace === metadata.name;
}
