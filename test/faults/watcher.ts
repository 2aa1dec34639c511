import type { Call } from '../../src/simulator/callLog.ts';
import { isMutation } from '../../src/simulator/endpoint.ts';
import type { SimulatedAssociation } from '../../src/simulator/lifecycle.ts';
import type { JsonObject } from '../../src/simulator/validate.ts';
import type { SimulatedCloud } from './cloud/simulatedCloud.ts';
import type { CloudObserver, Sent } from './cloud/traffic.ts';
import type { SimulatedCluster, Stored } from './cluster/simulatedCluster.ts';
import type { ClusterObserver } from './cluster/traffic.ts';
import type { ActiveFaults } from './faults.ts';
import { associationObjections, deploymentObjections } from './invariants/asked.ts';
import { processObjections } from './invariants/process.ts';
import { readObjections } from './invariants/reads.ts';
import { Repetition } from './invariants/repetition.ts';
import { type Attempt, ObservedState, type RuleViolation } from './observedState.ts';
import type { SimulatedProcess } from './process.ts';
import { ProcessLedger } from './processLedger.ts';
import type { SomeApplication } from './selection.ts';
import { ShownPlans } from './shownPlans.ts';
import type { SimulatedTime } from './time.ts';

/** A rule that was broken. */
export interface Violation {
  readonly rule: string;
  /** Milliseconds from the beginning. */
  readonly at: number;
  readonly message: string;
}

/** Looks at everything that passes between the operator, the cluster and AWS, and says which rule it breaks. Asks the operator nothing. */
export class Watcher implements CloudObserver, ClusterObserver {
  readonly violations: Violation[] = [];
  /** How often each change was carried out, by operation and pair. */
  readonly counts = new Map<string, number>();
  /** When a change was last sent, in milliseconds from the beginning. */
  lastChangeAt = 0;
  /** How many boundaries of calls were reached, and how many when a change was last sent. */
  boundaries = 0;
  boundariesToLastChange = 0;
  readonly #time: SimulatedTime;
  readonly #faults: ActiveFaults;
  readonly #applications: ReadonlyMap<string, SomeApplication>;
  readonly #known = new Map<SimulatedProcess, ProcessLedger>();
  readonly #attempts = new WeakMap<Sent, Attempt>();
  #watched:
    | { readonly observed: ObservedState; readonly plans: ShownPlans; readonly repetition: Repetition }
    | undefined;

  constructor(time: SimulatedTime, faults: ActiveFaults, applications: readonly SomeApplication[]) {
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

  /** Associations that were removed three times within a day, and are left alone for the rest of it. */
  get flapping(): ReadonlySet<string> {
    return this.#watching.repetition.flapping;
  }

  get #watching() {
    if (this.#watched === undefined) {
      throw new Error('there is nothing to watch yet');
    }
    return this.#watched;
  }

  // What the cluster tells.

  learnt(process: SimulatedProcess, plural: string, objects: readonly Stored[], isAll: boolean): void {
    this.#of(process).learnt(plural, objects, isAll, this.#time.elapsed, process);
  }

  forgot(process: SimulatedProcess, plural: string, object: Stored): void {
    this.heard(process, plural);
    this.#of(process).forgot(plural, object, process);
  }

  heard(process: SimulatedProcess, plural: string): void {
    this.#of(process).lastContactAt.set(plural, this.#time.elapsed);
  }

  statusWritten(_: SimulatedProcess, object: Stored, sentAt: number): void {
    if (object.kind === 'WorkspaceFleet' || object.metadata.namespace === undefined) {
      return;
    }
    this.#watching.plans.statusWritten(object, sentAt);
  }

  policyDeleted(key: string): void {
    this.observed.approved.delete(key);
    this.#watching.repetition.policyDeleted(key);
  }

  /** A person approves the plan that the status of a policy shows. */
  approved(key: string, object: Stored): void {
    this.#watching.plans.approved(key, object);
  }

  // What passes between the operator and AWS.

  answered(sent: Sent, output: JsonObject): void {
    this.#of(sent.process).answered(sent, output, this.#time.elapsed);
  }

  sending(sent: Sent): void {
    if (!isMutation(sent.operation)) {
      return;
    }
    this.lastChangeAt = this.#time.elapsed;
    this.boundariesToLastChange = this.boundaries;
    const { observed, repetition } = this.#watching;
    const { process, input, operation } = sent;
    const workspaceID = String(input.WorkspaceId);
    const ledger = this.#of(process);
    const told = ledger.of(workspaceID);
    this.#violated(sent, processObjections(sent, ledger, observed));
    const workspace = observed.cloud.workspace(workspaceID);
    if (workspace === undefined) {
      // It was terminated a moment ago, and AWS refuses.
      return;
    }
    this.#violated(sent, readObjections(sent, told, observed));
    const rules = ledger.rules(process, observed);
    const attempt = { ledger, told, rules, workspace: { ...workspace, tags: told.tags?.value ?? {} } };
    this.#attempts.set(sent, attempt);
    const violations =
      operation === 'DeployWorkspaceApplications'
        ? deploymentObjections(sent, attempt, observed)
        : associationObjections(sent, attempt, observed);
    this.#violated(sent, [...violations, ...repetition.sending(sent, attempt)]);
  }

  carriedOut(sent: Sent, call: Call, before: readonly SimulatedAssociation[]): void {
    const { operation, input } = sent;
    const { observed, repetition } = this.#watching;
    const workspaceID = String(input.WorkspaceId);
    for (const { AssociatedResourceId } of call.associations ?? []) {
      const pair = `${workspaceID} ${AssociatedResourceId}`;
      const count = `${operation} ${pair}`;
      this.counts.set(count, (this.counts.get(count) ?? 0) + 1);
      observed.changedAt.set(pair, this.#time.elapsed);
    }
    observed.changedAt.set(workspaceID, this.#time.elapsed);
    const was = before.find(({ applicationID }) => applicationID === input.ApplicationId);
    this.#violated(sent, repetition.carriedOut(sent, this.#attempts.get(sent), was?.state === 'ERROR'));
  }

  refused(sent: Sent, call: Call): void {
    this.#violated(sent, this.#watching.repetition.refused(sent, call, this.#attempts.get(sent)));
  }

  failed(sent: Sent): void {
    this.#watching.repetition.failed(sent, this.#attempts.get(sent));
  }

  #of(process: SimulatedProcess): ProcessLedger {
    const known = this.#known.get(process) ?? new ProcessLedger();
    this.#known.set(process, known);
    return known;
  }

  #violated({ operation, input }: Sent, violations: readonly RuleViolation[]): void {
    const what = [operation, input.WorkspaceId, input.ApplicationId].filter((one) => one !== undefined).join(' ');
    for (const { rule, message } of violations) {
      this.violations.push({ rule, at: this.#time.elapsed, message: `${what}: ${message}` });
    }
  }
}
