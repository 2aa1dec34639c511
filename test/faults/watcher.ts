import type { Call } from '../../src/simulator/callLog.ts';
import { isMutation } from '../../src/simulator/endpoint.ts';
import type { SimulatedAssociation } from '../../src/simulator/lifecycle.ts';
import type { JsonObject } from '../../src/simulator/validate.ts';
import type { CloudObserver, Sent, SimulatedCloud } from './cloud.ts';
import type { ClusterObserver, SimulatedCluster, Stored } from './cluster.ts';
import type { ActiveFaults } from './faults.ts';
import { Knowledge, type ToldWorkspace } from './knowledge.ts';
import type { SimulatedProcess } from './process.ts';
import {
  asksFor,
  changeFor,
  countOf,
  isWindowOpen,
  isWithin,
  type PolicySpec,
  type Rules,
  type SomeApplication,
  type SomeWorkspace,
  selects,
} from './rules.ts';
import { BEGINNING, type SimulatedTime } from './time.ts';

/** A rule that was broken. */
export interface Violation {
  readonly rule: string;
  /** Milliseconds from the beginning. */
  readonly at: number;
  readonly message: string;
}

/** What a change rests on is younger than this when it is sent, in milliseconds. */
const FRESH = 60_000;
/** A run makes changes for so long after it was planned, and then what it rests on may be as old as that. */
const RUN = 10_000 + FRESH + 5_000;
const IN_TOUCH = 3 * 60_000;
/** A change is shown for five seconds; a write of a status that meets a conflict is composed a moment before it is sent. */
const SHOWN = 4_500;
const RENEW_DEADLINE = 40_000;
const DAY = 24 * 3_600_000;
const PENDING = new Set(['PENDING_INSTALL_DEPLOYMENT', 'PENDING_UNINSTALL_DEPLOYMENT']);
const MOVING = new Set(['PENDING_INSTALL', 'INSTALLING', 'PENDING_UNINSTALL', 'UNINSTALLING']);
const KNOWN = new Set([...PENDING, ...MOVING, 'ERROR', 'COMPLETED', 'REMOVED']);

type Asking = ReturnType<Knowledge['policies']>[number];
type Goal = 'Remove' | 'Install';

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
  /** WorkSpaces on which somebody else than the operator has changed something, and when last. */
  readonly disturbedAt = new Map<string, number>();
  /** Associations that were removed three times within a day, and are left alone for the rest of it. */
  readonly flapping = new Set<string>();
  readonly #time: SimulatedTime;
  readonly #faults: ActiveFaults;
  readonly #applications: ReadonlyMap<string, SomeApplication>;
  readonly #known = new Map<SimulatedProcess, Knowledge>();
  /** Since when the status of a policy shows that an association is to change, by policy and pair. */
  readonly #shownSince = new Map<string, Map<string, number>>();
  /** What a person has approved, by policy. */
  readonly #approved = new Map<string, Set<string>>();
  /** When the operator last changed a pair, or anything on a WorkSpace. */
  readonly #changedAt = new Map<string, number>();
  readonly #removals = new Map<string, number[]>();
  readonly #disassociations: number[] = [];
  readonly #deployedFor = new Map<string, ReadonlySet<string>>();
  /** Whether some policies were learnt later than others: plans that rest on different ones may be under way. */
  #arePoliciesMixed = false;
  #cluster: SimulatedCluster | undefined;
  #cloud: SimulatedCloud | undefined;

  constructor(time: SimulatedTime, faults: ActiveFaults, applications: readonly SomeApplication[]) {
    this.#time = time;
    this.#faults = faults;
    this.#applications = new Map(applications.map((one) => [one.applicationId, one]));
  }

  watch(cluster: SimulatedCluster, cloud: SimulatedCloud): void {
    this.#cluster = cluster;
    this.#cloud = cloud;
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
    this.#of(process).heardAt.set(plural, this.#time.elapsed);
  }

  statusWritten(_: SimulatedProcess, object: Stored, sentAt: number): void {
    if (object.kind === 'WorkspaceFleet' || object.metadata.namespace === undefined) {
      return;
    }
    const key = `${object.metadata.namespace}/${object.metadata.name}`;
    const before = this.#shownSince.get(key) ?? new Map<string, number>();
    const rows = shownIn(object);
    this.#shownSince.set(key, new Map(rows.map((pair) => [pair, before.get(pair) ?? sentAt])));
  }

  policyDeleted(key: string): void {
    this.#shownSince.delete(key);
    this.#approved.delete(key);
  }

  /** A person approves what a policy's status shows. */
  approved(key: string, object: Stored): void {
    const approved = this.#approved.get(key) ?? new Set<string>();
    for (const pair of shownIn(object)) {
      approved.add(pair);
    }
    this.#approved.set(key, approved);
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
    const { process, input, operation } = sent;
    const workspaceId = String(input.WorkspaceId);
    const knowledge = this.#of(process);
    const told = knowledge.of(workspaceId);
    this.#checkProcess(sent, knowledge);
    this.#checkReads(sent, told);
    const workspace = this.#workspaceAs(told, workspaceId);
    if (workspace === undefined) {
      this.#violated('FreshRead', sent, 'nothing is known of the WorkSpace');
      return;
    }
    const rules = knowledge.rules(process);
    const learntAt = knowledge.policies().map((one) => one.learntAt);
    this.#arePoliciesMixed = Math.max(...learntAt) - Math.min(...learntAt) > 2_000;
    if (operation === 'DeployWorkspaceApplications') {
      this.#checkDeployment(sent, knowledge, rules, workspace, told);
    } else {
      this.#checkAssociation(sent, knowledge, rules, workspace, told);
    }
  }

  carriedOut(sent: Sent, call: Call, before: readonly SimulatedAssociation[]): void {
    const { operation, input } = sent;
    const now = this.#time.elapsed;
    const workspaceId = String(input.WorkspaceId);
    const applicationIds = (call.associations ?? []).map((one) => String(one.AssociatedResourceId));
    for (const applicationId of applicationIds) {
      const pair = `${workspaceId} ${applicationId}`;
      const count = `${operation} ${pair}`;
      this.counts.set(count, (this.counts.get(count) ?? 0) + 1);
      this.#changedAt.set(pair, now);
    }
    this.#changedAt.set(workspaceId, now);
    if (operation === 'DisassociateWorkspaceApplication') {
      const applicationId = String(input.ApplicationId);
      const was = before.find((one) => one.applicationId === applicationId);
      if (was?.state !== 'ERROR') {
        this.#removed(sent, `${workspaceId} ${applicationId}`);
      }
      this.#disassociations.push(now);
      this.#checkHour(sent);
    }
  }

  refused(sent: Sent, call: Call): void {
    const disturbed = this.disturbedAt.get(String(sent.input.WorkspaceId)) ?? Number.NEGATIVE_INFINITY;
    const isExcused = this.#time.elapsed - disturbed < 2 * RUN || this.#faults.wasAtWork('StaleReads', 2 * RUN);
    const repeats = ['ResourceInUseException', 'ResourceAlreadyExistsException', 'ResourceNotFoundException'];
    const isEmpty = call.error === 'InvalidParameterValuesException';
    if (!isExcused && (repeats.includes(call.error ?? '') || isEmpty)) {
      this.#violated(
        'SentOnce',
        sent,
        `AWS was asked for what is so, or under way, already: ${call.error} ${call.message}`,
      );
    }
  }

  #checkProcess(sent: Sent, knowledge: Knowledge): void {
    const { process } = sent;
    const leases = this.#cluster?.list('leases') ?? [];
    for (const kind of ['wsap.fleet.', 'wsap.place.']) {
      const lease = leases.find(({ metadata }) => metadata.name.startsWith(kind));
      const holder = (lease?.spec as { holderIdentity?: string } | undefined)?.holderIdentity;
      const writtenAt = this.#cluster?.writtenAt('leases', `wsap-system/${lease?.metadata.name}`) ?? 0;
      if (holder !== process.identity) {
        this.#violated('Lease', sent, `the lease ${kind}… is ${holder ?? 'nobody'}'s`);
      } else if (this.#time.elapsed - writtenAt >= RENEW_DEADLINE && !this.#faults.isOver) {
        this.#violated('Lease', sent, `the lease ${kind}… was renewed ${this.#time.elapsed - writtenAt} ms ago`);
      }
    }
    if (process.isStopping) {
      this.#violated('Stopping', sent, 'the process was asked to stop');
    }
    for (const plural of ['workspaceapplicationpolicies', 'workspacefleets', 'namespaces']) {
      const heardAt = knowledge.heardAt.get(plural) ?? Number.NEGATIVE_INFINITY;
      if (this.#time.elapsed - heardAt > IN_TOUCH) {
        this.#violated('InTouch', sent, `nothing was heard of ${plural} for ${this.#time.elapsed - heardAt} ms`);
      }
    }
  }

  /** Everything that a change rests on was read by this process, lately, and after what it changed itself. */
  #checkReads(sent: Sent, told: ToldWorkspace): void {
    const { operation, input } = sent;
    const now = this.#time.elapsed;
    const workspaceId = String(input.WorkspaceId);
    const isDeployment = operation === 'DeployWorkspaceApplications';
    const changed = this.#changedAt.get(isDeployment ? workspaceId : `${workspaceId} ${input.ApplicationId}`);
    const { associations, state, tags } = told;
    if (associations === undefined || now - associations.at > FRESH) {
      this.#violated('FreshRead', sent, 'the associations of the WorkSpace were not read before');
    } else if (changed !== undefined && associations.sentAt < changed) {
      this.#violated('FreshRead', sent, 'the associations of the WorkSpace were not read since they were changed');
    }
    if (tags === undefined || now - tags.at > RUN || state === undefined || now - state.at > RUN) {
      this.#violated('FreshRead', sent, 'the tags and the state of the WorkSpace were not read before');
    }
    if ('wsap.dev/protect' in (tags?.value ?? {})) {
      this.#violated('Protected', sent, 'the WorkSpace is protected');
    }
    if (!['AVAILABLE', 'STOPPED'].includes(state?.value ?? '')) {
      this.#violated('NotReady', sent, `the WorkSpace is ${state?.value}`);
    }
  }

  #checkAssociation(
    sent: Sent,
    knowledge: Knowledge,
    rules: Rules,
    workspace: SomeWorkspace,
    told: ToldWorkspace,
  ): void {
    const { operation, input } = sent;
    const goal = operation === 'DisassociateWorkspaceApplication' ? 'Remove' : 'Install';
    const applicationId = String(input.ApplicationId);
    const application = this.#application(applicationId);
    const asking = knowledge.policies().filter((one) => asksFor(goal, one, rules, workspace, application));
    if (asking.length === 0) {
      this.#violated('Unasked', sent, 'no policy asks for it');
      return;
    }
    const association = told.associations?.value.find((one) => one.applicationId === applicationId);
    if (!changeFor(goal, association?.state).includes(operation)) {
      this.#violated('State', sent, `the association is ${association?.state ?? 'not there'}`);
    }
    const objections = asking.map((one) => this.#objection(one, rules, workspace, applicationId, goal, sent));
    if (!objections.includes(undefined)) {
      const [first] = objections;
      this.#violated(first?.rule ?? '', sent, objections.map((one) => one?.message).join('; '));
    }
  }

  #checkDeployment(
    sent: Sent,
    knowledge: Knowledge,
    rules: Rules,
    workspace: SomeWorkspace,
    told: ToldWorkspace,
  ): void {
    const isForced = sent.input.Force === true;
    const found = told.associations?.value ?? [];
    const carried = found.filter(({ state }) => PENDING.has(state) || (isForced && state === 'ERROR'));
    const unknown = found.filter(({ state }) => !KNOWN.has(state));
    const policies = knowledge.policies();
    const goalsOf = (state: string): readonly Goal[] =>
      state === 'ERROR' ? ['Remove', 'Install'] : state.includes('UNINSTALL') ? ['Remove'] : ['Install'];
    const askedBy = (policy: Asking) =>
      carried.flatMap(({ applicationId, state }) =>
        goalsOf(state)
          .filter((goal) => asksFor(goal, policy, rules, workspace, this.#application(applicationId)))
          .map((goal) => ({ applicationId, goal })),
      );
    const asking = policies
      .map((policy) => ({ policy, asked: askedBy(policy) }))
      .filter(({ asked }) => asked.length > 0);
    if (asking.length === 0) {
      this.#violated(
        'Unasked',
        sent,
        `no policy asks for what is pending: ${carried.map(({ state }) => state).join(', ')}`,
      );
      return;
    }
    const isApproved = (policy: Asking, applicationId: string) =>
      policy.spec.enforcement !== 'Approve' ||
      this.#isApproved(policy.key, `${workspace.workspaceId} ${applicationId}`);
    const others = carried.filter(
      ({ applicationId }) =>
        !asking.some(
          ({ policy, asked }) =>
            policy.spec.rollout?.deploy !== 'Manual' &&
            isApproved(policy, applicationId) &&
            asked.some((one) => one.applicationId === applicationId),
        ),
    );
    const objections = asking.map(({ policy, asked }) => {
      const hold = (policy.spec.safeguards?.othersPendingChanges ?? 'Hold') === 'Hold' || isForced;
      if ((hold && others.length > 0) || unknown.length > 0) {
        const which = [...others, ...unknown].map(({ applicationId, state }) => `${applicationId} ${state}`).join(', ');
        return { rule: 'OthersPending', message: `it would carry out what nobody asked for: ${which}` };
      }
      const each = asked.map(({ applicationId, goal }) =>
        this.#objection(policy, rules, workspace, applicationId, goal, sent),
      );
      return each.includes(undefined) ? this.#objectionToDeploy(policy, told, workspace) : each[0];
    });
    if (!objections.includes(undefined)) {
      const [first] = objections;
      this.#violated(first?.rule ?? '', sent, objections.map((one) => one?.message).join('; '));
    }
    this.#deployedFor.set(workspace.workspaceId, new Set(asking.map(({ policy }) => policy.key)));
  }

  /** What of a policy's own settings forbids a change that it asks for. */
  #objection(
    { key, spec, learntAt }: Asking,
    rules: Rules,
    workspace: SomeWorkspace,
    applicationId: string,
    goal: Goal,
    sent: Sent,
  ): { rule: string; message: string } | undefined {
    const now = this.#time.elapsed;
    const pair = `${workspace.workspaceId} ${applicationId}`;
    const isApproved = this.#isApproved(key, pair);
    if (spec.enforcement === 'Approve' && !isApproved) {
      return { rule: 'Approval', message: `${key} waits for an approval` };
    }
    const wall = sent.process.wall;
    if (!isWindowOpen(spec, wall - RUN, wall) && !this.#faults.wasAtWork('ClockSet', RUN)) {
      return { rule: 'Window', message: `no window of ${key} is open` };
    }
    const since = this.#shownSince.get(key)?.get(pair);
    if ((since === undefined || since > now - SHOWN) && !this.#isShort(key)) {
      return {
        rule: 'Shown',
        message: `the status of ${key} has shown it for ${since === undefined ? 'no time' : `${now - since} ms`}`,
      };
    }
    if (
      goal === 'Remove' &&
      spec.enforcement === 'Enforce' &&
      !isApproved &&
      this.#isTooMuch(spec, learntAt, rules, key)
    ) {
      return { rule: 'Safeguard', message: `the plan of ${key} is over maxAffectedWorkspaces` };
    }
    return undefined;
  }

  #objectionToDeploy(
    { key, spec }: Asking,
    { connection }: ToldWorkspace,
    workspace: SomeWorkspace,
  ): { rule: string; message: string } | undefined {
    const { deploy, userSessions = 'Wait', maxInProgress } = spec.rollout ?? {};
    if (deploy === 'Manual') {
      return { rule: 'Manual', message: `${key} leaves deployments to people` };
    }
    const isThere = connection?.value !== 'DISCONNECTED' && connection?.value !== 'UNKNOWN';
    if (userSessions === 'Wait' && (isThere || this.#time.elapsed - (connection?.at ?? 0) > FRESH)) {
      return { rule: 'Session', message: `the user is ${connection?.value ?? 'not known to be gone'}` };
    }
    if (maxInProgress !== undefined && !this.#faults.wasAtWork('StaleReads', 2 * RUN)) {
      const all = (this.#cloud?.workspaces ?? []).filter((one) => selects(spec, one));
      const busy = all.filter(
        ({ workspaceId, state, associations }) =>
          workspaceId !== workspace.workspaceId &&
          (state === 'UPDATING' || [...associations.values()].some((one) => MOVING.has(one.state))) &&
          [...(this.#deployedFor.get(workspaceId) ?? [])].join() === key,
      );
      if (busy.length >= countOf(maxInProgress, all.length)) {
        return { rule: 'Budget', message: `${busy.length} WorkSpaces of ${key} are in progress` };
      }
    }
    return undefined;
  }

  /** Whether a policy's plan takes something from more WorkSpaces than it may, counting what has been so since before its last run. */
  #isTooMuch(spec: PolicySpec, learntAt: number, rules: Rules, key: string): boolean {
    const since = 3 * 60_000 + intervalOf(spec) * 1.1;
    const isNew = this.#time.elapsed - learntAt < since || this.#time.elapsed < since;
    // Right after the beginning every plan rests on reads that are as young, if all policies were there then.
    const isBeginning = this.#time.elapsed < since && !this.#arePoliciesMixed;
    if ((isNew && !isBeginning) || this.#cloud === undefined) {
      return false;
    }
    const then = Math.max(BEGINNING, this.#time.now - since);
    const cloud = this.#cloud;
    const all = cloud.workspaces.filter(
      (one) => selects(spec, one) && (rules.fleet === undefined || isWithin(rules.fleet, one)),
    );
    const drifted = all.filter((workspace) => {
      const before = new Map(
        cloud.associationsAt(workspace.workspaceId, then).map((one) => [one.applicationId, one.state]),
      );
      return [...workspace.associations.values()].some(
        ({ applicationId, state }) =>
          state !== 'REMOVED' &&
          state !== 'ERROR' &&
          !['REMOVED', 'ERROR', undefined].includes(before.get(applicationId)) &&
          !this.#isApproved(key, `${workspace.workspaceId} ${applicationId}`) &&
          asksFor('Remove', { key, spec }, rules, workspace, this.#application(applicationId)),
      );
    });
    return drifted.length > countOf(spec.safeguards?.maxAffectedWorkspaces ?? '20%', all.length);
  }

  #isApproved(key: string, pair: string): boolean {
    return this.#approved.get(key)?.has(pair) === true;
  }

  /** Whether a status had no room for all that it is about. */
  #isShort(key: string): boolean {
    const status = this.#cluster?.get('workspaceapplicationpolicies', key)?.status as
      | { associationsOmitted?: number }
      | undefined;
    return (status?.associationsOmitted ?? 0) > 0;
  }

  #removed(sent: Sent, pair: string): void {
    const now = this.#time.elapsed;
    const times = [...(this.#removals.get(pair) ?? []), now].filter((time) => now - time < DAY);
    this.#removals.set(pair, times);
    if (times.length >= 3) {
      this.flapping.add(pair);
    }
    if (times.length > 3 && !this.#faults.wasAtWork('ClockSet', DAY)) {
      this.#violated('Flapping', sent, `it was removed ${times.length} times within a day`);
    }
  }

  #checkHour(sent: Sent): void {
    const limit = (
      this.#cluster?.get('workspacefleets', 'emea')?.spec as { maxDisassociationsPerHour?: number } | undefined
    )?.maxDisassociationsPerHour;
    const lately = this.#disassociations.filter((time) => this.#time.elapsed - time < 3_600_000);
    if (limit !== undefined && lately.length > limit && !this.#faults.wasAtWork('ClockSet', 2 * 3_600_000)) {
      this.#violated('HourlyLimit', sent, `${lately.length} disassociations within an hour, and ${limit} are allowed`);
    }
  }

  #workspaceAs({ tags }: ToldWorkspace, workspaceId: string): SomeWorkspace | undefined {
    const workspace = this.#cloud?.workspace(workspaceId);
    return workspace && { ...workspace, tags: tags?.value ?? {} };
  }

  #application(applicationId: string): SomeApplication {
    return this.#applications.get(applicationId) ?? { applicationId, name: '' };
  }

  #of(process: SimulatedProcess): Knowledge {
    const known = this.#known.get(process) ?? new Knowledge();
    this.#known.set(process, known);
    return known;
  }

  #violated(rule: string, { operation, input }: Sent, message: string): void {
    const what = [operation, input.WorkspaceId, input.ApplicationId].filter((one) => one !== undefined).join(' ');
    this.violations.push({ rule, at: this.#time.elapsed, message: `${what}: ${message}` });
  }
}

/** The associations that a status shows to be about to change, or to be changing. */
function shownIn({ status }: Stored): string[] {
  const rows = (status?.associations ?? []) as {
    workspaceId: string;
    associatedResourceId: string;
    action: string;
    state?: string;
  }[];
  return rows
    .filter(({ action, state }) => action !== 'None' || MOVING.has(state ?? '') || state === 'ERROR')
    .map(({ workspaceId, associatedResourceId }) => `${workspaceId} ${associatedResourceId}`);
}

function intervalOf({ interval = '10m' }: PolicySpec): number {
  const [, amount = '10', unit = 'm'] = /^(\d+)([smh])$/.exec(interval) ?? [];
  return Number(amount) * { s: 1_000, m: 60_000, h: 3_600_000 }[unit as 's' | 'm' | 'h'];
}
