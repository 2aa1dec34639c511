import { type Call, CallLog } from '../../../src/simulator/callLog.ts';
import { Endpoint, isMutation } from '../../../src/simulator/endpoint.ts';
import { type FaultKind as EndpointFault, Faults } from '../../../src/simulator/faults.ts';
import { applicationSide, workspaceSide } from '../../../src/simulator/presentation.ts';
import { SimulatedRateLimiter } from '../../../src/simulator/rateLimit.ts';
import type { JsonObject } from '../../../src/simulator/validate.ts';
import type { WireResponse } from '../../../src/simulator/wireResponse.ts';
import type { FaultKind } from '../faults.ts';
import type { AwsParts, Sent } from './traffic.ts';

/** The operations that are read from one of the two directions, and what they ask for. */
const ASSOCIATIONS = new Set(['DescribeWorkspaceAssociations', 'DescribeApplicationAssociations']);
/** What the endpoint does about each fault. */
const AT_ENDPOINT: readonly (readonly [FaultKind, EndpointFault])[] = [
  ['Throttled', 'Throttle'],
  ['ServerError', 'HttpError'],
  ['Reset', 'CloseConnection'],
  ['LostAnswer', 'LoseAnswer'],
];
/** Those by which a change fails before anything is done. */
const FAILURES: ReadonlySet<string> = new Set(['HttpError', 'CloseConnection', 'AccessDenied']);

/** The simulator's endpoint, and what the faults that are at work make of each call. */
export class FaultyEndpoint {
  readonly #cloud: AwsParts['cloud'];
  readonly #time: AwsParts['time'];
  readonly #faults: AwsParts['faults'];
  readonly #observer: AwsParts['observer'];
  readonly #random: AwsParts['random'];
  readonly #pageSize: number;
  readonly #endpoint: Endpoint;
  /** What befalls the call that the endpoint gets next. */
  readonly #struck = new Faults([], () => 0);
  #last: Call | undefined;

  constructor(parts: AwsParts) {
    const { cloud } = parts;
    this.#cloud = cloud;
    this.#time = parts.time;
    this.#faults = parts.faults;
    this.#observer = parts.observer;
    this.#random = parts.random;
    this.#pageSize = parts.pageSize;
    this.#endpoint = new Endpoint({
      simulated: cloud.simulated,
      limiter: new SimulatedRateLimiter(cloud.seed.rateLimit, cloud.clock),
      faults: this.#struck,
      calls: new CallLog((call) => {
        this.#last = call;
      }, 0),
      account: cloud.seed,
      clock: cloud.clock,
    });
  }

  /** Carries a call out, as far as nothing goes wrong with it, and answers. */
  async handle(sent: Sent): Promise<WireResponse> {
    const { operation } = sent;
    const fault = this.#faultFor(sent);
    this.#struck.replace(
      fault === undefined ? [] : [{ fault, times: 1, ...(fault === 'HttpError' && { status: 503 }) }],
    );
    const before = isMutation(operation)
      ? [...(this.#cloud.workspace(String(sent.input.WorkspaceId))?.associations.values() ?? [])]
      : [];
    if (isMutation(operation) && sent.input.WorkspaceId === this.#cloud.refuses && fault === undefined) {
      this.#struck.replace([{ fault: 'Exception', exception: 'OperationNotSupportedException', times: 1 }]);
    }
    const stale = fault === undefined ? this.#staleAnswer(sent) : undefined;
    if (stale !== undefined) {
      return stale;
    }
    const { response: answer } = await this.#endpoint.handle(operation, JSON.stringify(this.#shortened(sent)));
    const call = this.#last;
    if (isMutation(operation) && call !== undefined) {
      if (call.done) {
        this.#cloud.changed();
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
  #curtailed(answer: WireResponse): WireResponse {
    const isTruncated = this.#faults.strikes('TruncatedPages') !== undefined;
    const isEmpty = this.#faults.strikes('EmptyBodies') !== undefined;
    if (answer.kind !== 'response' || answer.status !== 200 || !(isTruncated || isEmpty)) {
      return answer;
    }
    const { NextToken: _, ...rest } = JSON.parse(answer.body) as JsonObject;
    return isEmpty ? { ...answer, contentType: 'text/plain', body: '{}' } : { ...answer, body: JSON.stringify(rest) };
  }

  /** What the endpoint does wrong about a call; undefined: nothing. */
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
  #staleAnswer({ operation, input }: Sent): WireResponse | undefined {
    const fault = ASSOCIATIONS.has(operation) ? this.#faults.strikes('StaleReads') : undefined;
    if (fault === undefined) {
      return undefined;
    }
    const { WorkspaceId, ApplicationId } = input;
    const then = this.#time.now - this.#random() * fault.amount;
    const isKnown = WorkspaceId === undefined || this.#cloud.workspace(String(WorkspaceId)) !== undefined;
    if (!isKnown) {
      return undefined;
    }
    const were = this.#cloud.workspaces.flatMap(({ workspaceID }) =>
      WorkspaceId === undefined || WorkspaceId === workspaceID ? this.#cloud.associationsAt(workspaceID, then) : [],
    );
    const Associations =
      ApplicationId === undefined
        ? were.map(workspaceSide)
        : were.filter(({ applicationID }) => applicationID === ApplicationId).map(applicationSide);
    return {
      kind: 'response',
      status: 200,
      contentType: 'application/x-amz-json-1.1',
      body: JSON.stringify({ Associations }),
    };
  }
}
