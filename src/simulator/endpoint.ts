import type { PolicyDocument } from '../aws/permissions.ts';
import type { Clock } from '../clock.ts';
import type { Account } from './accessDenied.ts';
import { type AuthorizedCall, authorize, deniedBy } from './authorization.ts';
import type { CallLog } from './callLog.ts';
import { ServiceError, serialization, throttled, unknownOperation } from './errors.ts';
import type { Fault, Faults } from './faults.ts';
import { isOperation } from './model.ts';
import { invalidToken, pageOf } from './pages.ts';
import type { SimulatedRateLimiter } from './rateLimit.ts';
import { replaceMember } from './replaceMember.ts';
import type { SimulatedWorkSpaces } from './simulatedWorkspaces.ts';
import { isObject, type JsonObject } from './validate.ts';
import { failure, htmlPage, internalError, success, type WireResponse } from './wireResponse.ts';

export interface EndpointOptions {
  readonly simulated: SimulatedWorkSpaces;
  readonly limiter: SimulatedRateLimiter;
  readonly faults: Faults;
  readonly calls: CallLog;
  readonly account: Account;
  /** IAM policy of the callers. Defaults to all permissions. */
  readonly iamPolicy?: PolicyDocument | undefined;
  readonly clock: Clock;
}

interface Handled {
  readonly response: WireResponse;
  readonly done: boolean;
  readonly error?: ServiceError;
  readonly output?: JsonObject;
}

/** Simulated service without its transport: applies the rate limit, then faults, then the call. */
export class Endpoint {
  readonly #options: EndpointOptions;

  constructor(options: EndpointOptions) {
    this.#options = options;
  }

  /** Processes a request and logs it. The signal ends the delay of a fault. */
  async handle(
    operation: string,
    body: string,
    signal?: AbortSignal,
  ): Promise<{ response: WireResponse; requestId: string }> {
    const { limiter, calls, clock } = this.#options;
    const number = calls.next();
    const time = clock.now().toISOString();
    const input = parse(body);
    // Throttling precedes faults: a throttled call is not processed at all.
    const isThrottled = !limiter.take();
    const fault = isThrottled ? undefined : this.#faultFor(operation, input);
    if (fault?.delayMs !== undefined) {
      await clock.sleep(fault.delayMs, signal);
    }

    const { response, done, error, output } = isThrottled
      ? rejected(throttled())
      : this.#process(operation, input, fault);
    calls.add({
      number,
      time,
      operation,
      input: input ?? body,
      page: isObject(input) ? pageOf(input) : 1,
      done,
      status: response.kind === 'response' ? response.status : undefined,
      error: error?.type,
      message: error?.message,
      fault: fault?.fault,
      associations: isMutation(operation) ? associationsOf(output) : undefined,
    });
    return { response, requestId: `00000000-0000-4000-8000-${String(number).padStart(12, '0')}` };
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
        throw serialization('The request is not valid JSON.');
      }
      const { account, simulated, iamPolicy } = this.#options;
      const call: AuthorizedCall = { operation, input: isObject(input) ? input : {}, account, simulated };
      const replacement = fault && this.#replacementFor(fault, call);
      if (replacement !== undefined) {
        return { response: replacement, done: false };
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
      return { response: isLost ? { kind: 'close' } : success(output), done: true, output };
    } catch (error) {
      // Any other error is a bug in the simulator. Show it in the response.
      const bug = () => new ServiceError('InternalFailure', String(error), {}, 500);
      const rejection = rejected(error instanceof ServiceError ? error : bug());
      return isLost ? { ...rejection, response: { kind: 'close' } } : rejection;
    }
  }

  /** Returns the response that replaces the call, or undefined if the call is processed. */
  #replacementFor(fault: Fault, call: AuthorizedCall): WireResponse | undefined {
    switch (fault.fault) {
      case 'Throttle':
        throw throttled();
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
        throw invalidToken();
      default:
        return undefined;
    }
  }
}

export function isMutation(operation: string): boolean {
  return !/^(Describe|Get)/.test(operation);
}

function rejected(error: ServiceError): Handled {
  return { response: failure(error), done: false, error };
}

/** Returns the JSON of the request, or undefined if it is invalid. An empty body counts as an empty object. */
function parse(body: string): unknown {
  try {
    return JSON.parse(body === '' ? '{}' : body);
  } catch {
    return undefined;
  }
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
