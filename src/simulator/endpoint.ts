import type { PolicyDocument } from '../aws/permissions.ts';
import type { Clock } from '../clock.ts';
import type { Account } from './accessDenied.ts';
import { failure, htmlPage, internalError, success, type WireAnswer } from './answers.ts';
import { type AuthorizedCall, authorize, deniedBy } from './authorization.ts';
import type { CallLog } from './callLog.ts';
import { ServiceError, serialization, throttled, unknownOperation } from './errors.ts';
import type { Fault, Faults } from './faults.ts';
import { isOperation } from './model.ts';
import { invalidToken, pageOf } from './pages.ts';
import type { SimulatedRateLimiter } from './rateLimit.ts';
import type { SimulatedWorkSpaces } from './simulatedWorkspaces.ts';
import { isObject, type JsonObject } from './validate.ts';

export interface EndpointParts {
  readonly simulated: SimulatedWorkSpaces;
  readonly limiter: SimulatedRateLimiter;
  readonly faults: Faults;
  readonly calls: CallLog;
  readonly account: Account;
  /** What IAM lets whoever calls do; undefined: everything. */
  readonly iamPolicy?: PolicyDocument | undefined;
  readonly clock: Clock;
}

interface Handled {
  readonly answer: WireAnswer;
  readonly done: boolean;
  readonly error?: ServiceError;
  readonly output?: JsonObject;
}

/** The service as its clients meet it: rate limit, then faults, then the call itself. Knows nothing of sockets. */
export class Endpoint {
  readonly #parts: EndpointParts;

  constructor(parts: EndpointParts) {
    this.#parts = parts;
  }

  /** Answers a request for an operation, and logs it. The signal ends a fault's delay. */
  async handle(
    operation: string,
    body: string,
    signal?: AbortSignal,
  ): Promise<{ answer: WireAnswer; requestId: string }> {
    const { limiter, calls, clock } = this.#parts;
    const number = calls.next();
    const time = clock.now().toISOString();
    const input = parse(body);
    // Throttling comes before everything: such a call has met nothing that could go wrong with it.
    const isThrottled = !limiter.take();
    const fault = isThrottled ? undefined : this.#faultFor(operation, input);
    if (fault?.delayMs !== undefined) {
      await clock.sleep(fault.delayMs, signal);
    }

    const { answer, done, error, output } = isThrottled ? refused(throttled()) : this.#answer(operation, input, fault);
    calls.add({
      number,
      time,
      operation,
      input: input ?? body,
      page: isObject(input) ? pageOf(input) : 1,
      done,
      status: answer.kind === 'response' ? answer.status : undefined,
      error: error?.type,
      message: error?.message,
      fault: fault?.fault,
      associations: isMutation(operation) ? associationsOf(output) : undefined,
    });
    return { answer, requestId: `00000000-0000-4000-8000-${String(number).padStart(12, '0')}` };
  }

  #faultFor(operation: string, input: unknown): Fault | undefined {
    if (!isOperation(operation) || !isObject(input)) {
      return undefined;
    }
    return this.#parts.faults.strike({
      operation,
      page: pageOf(input),
      workspaceIDs: idsIn(input, 'WorkspaceId', 'WorkspaceIds', 'ResourceId'),
      applicationIDs: idsIn(input, 'ApplicationId', 'ApplicationIds'),
    });
  }

  #answer(operation: string, input: unknown, fault: Fault | undefined): Handled {
    const isLost = fault?.fault === 'LoseAnswer';
    try {
      if (!isOperation(operation)) {
        throw unknownOperation(operation);
      }
      if (input === undefined) {
        throw serialization('The request is not valid JSON.');
      }
      const { account, simulated, iamPolicy } = this.#parts;
      const call: AuthorizedCall = { operation, input: isObject(input) ? input : {}, account, simulated };
      const instead = fault && this.#instead(fault, call);
      if (instead !== undefined) {
        return { answer: instead, done: false };
      }
      if (iamPolicy !== undefined) {
        authorize(iamPolicy, call);
      }
      const output = simulated.call(operation, input);
      if (fault?.fault === 'RepeatNextToken' && isObject(input)) {
        output.NextToken = input.NextToken;
      }
      return { answer: isLost ? { kind: 'close' } : success(output), done: true, output };
    } catch (error) {
      // Anything but a ServiceError is a bug of this program; it is shown as loudly as an answer can.
      const bug = () => new ServiceError('InternalFailure', String(error), {}, 500);
      const refusal = refused(error instanceof ServiceError ? error : bug());
      return isLost ? { ...refusal, answer: { kind: 'close' } } : refusal;
    }
  }

  /** What happens instead of the call; undefined if the call is carried out all the same. */
  #instead(fault: Fault, call: AuthorizedCall): WireAnswer | undefined {
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

function refused(error: ServiceError): Handled {
  return { answer: failure(error), done: false, error };
}

/** The request's JSON, undefined if it isn't any. An empty body is an empty object. */
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
  const one = output.Association as JsonObject | undefined;
  const many = (output.Deployment as { Associations?: JsonObject[] } | undefined)?.Associations;
  return one === undefined ? (many ?? []) : [one];
}
