import type { Logger } from 'pino';
import type { AnsweredRequest } from '../kube/apiClient.ts';
import { type EventFate, EventRecorder } from '../kube/events.ts';
import type { LeaseTiming } from '../kube/lease.ts';
import type { Problem } from '../kube/problem.ts';
import { WorkQueue } from '../kube/queue.ts';
import { Reflector } from '../kube/reflector.ts';
import { ReportKinds } from '../kube/reportKinds.ts';
import { ReportWriter } from '../kube/reportWriter.ts';
import type { KubeObject } from '../kube/resource.ts';
import { StatusWriter } from '../kube/statusWriter.ts';
import type { Policy } from '../policy/policy.ts';
import { ambientFleet, DEFAULT_FLEET } from '../policy/workspaceFleet.ts';
import { printable } from '../printable.ts';
import { isFleetStatusWorthWriting } from '../status/fleetStatus.ts';
import { isWorthWriting } from '../status/status.ts';
import { ApiServerTrouble } from './apiServerTrouble.ts';
import { Controller } from './controller.ts';
import { FleetBook, type FleetName, fleetLabel } from './fleetBook.ts';
import { FleetController } from './fleetController.ts';
import type { BindAddress } from './http/bindAddress.ts';
import { createOwnership } from './ownership/create.ts';
import { knownPlace, Places, placeIn } from './places.ts';
import { PolicyBook } from './policyBook.ts';
import { PolicyRuns } from './policyRuns.ts';
import { FLEETS, type FleetObject, NAMESPACES, POLICIES, type PolicyObject } from './resources.ts';
import { ResultReports, type ResultReportsOptions } from './resultReports.ts';
import { Statuses } from './statuses.ts';
import type { Surroundings } from './surroundings.ts';
import { type ObservedParts, viewsOf } from './views.ts';

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
  readonly reportResults: ResultReportsOptions['results'];
  readonly reportUserNames: boolean;
  /** The reports of a policy are written no more often, in milliseconds. */
  readonly reportInterval: number;
  readonly version: string;
  readonly log: Logger;
}

/** So many fleets are connected to at once: one whose account doesn't answer keeps none of the others waiting. */
export const FLEETS_AT_ONCE = 8;

/** Puts an operator together, with nothing of it at work yet. `stopping` ends what it does in AWS. */
export function assemble(options: OperatorOptions, stopping: AbortSignal, surroundings: Surroundings) {
  const { namespace, log, version } = options;
  const { clock, random, identity, clientOf, connect } = surroundings;
  const metrics = surroundings.metricsOf({ version, clock, views: viewsOf(() => parts) });
  const trouble = new ApiServerTrouble(clock, log);
  const onAnswer = (answered: AnsweredRequest) => {
    metrics.kube.answered(answered);
    trouble.answered(answered);
  };
  const client = clientOf({ onAnswer });
  const onError = ({ message, cause }: Problem) =>
    log[trouble.covers(cause) ? 'debug' : 'warn'](printable(message, 2048));

  const onFate = (fate: EventFate) => metrics.kube.recorded(fate);
  const events = new EventRecorder({ client, clock, random, onError, onFate, instance: identity });
  const watching = { client, clock, random, onError, observer: metrics.kube };
  const ambient = ambientFleet({ callsPerSecond: options.awsRequestsPerSecond, burst: options.awsBurst });
  const fleetBook = new FleetBook(options.ambientFleet ? ambient : undefined);
  const book: PolicyBook = new PolicyBook(clock, (policy) => {
    const fleet = fleetBook.of(policy);
    if (fleet === undefined) {
      return undefined;
    }
    const { name, terms, access } = fleet;
    return { terms, place: fleetController.get(name)?.place ?? knownPlace(placeIn(access), placeOf(name)) };
  });
  const queue = new WorkQueue({ clock, random, observer: metrics.queues.observe('policy') });
  const fleetQueue = new WorkQueue({ clock, random, observer: metrics.queues.observe('fleet') });
  const reflector: Reflector<PolicyObject> = new Reflector({
    ...watching,
    resource: POLICIES,
    namespace,
    handlers: [(change) => controller.observe(change)],
  });
  const fleetReflector: Reflector<FleetObject> = new Reflector({
    ...watching,
    resource: FLEETS,
    handlers: [(change) => fleetController.observe(change), () => ownership.wake()],
  });
  const namespaceReflector = new Reflector<KubeObject>({
    ...watching,
    resource: NAMESPACES,
    handlers: [(change) => fleetBook.observeNamespace(change) && controller.fleetsChanged(isIn(change.object))],
  });
  const reflectors = [fleetReflector, namespaceReflector, reflector];
  const places = new Places(clock);
  const policiesOf = (name: FleetName) => book.valid().filter((policy) => isAbout(fleetBook, policy, name)).length;
  const isAttended = (name: FleetName) => (namespace === undefined && name !== undefined) || policiesOf(name) > 0;
  const concerns =
    (name: FleetName) =>
    ({ fleetRef = DEFAULT_FLEET }: Pick<Policy, 'fleetRef'>) =>
      fleetRef === (name ?? DEFAULT_FLEET);
  const { ownership, leaseReflector, placeOf } = createOwnership({
    clientOf: ({ timeoutMs }) => clientOf({ timeoutMs, onAnswer }),
    identity,
    namespace: options.leaseNamespace ?? surroundings.ownNamespace,
    watched: namespace,
    timing: options.leaseTiming,
    fleets: () => [undefined, ...fleetBook.names().filter(isAttended)],
    refresh: async (signal) =>
      void (await Promise.allSettled([fleetReflector.refresh(signal), reflector.refresh(signal)])),
    onGained: (name) => {
      fleetController.gained(name);
      controller.fleetGained(name);
    },
    onLost: (name) => {
      fleetController.lost(name);
      runs.fleetLost(name);
    },
    onLeft: (place) => places.vacate(place),
    onMoved: (name) => controller.fleetsChanged(concerns(name)),
    clock,
    random,
    onError,
    log,
  });
  const fleetStatuses = new Statuses({
    writer: new StatusWriter<FleetObject>({ client, resource: FLEETS }),
    reflector: fleetReflector,
    clock,
    stopping,
    isWorthWriting: isFleetStatusWorthWriting,
  });
  const policyStatuses = new Statuses({
    writer: new StatusWriter<PolicyObject>({ client, resource: POLICIES }),
    reflector,
    clock,
    stopping,
    isWorthWriting,
  });
  const fleetController: FleetController = new FleetController({
    book: fleetBook,
    places,
    connect: (fleet) => connect(fleet, metrics.aws, { clock, random, version, stopping }),
    ownership,
    policiesOf,
    isAttended,
    onChange: (name) => controller.fleetsChanged(concerns(name)),
    queue: fleetQueue,
    statuses: fleetStatuses,
    events,
    clock,
    random,
    log,
    observer: metrics.runs.observe('fleet', FLEETS_AT_ONCE),
    trouble,
  });
  const reports = new ResultReports({
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
  const runs = new PolicyRuns({
    fleets: {
      assign: (policy) => fleetBook.assign(policy),
      get: (name) => fleetController.get(name),
      uses: (name) => fleetController.uses(name),
      forget: (key) => places.forget(key),
    },
    tenureOf: (name) => ownership.tenureOf(name),
    book,
    statuses: policyStatuses,
    heardAt: () => Math.min(...reflectors.map(({ heardAt }) => heardAt)),
    reports: options.reports === 'off' ? undefined : reports,
    events,
    clock,
    random,
    observer: metrics.policies,
    stopping,
  });
  const controller = new Controller({
    reflector,
    queue,
    book,
    runs,
    clock,
    random,
    log,
    observer: metrics.runs.observe('policy', options.concurrent),
    trouble,
    about: (key) => ({ policy: key, fleet: labelOf(fleetBook.of(book.get(key)?.parsed)) }),
    stopping,
  });
  const parts: ObservedParts = {
    queues: { policy: queue, fleet: fleetQueue },
    workers: { policy: options.concurrent, fleet: FLEETS_AT_ONCE },
    reflectors,
    fleetBook,
    fleets: fleetController,
    fleetStatuses,
    book,
    policyStatuses,
    ownsFleet: (name) => (name === undefined || isAttended(name) ? ownership.tenureOf(name) !== undefined : undefined),
    runsPolicy: (key) => ownership.tenureOf(runs.fleetOf(key)) !== undefined,
  };
  return {
    metrics,
    events,
    queues: [queue, fleetQueue],
    /** The policies' last: a policy is read when it is known which fleets there are, or it would be taken for one of the operator's own. */
    reflectors: { first: [fleetReflector, namespaceReflector, leaseReflector], policies: reflector },
    controller,
    fleetController,
    reports,
    ownership,
    parts,
  };
}

function isAbout(fleets: FleetBook, policy: Policy, name: FleetName): boolean {
  const fleet = fleets.of(policy);
  return fleet !== undefined && fleet.name === name;
}

function labelOf(fleet: { readonly name: FleetName } | undefined): string | undefined {
  return fleet && fleetLabel(fleet.name);
}

function isIn({ metadata }: KubeObject): (policy: Pick<Policy, 'namespace'>) => boolean {
  return ({ namespace }) => namespace === metadata.name;
}
