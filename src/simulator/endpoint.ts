import type { PolicyDocument } from '../aws/permissions.ts';
import type { Clock } from '../clock.ts';
import type { Account } from './accessDenied.ts';
import { type AuthorizedCall, authorize, deniedBy } from './authorization.ts';
import type { CallLog } from './callLog.ts';
import type { Caller } from './cloudTrail.ts';
import { ServiceError, serialization, throttled, unknownOperation } from './errors.ts';
import type { EventBus } from './eventBus.ts';
import type { Fault, Faults } from './faults.ts';
import { isOperation } from './model.ts';
import { invalidToken, pageOf } from './pages.ts';
import { AWS_JSON_1_1, type Protocol } from './protocols.ts';
import type { SimulatedRateLimiter } from './rateLimit.ts';
import { replaceMember } from './replaceMember.ts';
import type { SimulatedWorkSpaces } from './simulatedWorkspaces.ts';
import { isObject, type JsonObject } from './validate.ts';
import { htmlPage, internalError, type WireResponse } from './wireResponse.ts';

export interface EndpointOptions {
  readonly simulated: SimulatedWorkSpaces;
  readonly limiter: SimulatedRateLimiter;
  /** Rate limit of the Resource Groups Tagging API. Defaults to none. */
  readonly taggingLimiter?: SimulatedRateLimiter | undefined;
  readonly faults: Faults;
  readonly calls: CallLog;
  readonly account: Account;
  /** IAM policy of the callers. Defaults to all permissions. */
  readonly iamPolicy?: PolicyDocument | undefined;
  readonly clock: Clock;
  /** Receives the events of changes. Defaults to none. */
  readonly events?: Pick<EventBus, 'publishCall'> | undefined;
}

/** Result of a call before its encoding: a result or an error of the service, or a response without the service. */
type Result =
  | { readonly output: JsonObject }
  | { readonly error: ServiceError }
  | { readonly replacement: WireResponse };

interface Handled {
  readonly result: Result;
  readonly done: boolean;
  /** Whether the response is lost on the way. */
  readonly isLost: boolean;
}

/** Caller of a request without a signature. */
const UNKNOWN_CALLER: Caller = { arn: 'arn:aws:iam::000000000000:user/unknown', userID: 'AIDAUNKNOWN', userAgent: '' };

/** Simulated service without its transport: applies the rate limit, then faults, then the call. */
export class Endpoint {
  readonly #options: EndpointOptions;

  constructor(options: EndpointOptions) {
    this.#options = options;
  }

  /** Processes a request and logs it. The signal ends the delay of a fault. */
  async handle(
    operation: string,
    body: string | Uint8Array,
    signal?: AbortSignal,
    protocol: Protocol = AWS_JSON_1_1,
    caller: Caller = UNKNOWN_CALLER,
  ): Promise<{ response: WireResponse; requestId: string }> {
    const { limiter, taggingLimiter, calls, clock } = this.#options;
    const number = calls.next();
    const time = clock.now().toISOString();
    const input = protocol.decode(Buffer.from(body));
    // Throttling precedes faults: a throttled call is not processed at all.
    const isThrottled = (operation === 'GetResources' ? taggingLimiter : limiter)?.take(operation) === false;
    const fault = isThrottled ? undefined : this.#faultFor(operation, input);
    if (fault?.delayMs !== undefined) {
      await clock.sleep(fault.delayMs, signal);
    }

    const { result, done, isLost } = isThrottled
      ? rejected(throttled(operation))
      : this.#process(operation, input, fault);
    const response = isLost ? ({ kind: 'close' } as const) : encode(result, operation, protocol);
    const error = 'error' in result ? result.error : undefined;
    calls.add({
      number,
      time,
      operation,
      input: input ?? Buffer.from(body).toString('utf8'),
      page: isObject(input) ? pageOf(input) : 1,
      done,
      status: 'status' in response ? response.status : undefined,
      error: error?.type,
      message: error?.message,
      fault: fault?.fault,
      associations: isMutation(operation) ? associationsOf('output' in result ? result.output : undefined) : undefined,
    });
    const requestId = `00000000-0000-4000-8000-${String(number).padStart(12, '0')}`;
    if (isMutation(operation) && isObject(input) && !('replacement' in result)) {
      const output = 'output' in result ? result.output : undefined;
      this.#options.events?.publishCall({ operation, input, output, error, requestID: requestId, caller });
    }
    return { response, requestId };
  }

  #faultFor(operation: string, input: unknown): Fault | undefined {
    if (!isOperation(operation) || !isObject(input)) {
      return undefined;
    }
    return this.#options.faults.strike({
      operation,
      page: pageOf(input),
      workspaceIDs: idsIn(input, 'WorkspaceId', 'WorkspaceIds', 'ResourceId'),
      applicationIDs: idsIn(input, 'ApplicationId', 'ApplicationIds'),
      directoryIDs: idsIn(input, 'DirectoryId'),
    });
  }

  #process(operation: string, input: unknown, fault: Fault | undefined): Handled {
    const isLost = fault?.fault === 'LoseAnswer';
    try {
      if (!isOperation(operation)) {
        throw unknownOperation(operation);
      }
      if (input === undefined) {
        throw serialization('The request can not be decoded.');
      }
      const { account, simulated, iamPolicy } = this.#options;
      const call: AuthorizedCall = { operation, input: isObject(input) ? input : {}, account, simulated };
      const replacement = fault && this.#replacementFor(fault, call);
      if (replacement !== undefined) {
        return { result: { replacement }, done: false, isLost: false };
      }
      if (iamPolicy !== undefined) {
        authorize(iamPolicy, call);
      }
      const output = simulated.call(operation, input);
      if (fault?.fault === 'RepeatNextToken' && isObject(input)) {
        output.NextToken = input.NextToken;
      }
      if (fault?.fault === 'ReplaceMember') {
        replaceMember(output, fault);
      }
      return { result: { output }, done: true, isLost };
    } catch (error) {
      // Any other error is a bug in the simulator. Show it in the response.
      const bug = () => new ServiceError('InternalFailure', String(error), {}, 500);
      return rejected(error instanceof ServiceError ? error : bug(), isLost);
    }
  }

  /** Returns the response that replaces the call, or undefined if the call is processed. */
  #replacementFor(fault: Fault, call: AuthorizedCall): WireResponse | undefined {
    switch (fault.fault) {
      case 'Throttle':
        throw throttled(call.operation);
      case 'HttpError':
        throw internalError(fault.status ?? 500);
      case 'Html':
        return htmlPage(fault.status ?? 502);
      case 'CloseConnection':
        return { kind: 'close' };
      case 'Hang':
        return { kind: 'silence' };
      case 'AccessDenied':
        throw deniedBy(fault, call);
      case 'Exception':
        throw new ServiceError(fault.exception ?? '', fault.message ?? `Simulated ${fault.exception}.`);
      case 'InvalidNextToken':
        throw invalidToken(call.operation);
      default:
        return undefined;
    }
  }
}

export function isMutation(operation: string): boolean {
  return !/^(Describe|Get)/.test(operation);
}

function rejected(error: ServiceError, isLost = false): Handled {
  return { result: { error }, done: false, isLost };
}

function encode(result: Result, operation: string, protocol: Protocol): WireResponse {
  if ('replacement' in result) {
    return result.replacement;
  }
  return 'error' in result ? protocol.failure(result.error, operation) : protocol.success(operation, result.output);
}

function idsIn(input: JsonObject, ...members: string[]): string[] {
  return members.flatMap((member) => input[member] ?? []).filter((id) => typeof id === 'string');
}

function associationsOf(output: JsonObject | undefined): JsonObject[] | undefined {
  if (output === undefined) {
    return undefined;
  }
  const changed = output.Association as JsonObject | undefined;
  const deployed = (output.Deployment as { Associations?: JsonObject[] } | undefined)?.Associations;
  return changed === undefined ? (deployed ?? []) : [changed];
}
