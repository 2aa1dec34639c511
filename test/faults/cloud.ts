import { type AwsFleet, awsFleetOver, type Clients } from '../../src/aws/createAwsFleet.ts';
import type { RateLimiter } from '../../src/aws/rateLimiter.ts';
import type { Clock } from '../../src/clock.ts';
import { FleetError } from '../../src/fleet/errors.ts';
import type { AssociationErrorCode, StateReason } from '../../src/fleet/model.ts';
import type { Answer } from '../../src/simulator/answers.ts';
import { type Call, CallLog } from '../../src/simulator/callLog.ts';
import { Endpoint, isMutation } from '../../src/simulator/endpoint.ts';
import { type FaultKind as EndpointFault, Faults } from '../../src/simulator/faults.ts';
import { advance, ERROR_MESSAGES, type SimulatedAssociation } from '../../src/simulator/lifecycle.ts';
import { applicationSide, workspaceSide } from '../../src/simulator/presentation.ts';
import { RateLimiter as Throttle } from '../../src/simulator/rateLimit.ts';
import type { Seed } from '../../src/simulator/seed.ts';
import type { SimulatedWorkspace } from '../../src/simulator/simulatedFleet.ts';
import { SimulatedWorkSpaces } from '../../src/simulator/simulatedWorkspaces.ts';
import type { JsonObject } from '../../src/simulator/validate.ts';
import type { ActiveFaults, FaultKind } from './faults.ts';
import type { SimulatedProcess } from './process.ts';
import type { SimulatedTime } from './time.ts';

export interface Sent {
  readonly process: SimulatedProcess;
  readonly operation: string;
  readonly input: Readonly<Record<string, unknown>>;
  readonly at: number;
}

/** Told what passes between a process and AWS, at the moment it does. */
export interface CloudObserver {
  /** A process sends a request. */
  sending(sent: Sent): void;
  /** AWS has carried a change out; `before` is how the WorkSpace was then. */
  carriedOut(sent: Sent, call: Call, before: readonly SimulatedAssociation[]): void;
  /** AWS has refused a change. */
  refused(sent: Sent, call: Call): void;
  /** Something goes wrong with a change, and the process is told so. */
  failed(sent: Sent): void;
  /** A process gets an answer to a read. */
  answered(sent: Sent, output: JsonObject): void;
}

const ERROR_CODES = Object.keys(ERROR_MESSAGES) as AssociationErrorCode[];
/** Milliseconds that a call takes on its way, each way. */
const LATENCY = { least: 5, most: 40 };
const TIMEOUT = 30_000;
/** The operations that are read from one of the two directions, and what they ask for. */
const ASSOCIATIONS = new Set(['DescribeWorkspaceAssociations', 'DescribeApplicationAssociations']);
/** What the endpoint does about each fault. */
const AT_ENDPOINT: readonly (readonly [FaultKind, EndpointFault])[] = [
  ['Throttled', 'Throttle'],
  ['ServerError', 'HttpError'],
  ['Reset', 'CloseConnection'],
  ['LostAnswer', 'LoseAnswer'],
];
const FAILURES: ReadonlySet<string> = new Set(['HttpError', 'CloseConnection', 'AccessDenied']);
const TIMES = new Set([
  'Created',
  'LastUpdatedTime',
  'LastKnownUserConnectionTimestamp',
  'ConnectionStateCheckTimestamp',
]);

/** AWS: the simulator, behind the operator's own adapter but for the SDK's wire. Every call takes its time, and meets the faults that are at work. */
export class SimulatedCloud {
  readonly simulated: SimulatedWorkSpaces;
  readonly #seed: Seed;
  readonly #pageSize: number;
  readonly #time: SimulatedTime;
  readonly #faults: ActiveFaults;
  readonly #observer: CloudObserver;
  readonly #boundary: (process: SimulatedProcess) => boolean;
  readonly #crash: (process: SimulatedProcess) => void;
  readonly #random: () => number;
  readonly refuses: string | undefined;
  readonly #endpoint: Endpoint;
  readonly #struck: Faults;
  /** How each WorkSpace's associations were, from when on. */
  readonly #history = new Map<
    string,
    { readonly at: number; readonly associations: readonly SimulatedAssociation[] }[]
  >();
  /** What each WorkSpace had at the beginning: its image has it. */
  readonly firstHad: ReadonlyMap<string, readonly string[]>;
  /** WorkSpaces on which a deployment has failed. */
  readonly failedOn = new Set<string>();
  #last: Call | undefined;

  constructor(parts: {
    readonly seed: Seed;
    readonly pageSize: number;
    readonly time: SimulatedTime;
    readonly faults: ActiveFaults;
    readonly observer: CloudObserver;
    readonly boundary: (process: SimulatedProcess) => boolean;
    /** Kills a process; another one comes after a while. */
    readonly crash: (process: SimulatedProcess) => void;
    readonly random: () => number;
    /** A WorkSpace on which AWS refuses every change. */
    readonly refuses: string | undefined;
  }) {
    this.#seed = parts.seed;
    this.#pageSize = parts.pageSize;
    this.#time = parts.time;
    this.#faults = parts.faults;
    this.#observer = parts.observer;
    this.#boundary = parts.boundary;
    this.#crash = parts.crash;
    this.refuses = parts.refuses;
    this.#random = parts.random;
    const { time } = parts;
    const clock = { now: () => new Date(time.now), monotonic: () => time.elapsed, sleep: async () => {} };
    this.#struck = new Faults([], () => 0);
    this.simulated = new SimulatedWorkSpaces({
      seed: this.#seed,
      clock,
      failureOf: (workspaceId) => this.#failureOn(workspaceId),
    });
    this.#endpoint = new Endpoint({
      simulated: this.simulated,
      limiter: new Throttle(this.#seed.rateLimit, clock),
      faults: this.#struck,
      calls: new CallLog((call) => {
        this.#last = call;
      }, 0),
      account: this.#seed,
      clock,
    });
    this.firstHad = new Map(
      this.workspaces.map(({ workspaceId, associations }) => [workspaceId, [...associations.keys()]]),
    );
    this.changed();
  }

  get workspaces(): readonly Readonly<SimulatedWorkspace>[] {
    return this.simulated.workspaces;
  }

  get accountID(): string {
    return this.#seed.accountId;
  }

  workspace(id: string): Readonly<SimulatedWorkspace> | undefined {
    return this.workspaces.find(({ workspaceId }) => workspaceId === id);
  }

  /** Somebody has changed something: from now on reads may lag behind it. */
  changed(): void {
    const at = this.#time.now;
    for (const { workspaceId, associations } of this.workspaces) {
      const history = this.#history.get(workspaceId) ?? [];
      const last = history.at(-1)?.associations;
      const now = [...associations.values()];
      if (last === undefined || last.length !== now.length || last.some((one, index) => one !== now[index])) {
        history.push({ at, associations: now });
      }
      this.#history.set(workspaceId, history);
    }
  }

  /** A connection of a process to a fleet. */
  connection(process: SimulatedProcess, clock: Clock, signal: AbortSignal) {
    const { accountId, region } = this.#seed;
    return {
      identify: async () => {
        await this.#trip(process, 2 * LATENCY.most);
        if (this.#faults.strikes('NoIdentity')) {
          throw new FleetError({ kind: 'Unavailable', operation: 'GetCallerIdentity', reason: 'no answer in time' });
        }
        return { accountID: accountId, arn: `arn:aws:iam::${accountId}:role/wsap`, region };
      },
      fleet: (rateLimiter: RateLimiter): AwsFleet => {
        const client = {
          send: (command: object, { abortSignal }: { abortSignal?: AbortSignal } = {}) =>
            this.#send(process, command, abortSignal),
        };
        const clients = { workspaces: client, tagging: client } as unknown as Clients;
        return awsFleetOver(clients, { rateLimiter, clock, random: this.#random, signal });
      },
    };
  }

  #trip(process: SimulatedProcess, ms: number): Promise<void> {
    return new Promise((resolve) => {
      this.#time.after(ms, () => process.deliver(resolve));
    });
  }

  #latency(): number {
    return LATENCY.least + this.#random() * (LATENCY.most - LATENCY.least);
  }

  #send(process: SimulatedProcess, command: object, signal: AbortSignal | undefined): Promise<unknown> {
    const operation = command.constructor.name.replace(/Command$/, '');
    const { input } = command as { input: Record<string, unknown> };
    return new Promise((resolve, reject) => {
      if (!process.isAlive || this.#boundary(process)) {
        return;
      }
      if (signal?.aborted) {
        reject(aborted());
        return;
      }
      const sent: Sent = { process, operation, input, at: this.#time.elapsed };
      this.#observer.sending(sent);
      const onAbort = () => process.deliver(() => reject(aborted()));
      signal?.addEventListener('abort', onAbort, { once: true });
      const deliver = (ms: number, action: () => void) =>
        this.#time.after(ms, () =>
          process.deliver(() => {
            signal?.removeEventListener('abort', onAbort);
            action();
            this.#boundary(process);
          }),
        );
      this.#time.after(this.#latency(), async () => {
        const isLate = this.#faults.strikes('Timeout') !== undefined;
        const isReached = !isLate || this.#random() < 0.5;
        const answer = isReached ? await this.#handle(sent) : undefined;
        if (process.isAlive && (this.#boundary(process) || this.#isKilledBy(sent))) {
          return;
        }
        const slow = this.#faults.strikes('SlowAnswers')?.amount ?? 0;
        if (isLate || answer === undefined) {
          deliver(TIMEOUT, () => reject(Object.assign(new Error('no answer'), { name: 'TimeoutError' })));
          return;
        }
        deliver(this.#latency() + slow, () => {
          const outcome = outcomeOf(answer, this.#requestId());
          if ('output' in outcome) {
            this.#observer.answered(sent, outcome.output);
            resolve(outcome.output);
          } else {
            reject(outcome.error);
          }
        });
      });
    });
  }

  /** How a deployment of an association will end; undefined: well. */
  #failureOn(workspaceId: string): StateReason | undefined {
    const code = ERROR_CODES[this.#faults.strikes('DeploymentFails')?.amount ?? ERROR_CODES.length];
    if (code !== undefined) {
      this.failedOn.add(workspaceId);
    }
    return code && { errorCode: code, errorMessage: ERROR_MESSAGES[code] };
  }

  #isKilledBy({ process, operation }: Sent): boolean {
    const isHit =
      operation === 'DisassociateWorkspaceApplication' && this.#faults.strikes('CrashOnRemoval') !== undefined;
    if (isHit) {
      this.#crash(process);
    }
    return isHit;
  }

  #requests = 0;
  #requestId(): string {
    return `request-${++this.#requests}`;
  }

  async #handle(sent: Sent): Promise<Answer> {
    const { operation } = sent;
    const fault = this.#faultFor(sent);
    this.#struck.replace(
      fault === undefined ? [] : [{ fault, times: 1, ...(fault === 'HttpError' && { status: 503 }) }],
    );
    const before = isMutation(operation)
      ? [...(this.workspace(String(sent.input.WorkspaceId))?.associations.values() ?? [])]
      : [];
    if (isMutation(operation) && sent.input.WorkspaceId === this.refuses && fault === undefined) {
      this.#struck.replace([{ fault: 'Exception', exception: 'OperationNotSupportedException', times: 1 }]);
    }
    const stale = fault === undefined ? this.#staleAnswer(sent) : undefined;
    if (stale !== undefined) {
      return stale;
    }
    const { answer } = await this.#endpoint.handle(operation, JSON.stringify(this.#shortened(sent)));
    const call = this.#last;
    if (isMutation(operation) && call !== undefined) {
      if (call.done) {
        this.changed();
        this.#observer.carriedOut(sent, call, before);
      } else if (call.fault === undefined) {
        this.#observer.refused(sent, call);
      } else if (FAILURES.has(call.fault)) {
        this.#observer.failed(sent);
      }
    }
    return isMutation(operation) ? answer : this.#curtailed(answer);
  }

  /** Without what AWS may leave out. */
  #curtailed(answer: Answer): Answer {
    const isTruncated = this.#faults.strikes('TruncatedPages') !== undefined;
    const isEmpty = this.#faults.strikes('EmptyBodies') !== undefined;
    if (answer.kind !== 'response' || answer.status !== 200 || !(isTruncated || isEmpty)) {
      return answer;
    }
    const { NextToken: _, ...rest } = JSON.parse(answer.body) as JsonObject;
    return isEmpty ? { ...answer, contentType: 'text/plain', body: '{}' } : { ...answer, body: JSON.stringify(rest) };
  }

  #faultFor({ operation }: Sent): EndpointFault | undefined {
    for (const [kind, atEndpoint] of AT_ENDPOINT) {
      if (this.#faults.strikes(kind) !== undefined) {
        return atEndpoint;
      }
    }
    const isDenied = isMutation(operation) && this.#faults.strikes('ChangesDenied') !== undefined;
    if (isDenied || this.#faults.strikes('AccessDenied') !== undefined) {
      return 'AccessDenied';
    }
    return !isMutation(operation) && this.#faults.strikes('RepeatedToken') !== undefined
      ? 'RepeatNextToken'
      : undefined;
  }

  /** AWS may give less on a page than it is asked for: so a small fleet has many pages, too. */
  #shortened({ input }: Sent): object {
    return {
      ...input,
      ...('Limit' in input && { Limit: this.#pageSize }),
      ...('MaxResults' in input && { MaxResults: this.#pageSize }),
    };
  }

  /** An answer from a moment ago; undefined where reads are up to date. */
  #staleAnswer({ operation, input }: Sent): Answer | undefined {
    const fault = ASSOCIATIONS.has(operation) ? this.#faults.strikes('StaleReads') : undefined;
    if (fault === undefined) {
      return undefined;
    }
    const { WorkspaceId, ApplicationId } = input;
    const then = this.#time.now - this.#random() * fault.amount;
    const isKnown = WorkspaceId === undefined || this.workspace(String(WorkspaceId)) !== undefined;
    if (!isKnown) {
      return undefined;
    }
    const were = this.workspaces.flatMap(({ workspaceId }) =>
      WorkspaceId === undefined || WorkspaceId === workspaceId ? this.associationsAt(workspaceId, then) : [],
    );
    const Associations =
      ApplicationId === undefined
        ? were.map(workspaceSide)
        : were.filter(({ applicationId }) => applicationId === ApplicationId).map(applicationSide);
    return {
      kind: 'response',
      status: 200,
      contentType: 'application/x-amz-json-1.1',
      body: JSON.stringify({ Associations }),
    };
  }

  /** How a WorkSpace's associations were, in milliseconds since the epoch. */
  associationsAt(workspaceId: string, time: number): SimulatedAssociation[] {
    const history = this.#history.get(workspaceId) ?? [];
    const entry = history.findLast(({ at }) => at <= time) ?? history[0];
    return (entry?.associations ?? []).flatMap((one) => advance(one, time) ?? []);
  }
}

function aborted(): Error {
  return Object.assign(new Error('aborted'), { name: 'AbortError' });
}

/** As the SDK hands an answer on. */
function outcomeOf(answer: Answer, requestId: string): { readonly output: JsonObject } | { readonly error: Error } {
  if (answer.kind !== 'response') {
    return { error: Object.assign(new Error('socket hang up'), { code: 'ECONNRESET' }) };
  }
  const isFromAws = answer.contentType === 'application/x-amz-json-1.1';
  const $metadata = { httpStatusCode: answer.status, ...(isFromAws && { requestId }) };
  const body = withTimes(JSON.parse(answer.body)) as JsonObject;
  return answer.status === 200
    ? { output: { ...body, $metadata } }
    : { error: Object.assign(new Error(String(body.message ?? '')), { name: String(body.__type), $metadata }) };
}

/** Makes the times in what was parsed Dates. */
function withTimes(value: unknown): unknown {
  if (Array.isArray(value)) {
    value.forEach(withTimes);
  } else if (typeof value === 'object' && value !== null) {
    const members = value as Record<string, unknown>;
    for (const name of Object.keys(members)) {
      const member = members[name];
      if (typeof member === 'number' && TIMES.has(name)) {
        members[name] = new Date(member * 1_000);
      } else if (typeof member === 'object') {
        withTimes(member);
      }
    }
  }
  return value;
}
