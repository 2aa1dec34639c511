import { type Call, CallLog } from '../../../src/simulator/callLog.ts';
import { Endpoint, isMutation } from '../../../src/simulator/endpoint.ts';
import { type FaultKind as EndpointFault, Faults } from '../../../src/simulator/faults.ts';
import { applicationSide, workspaceSide } from '../../../src/simulator/presentation.ts';
import { SimulatedRateLimiter } from '../../../src/simulator/rateLimit.ts';
import type { JsonObject } from '../../../src/simulator/validate.ts';
import type { WireResponse } from '../../../src/simulator/wireResponse.ts';
import { type FaultKind, PERMANENT_ERRORS, REJECTIONS } from '../faults.ts';
import type { AwsParts, SentCall } from './traffic.ts';

/** Operations that read associations, one for each direction. */
const ASSOCIATIONS = new Set(['DescribeWorkspaceAssociations', 'DescribeApplicationAssociations']);
/** Fault of the simulator's endpoint for each kind of fault. */
const ENDPOINT_FAULTS: readonly (readonly [FaultKind, EndpointFault])[] = [
  ['Throttled', 'Throttle'],
  ['ServerError', 'HttpError'],
  ['Reset', 'CloseConnection'],
  ['LostResponse', 'LoseAnswer'],
];
/** Faults that make a change fail before AWS carries it out. */
const FAILED_BEFORE_EFFECT: ReadonlySet<string> = new Set(['HttpError', 'CloseConnection', 'AccessDenied']);

/** Endpoint of the simulator with the active faults. */
export class FaultyEndpoint {
  readonly #endpoint: Endpoint;
  readonly #parts: AwsParts;
  /** Fault that the endpoint applies to the next call. */
  readonly #injected = new Faults([], () => 0);
  #last: Call | undefined;

  constructor(parts: AwsParts) {
    this.#parts = parts;
    const { cloud } = parts;
    this.#endpoint = new Endpoint({
      simulated: cloud.simulated,
      limiter: new SimulatedRateLimiter(cloud.seed.rateLimit, cloud.clock),
      faults: this.#injected,
      calls: new CallLog((call) => {
        this.#last = call;
      }, 0),
      account: cloud.seed,
      clock: cloud.clock,
    });
  }

  /** Carries out a call, unless a fault prevents it, and returns the response. */
  async handle(sent: SentCall): Promise<WireResponse> {
    const { operation } = sent;
    const fault = this.#faultOf(sent);
    this.#injected.replace(
      fault === undefined ? [] : [{ fault, times: 1, ...(fault === 'HttpError' && { status: 503 }) }],
    );
    const before = isMutation(operation)
      ? [...(this.#parts.cloud.workspace(String(sent.input.WorkspaceId))?.associations.values() ?? [])]
      : [];
    const rejection = this.#rejectionOf(sent);
    if (fault === undefined && rejection !== undefined) {
      this.#injected.replace([{ fault: 'Exception', exception: rejection, times: 1 }]);
    }
    if (fault === undefined && this.#isIncompatible(sent)) {
      this.#parts.cloud.incompatible.add(`${sent.input.WorkspaceId} ${sent.input.ApplicationId}`);
      this.#injected.replace([{ fault: 'Exception', exception: 'IncompatibleApplicationsException', times: 1 }]);
    }
    const stale = fault === undefined ? this.#staleAnswer(sent) : undefined;
    if (stale !== undefined) {
      return stale;
    }
    const { response: answer } = await this.#endpoint.handle(operation, JSON.stringify(this.#withPageSize(sent)));
    const call = this.#last;
    if (isMutation(operation) && call !== undefined) {
      if (call.done) {
        this.#parts.cloud.changed();
        this.#parts.observer.changeApplied(sent, call, before);
        this.#parts.events?.publish({ name: operation, workspaceID: String(sent.input.WorkspaceId) }, sent.requestID);
      } else if (call.fault === 'Throttle' || call.error === 'ThrottlingException') {
        this.#parts.observer.changeThrottled(sent, call);
      } else if (call.fault === undefined || call.fault === 'Exception') {
        this.#parts.observer.changeRejected(sent, call);
      } else if (FAILED_BEFORE_EFFECT.has(call.fault)) {
        this.#parts.observer.changeFailed(sent);
      }
    }
    return isMutation(operation) ? answer : this.#truncated(this.#withoutMembers(answer, operation));
  }

  /** Removes the members that AWS does not report. */
  #withoutMembers(answer: WireResponse, operation: string): WireResponse {
    if (operation !== 'DescribeWorkspaces' || answer.kind !== 'response' || answer.status !== 200) {
      return answer;
    }
    const { missingMembers } = this.#parts.cloud;
    const { Workspaces = [], ...rest } = JSON.parse(answer.body) as { Workspaces?: JsonObject[] };
    const reported = Workspaces.map((workspace) => {
      const missing = missingMembers[String(workspace.WorkspaceId)] ?? [];
      return Object.fromEntries(Object.entries(workspace).filter(([name]) => !missing.some((one) => one === name)));
    });
    return { ...answer, body: JSON.stringify({ Workspaces: reported, ...rest }) };
  }

  /** Whether AWS rejects a call as the installation of an incompatible application. */
  #isIncompatible({ operation, input }: SentCall): boolean {
    const { of, on = [] } = this.#parts.cloud.rejectsInstallations ?? {};
    return (
      operation === 'AssociateWorkspaceApplication' &&
      input.ApplicationId === of &&
      on.includes(String(input.WorkspaceId))
    );
  }

  /** Removes the next token or the whole body, if a fault demands it. */
  #truncated(answer: WireResponse): WireResponse {
    const isTruncated = this.#parts.faults.hit('TruncatedPages') !== undefined;
    const isEmpty = this.#parts.faults.hit('EmptyResponses') !== undefined;
    if (answer.kind !== 'response' || answer.status !== 200 || !(isTruncated || isEmpty)) {
      return answer;
    }
    const { NextToken: _, ...rest } = JSON.parse(answer.body) as JsonObject;
    return isEmpty ? { ...answer, contentType: 'text/plain', body: '{}' } : { ...answer, body: JSON.stringify(rest) };
  }

  /** Returns the error with which AWS rejects a change. Undefined if it accepts the change. */
  #rejectionOf({ operation, input }: SentCall): string | undefined {
    const { cloud, faults } = this.#parts;
    if (isMutation(operation) && input.WorkspaceId === cloud.rejectsChangesOf) {
      return REJECTIONS[0];
    }
    const fault = operation === 'DeployWorkspaceApplications' ? faults.hit('DeploymentsRejected') : undefined;
    if (fault !== undefined && PERMANENT_ERRORS.has(REJECTIONS[fault.amount] ?? '')) {
      cloud.failedOn.add(String(input.WorkspaceId));
    }
    return fault && REJECTIONS[fault.amount];
  }

  /** Returns the fault that the endpoint applies to a call. Undefined if none. */
  #faultOf({ operation }: SentCall): EndpointFault | undefined {
    for (const [kind, endpointFault] of ENDPOINT_FAULTS) {
      if (this.#parts.faults.hit(kind) !== undefined) {
        return endpointFault;
      }
    }
    const isDenied = isMutation(operation) && this.#parts.faults.hit('ChangesDenied') !== undefined;
    if (isDenied || this.#parts.faults.hit('AccessDenied') !== undefined) {
      return 'AccessDenied';
    }
    return !isMutation(operation) && this.#parts.faults.hit('RepeatedToken') !== undefined
      ? 'RepeatNextToken'
      : undefined;
  }

  /** AWS may return fewer items than requested. Small pages make a small fleet span several of them. */
  #withPageSize({ input }: SentCall): object {
    return {
      ...input,
      ...('Limit' in input && { Limit: this.#parts.pageSize }),
      ...('MaxResults' in input && { MaxResults: this.#parts.pageSize }),
    };
  }

  /** Returns an outdated response. Undefined if reads are up to date. */
  #staleAnswer({ operation, input }: SentCall): WireResponse | undefined {
    const fault = ASSOCIATIONS.has(operation) ? this.#parts.faults.hit('StaleReads') : undefined;
    if (fault === undefined) {
      return undefined;
    }
    const { WorkspaceId, ApplicationId } = input;
    const asOf = this.#parts.time.now - this.#parts.random() * fault.amount;
    const isKnown = WorkspaceId === undefined || this.#parts.cloud.workspace(String(WorkspaceId)) !== undefined;
    if (!isKnown) {
      return undefined;
    }
    const associations = this.#parts.cloud.workspaces.flatMap(({ workspaceID }) =>
      WorkspaceId === undefined || WorkspaceId === workspaceID
        ? this.#parts.cloud.associationsAt(workspaceID, asOf)
        : [],
    );
    const Associations =
      ApplicationId === undefined
        ? associations.map(workspaceSide)
        : associations.filter(({ applicationID }) => applicationID === ApplicationId).map(applicationSide);
    return {
      kind: 'response',
      status: 200,
      contentType: 'application/x-amz-json-1.1',
      body: JSON.stringify({ Associations }),
    };
  }
}
