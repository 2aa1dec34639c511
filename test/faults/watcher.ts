import type { Call } from '../../src/simulator/callLog.ts';
import { isMutation } from '../../src/simulator/endpoint.ts';
import type { SimulatedAssociation } from '../../src/simulator/lifecycle.ts';
import type { JsonObject } from '../../src/simulator/validate.ts';
import type { DeliveredEvent } from './cloud/eventDelivery.ts';
import type { SimulatedCloud } from './cloud/simulatedCloud.ts';
import type { CloudObserver, SentCall } from './cloud/traffic.ts';
import type { SimulatedCluster, StoredObject } from './cluster/simulatedCluster.ts';
import type { ClusterObserver } from './cluster/traffic.ts';
import type { ActiveFaults } from './faults.ts';
import { type Anchor, AuditTrailRule } from './invariants/auditTrail.ts';
import { readViolations } from './invariants/freshReads.ts';
import { orderViolations, withoutViolations } from './invariants/nobodyWithout.ts';
import { processViolations } from './invariants/processState.ts';
import { QueueReads } from './invariants/queueReads.ts';
import { ReadEvents } from './invariants/readEvents.ts';
import { Repetition } from './invariants/repetition.ts';
import { associationViolations, deploymentViolations, isRevertOf, requestersOf } from './invariants/requestedChange.ts';
import { isInvalid } from './manifests.ts';
import { type Attempt, ObservedState, PENDING_STATES } from './observedState.ts';
import { isAdmitted } from './policyContext.ts';
import type { SimulatedProcess } from './process.ts';
import { ProcessLedger } from './processLedger.ts';
import { isNotPermitted, listsRemoval, type RemovalFacts, type SentRemoval } from './records.ts';
import type { ApplicationFacts } from './selection.ts';
import { isEvaluated, ShownPlans } from './shownPlans.ts';
import { type SimulatedTime, START_TIME } from './time.ts';
import type { UntimedViolation, Violation } from './violation.ts';

/** Time after a change from which a read shows its result (ms): a minute, and the maximum lag of a read. */
const UNSETTLED_MS = 90_000;

/** Time within which a change by somebody else hides who changed a WorkSpace (ms). */
const CONTESTED_MS = 2 * 60_000;

/** Exceptions for an application that AWS doesn't install on the WorkSpace. */
const INCOMPATIBLE = /^(IncompatibleApplications|ComputeNotCompatible|OperatingSystemNotCompatible)Exception$/;

/**
 * Checks everything that passes between the operator, the cluster, and AWS, and records every violation of a
 * rule. Doesn't rely on the operator's own state.
 */
export class Watcher implements CloudObserver, ClusterObserver {
  readonly violations: Violation[] = [];
  /** Number of times that each change was made, by operation and pair. */
  readonly counts = new Map<string, number>();
  /** Time at which a change was last sent, in milliseconds from the start. */
  lastChangeAt = 0;
  /** Number of boundaries, in total and until the last change was sent. */
  boundaries = 0;
  boundariesToLastChange = 0;
  readonly #time: SimulatedTime;
  readonly #faults: ActiveFaults;
  readonly #applications: ReadonlyMap<string, ApplicationFacts>;
  readonly #auditTrail: AuditTrailRule;
  readonly #hiddenFromOwner = new Set<string>();
  /** Processes that wrote statuses with `RefNotPermitted` and none with an evaluation since, by the UID of the policy. */
  readonly #hiddenBy = new Map<string, SimulatedProcess>();
  /** Versions of policies with the last status that showed their WorkSpaces, by UID. */
  readonly #lastShown = new Map<string, StoredObject>();
  readonly #ledgers = new Map<SimulatedProcess, ProcessLedger>();
  readonly #readEvents = new ReadEvents();
  readonly #queueReads = new QueueReads();
  readonly #attempts = new WeakMap<SentCall, Attempt>();
  readonly #removals = new WeakMap<SentCall, SentRemoval>();
  #watched:
    | { readonly observed: ObservedState; readonly plans: ShownPlans; readonly repetition: Repetition }
    | undefined;

  /** @param auditLog lines of the audit log, which grow */
  constructor(
    time: SimulatedTime,
    faults: ActiveFaults,
    applications: readonly ApplicationFacts[],
    auditLog: readonly string[],
  ) {
    this.#auditTrail = new AuditTrailRule(auditLog);
    this.#time = time;
    this.#faults = faults;
    this.#applications = new Map(applications.map((one) => [one.applicationID, one]));
  }

  watch(cluster: SimulatedCluster, cloud: SimulatedCloud): void {
    const observed = new ObservedState({
      time: this.#time,
      faults: this.#faults,
      applications: this.#applications,
      cluster,
      cloud,
    });
    this.#watched = { observed, plans: new ShownPlans(observed), repetition: new Repetition(observed) };
  }

  get observed(): ObservedState {
    return this.#watching.observed;
  }

  /** What the watcher knows of removals, to compare it with the records of the operator. */
  get removalFacts(): RemovalFacts {
    const { removals, dueChanges, changedByOthersAt, changesByOthers, hadSeveralProcesses, faults } = this.observed;
    return {
      sent: removals,
      hadSeveralProcesses,
      hadStaleReads: faults.wasActive('StaleReads', Number.POSITIVE_INFINITY),
      changedByOthersAt: new Map([...changedByOthersAt].map(([id, at]) => [id, START_TIME + at])),
      changesByOthers: new Map([...changesByOthers].map(([id, times]) => [id, times.map((at) => START_TIME + at)])),
      due: dueChanges,
      hiddenFromOwner: this.#hiddenFromOwner,
    };
  }

  /** Associations that were removed three times within a day. They are held for the rest of the day. */
  get flapping(): ReadonlySet<string> {
    return this.#watching.repetition.flapping;
  }

  get #watching() {
    if (this.#watched === undefined) {
      throw new Error('call watch() first');
    }
    return this.#watched;
  }

  // Traffic between the operator and the cluster.

  objectsReceived(process: SimulatedProcess, plural: string, objects: readonly StoredObject[], isAll: boolean): void {
    this.#ledgerOf(process).recordObjects(plural, objects, isAll, this.#time.elapsed, process);
  }

  objectDeleted(process: SimulatedProcess, plural: string, object: StoredObject): void {
    this.contacted(process, plural);
    this.#ledgerOf(process).recordDeletion(plural, object, process);
  }

  contacted(process: SimulatedProcess, plural: string): void {
    this.#ledgerOf(process).lastContactAt.set(plural, this.#time.elapsed);
  }

  statusWritten(process: SimulatedProcess, object: StoredObject, sentAt: number): void {
    if (object.kind === 'WorkspaceFleet') {
      const at = this.#time.elapsed;
      this.violations.push(...this.#auditTrail.anchorsWritten(anchorsOf(object)).map((one) => ({ ...one, at })));
    }
    if (object.kind === 'WorkspaceFleet' || object.metadata.namespace === undefined) {
      return;
    }
    this.observed.rollouts.recordStatus(object);
    this.#recordHidden(process, object);
    this.#recordReported(process, object, sentAt);
    for (const violation of this.#watching.plans.recordStatus(object, sentAt)) {
      this.violations.push({ ...violation, at: this.#time.elapsed });
    }
  }

  /** Records which removals a process could list in a status: those that it had sent before. */
  #recordReported(process: SimulatedProcess, object: StoredObject, sentAt: number): void {
    if (isEvaluated(object)) {
      this.observed.removals
        .filter(({ by, at }) => by === process && at < START_TIME + sentAt)
        .forEach(({ unreportedBy }) => void unreportedBy.delete(object.metadata.uid ?? ''));
    }
  }

  /** Records whether a process took over a policy before a status showed its WorkSpaces again. */
  #recordHidden(process: SimulatedProcess, object: StoredObject): void {
    const { uid = '' } = object.metadata;
    const hiddenBy = this.#hiddenBy.get(uid);
    if (hiddenBy !== undefined && hiddenBy !== process) {
      this.#hiddenFromOwner.add(uid);
      const last = this.#lastShown.get(uid);
      this.#watching.repetition.recordsLost(
        `${object.metadata.namespace}/${object.metadata.name}`,
        (pair, at) => last !== undefined && listsRemoval(last, pair, START_TIME + at),
      );
    }
    if (hiddenBy === undefined && isEvaluated(object)) {
      this.#lastShown.set(uid, object);
    }
    // A status that follows without an evaluation repeats that there are no WorkSpaces.
    if (isNotPermitted(object) || (hiddenBy !== undefined && !isEvaluated(object))) {
      this.#hiddenBy.set(uid, process);
    } else {
      this.#hiddenBy.delete(uid);
    }
  }

  /** Records that a user deploys the pending changes of a WorkSpace in the AWS console. */
  deployedByOthers(workspaceID: string): void {
    const { cloud, deployedBy } = this.observed;
    for (const { applicationID, state, lastUpdated } of cloud.workspace(workspaceID)?.associations.values() ?? []) {
      const pair = `${workspaceID} ${applicationID}`;
      if (PENDING_STATES.has(state)) {
        const isStarted = this.observed.startedChange(pair, lastUpdated) !== undefined;
        deployedBy.set(pair, isStarted ? 'operator' : 'others');
      }
    }
  }

  /** Checks the audit log at the end of a run. */
  auditLogComplete(): void {
    const at = this.#time.elapsed;
    const [fleet] = this.observed.cluster.list('workspacefleets');
    const violations = this.#auditTrail.finish(
      at,
      anchorsOf(fleet),
      (sent) => this.#isResultShown(sent),
      (sent) => this.#isContested(sent),
    );
    this.violations.push(...violations.map((one) => ({ ...one, at })));
  }

  /** Whether somebody else changed the WorkSpace of a call within two minutes. */
  #isContested({ input, at }: SentCall): boolean {
    const changes = this.observed.changesByOthers.get(String(input.WorkspaceId)) ?? [];
    return changes.some((one) => Math.abs(one - at) < CONTESTED_MS);
  }

  /**
   * Whether a running process has read the associations of a WorkSpace after an association or disassociation so late that the read can't
   * lag behind it, and nobody else has changed the WorkSpace since. A policy that is gone or not admitted reads nothing.
   */
  #isResultShown({ process, operation, input, at }: SentCall): boolean {
    const { observed } = this;
    const workspaceID = String(input.WorkspaceId);
    const { sentAt = 0 } = this.#ledgerOf(process).workspace(workspaceID).associations ?? {};
    return (
      operation !== 'DeployWorkspaceApplications' &&
      process.isAlive &&
      sentAt - at > UNSETTLED_MS &&
      observed.cloud.workspace(workspaceID) !== undefined &&
      !(observed.changesByOthers.get(workspaceID) ?? []).some((one) => one > at - UNSETTLED_MS) &&
      !this.#faults.wasActive('ClockJump', Number.POSITIVE_INFINITY)
    );
  }

  policyDeleted(key: string): void {
    this.#watching.repetition.recordsLost(key);
  }

  /**
   * Records that a user sets the annotation of approvals of a policy to a new value, the ID of a plan that the user
   * has seen in a version of the object.
   */
  planApproved(key: string, object: StoredObject, planID: string, seen: StoredObject): void {
    this.#watching.plans.recordApproval(key, object, planID, seen);
  }

  // Traffic between the operator and AWS.

  responseReceived(sent: SentCall, output: JsonObject): void {
    this.#ledgerOf(sent.process).recordResponse(sent, output, this.#time.elapsed);
    this.#readEvents.record(sent);
  }

  errorReceived(sent: SentCall, error: unknown): void {
    // A WorkSpace that doesn't exist, or that can't have associations, has none.
    if (/^(ResourceNotFound|OperationNotSupported)/.test((error as Error).name)) {
      this.#readEvents.record(sent);
    }
  }

  /**
   * A process deletes the message of an event. The clock of a machine decides which read is newer. The operator reads no WorkSpace that no
   * policy can select, and a listing that replaces reads contains only what valid policies require that the fleet admits.
   */
  eventDeleted(process: SimulatedProcess, event: DeliveredEvent): void {
    if (this.#faults.wasActive('ClockJump', Number.POSITIVE_INFINITY)) {
      return;
    }
    const context = this.#ledgerOf(process).policyContext(process, this.observed);
    const policies = isAdmitted(context) ? context.policies.filter(({ spec }) => !isInvalid(spec)) : [];
    const { workspaceID, newID } = event;
    for (const id of [workspaceID, ...(newID === undefined ? [] : [newID])]) {
      const isSelectable = policies.some(({ spec }) => spec.workspaceSelector.workspaceIDs?.includes(id) ?? true);
      for (const violation of isSelectable ? this.#readEvents.violations(process, id, event) : []) {
        this.violations.push({ ...violation, at: this.#time.elapsed });
      }
    }
  }

  /** A process reads the queue of the events. */
  queueRead(process: SimulatedProcess): void {
    const [fleet] = this.observed.cluster.list('workspacefleets');
    const at = this.#time.elapsed;
    const violations = this.#queueReads.record(process, fleet, this.#faults);
    this.violations.push(...violations.map((one) => ({ ...one, at })));
  }

  callSent(sent: SentCall): void {
    if (!isMutation(sent.operation)) {
      return;
    }
    this.lastChangeAt = this.#time.elapsed;
    this.boundariesToLastChange = this.boundaries;
    const { observed, repetition } = this.#watching;
    const { process, input, operation } = sent;
    const workspaceID = String(input.WorkspaceId);
    const ledger = this.#ledgerOf(process);
    const known = ledger.workspace(workspaceID);
    this.#record(sent, this.#auditTrail.callSent(sent));
    this.#record(sent, processViolations(sent, ledger, observed));
    const workspace = observed.cloud.workspace(workspaceID);
    if (workspace === undefined) {
      // The WorkSpace was terminated, and AWS rejects the call.
      return;
    }
    const context = ledger.policyContext(process, observed);
    const facts = {
      ledger,
      known,
      context,
      workspace: { ...observed.cloud.factsOf(workspace), tags: known.tags?.value ?? {} },
    };
    const requestedBy = requestersOf(sent, facts, observed);
    const attempt = { ...facts, isRevert: isRevertOf(sent, facts, observed), requestedBy };
    this.#attempts.set(sent, attempt);
    this.#record(sent, this.#auditTrail.requestersKnown(sent, requestedBy));
    this.#record(sent, readViolations(sent, attempt, observed));
    const violations =
      operation === 'DeployWorkspaceApplications'
        ? deploymentViolations(sent, attempt, observed)
        : associationViolations(sent, attempt, observed);
    const replacements = [...withoutViolations(sent, attempt, observed), ...orderViolations(sent, attempt, observed)];
    this.#record(sent, [...violations, ...replacements, ...repetition.callSent(sent, attempt)]);
    observed.sentAt.set(workspaceID, this.#time.elapsed);
    if (operation === 'DisassociateWorkspaceApplication') {
      const pair = `${workspaceID} ${input.ApplicationId}`;
      const isShown = [...requestedBy].some((uid) => observed.isListed(uid, pair));
      const unreportedBy = new Set(requestedBy);
      const removal = { pair, at: this.#time.now, requestedBy, by: process, isShown, unreportedBy };
      observed.removals.push(removal);
      this.#removals.set(sent, removal);
    }
    if (operation !== 'DeployWorkspaceApplications') {
      const begun = { by: process, at: this.#time.elapsed, wall: process.wall };
      observed.begun.set(workspaceID, [...(observed.begun.get(workspaceID) ?? []), begun]);
    }
  }

  changeApplied(sent: SentCall, call: Call, before: readonly SimulatedAssociation[]): void {
    this.#auditTrail.changeApplied(sent);
    const { operation, input } = sent;
    const { observed, repetition } = this.#watching;
    const workspaceID = String(input.WorkspaceId);
    for (const { AssociatedResourceId } of call.associations ?? []) {
      const pair = `${workspaceID} ${AssociatedResourceId}`;
      const count = `${operation} ${pair}`;
      this.counts.set(count, (this.counts.get(count) ?? 0) + 1);
      observed.changedAt.set(pair, this.#time.elapsed);
      if (operation === 'DeployWorkspaceApplications') {
        observed.deployedBy.set(pair, 'operator');
      }
    }
    observed.changedAt.set(workspaceID, this.#time.elapsed);
    if (operation === 'DeployWorkspaceApplications') {
      const ids = (call.associations ?? []).map(({ AssociatedResourceId }) => String(AssociatedResourceId));
      observed.rollouts.deployed(workspaceID, ids);
    }
    this.#recordStart(sent);
    const associationBefore = before.find(({ applicationID }) => applicationID === input.ApplicationId);
    const removal = this.#removals.get(sent);
    if (removal !== undefined) {
      removal.removesInstalled = associationBefore?.state === 'COMPLETED';
    }
    this.#record(sent, repetition.changeApplied(sent, this.#attempts.get(sent), associationBefore?.state === 'ERROR'));
  }

  changeRejected(sent: SentCall, call: Call): void {
    if (INCOMPATIBLE.test(call.error ?? '')) {
      this.observed.cloud.incompatible.add(`${sent.input.WorkspaceId} ${sent.input.ApplicationId}`);
    }
    this.#record(sent, this.#watching.repetition.changeRejected(sent, call, this.#attempts.get(sent)));
  }

  changeThrottled(sent: SentCall, call: Call): void {
    this.#auditTrail.changeThrottled(sent);
    if (call.fault === undefined) {
      this.#record(sent, this.#watching.repetition.changeRejected(sent, call, this.#attempts.get(sent)));
    }
  }

  changeFailed(sent: SentCall): void {
    this.#watching.repetition.changeFailed(sent, this.#attempts.get(sent));
  }

  /** Records an association or disassociation that waits for a deployment. */
  #recordStart(sent: SentCall): void {
    const { WorkspaceId, ApplicationId } = sent.input;
    const { observed } = this.#watching;
    const association = observed.cloud.workspace(String(WorkspaceId))?.associations.get(String(ApplicationId));
    const attempt = this.#attempts.get(sent);
    if (association === undefined || attempt === undefined) {
      return;
    }
    observed.started.set(`${WorkspaceId} ${ApplicationId}`, {
      goal: association.state.includes('UNINSTALL') ? 'Remove' : 'Install',
      lastUpdated: Math.round(association.lastUpdated),
      // The process may have received other policies since it sent the change.
      requestedBy: attempt.requestedBy,
    });
  }

  #ledgerOf(process: SimulatedProcess): ProcessLedger {
    const ledger = this.#ledgers.get(process) ?? new ProcessLedger();
    this.#ledgers.set(process, ledger);
    this.observed.hadSeveralProcesses = this.#ledgers.size > 1;
    return ledger;
  }

  #record({ operation, input }: SentCall, violations: readonly UntimedViolation[]): void {
    const what = [operation, input.WorkspaceId, input.ApplicationId].filter((one) => one !== undefined).join(' ');
    for (const { rule, message } of violations) {
      this.violations.push({ rule, at: this.#time.elapsed, message: `${what}: ${message}` });
    }
  }
}

/** Returns the last records of the audit log that the status of a fleet shows. */
function anchorsOf(fleet: StoredObject | undefined): readonly Anchor[] {
  return (fleet?.status?.audit ?? []) as readonly Anchor[];
}
