import type { PolicyDocument } from '../aws/permissions.ts';
import type { Clock } from '../clock.ts';
import type { Account } from './accessDenied.ts';
import { ServiceError, throttled } from './errors.ts';
import type { Fault, Faults } from './faults.ts';
import { decideAccess } from './iam.ts';
import type { SimulatedQueue } from './simulatedQueue.ts';
import { SQS_HANDLERS } from './sqsHandlers.ts';
import {
  isSqsOperation,
  parseInput,
  queueDoesNotExist,
  SQS_ACTIONS,
  type SqsOperation,
  sqsFailure,
  sqsSuccess,
  textIn,
} from './sqsProtocol.ts';
import type { JsonObject } from './validate.ts';
import { htmlPage, internalError, type WireResponse } from './wireResponse.ts';

export interface SqsOptions {
  readonly account: Account;
  readonly queues: ReadonlyMap<string, SimulatedQueue>;
  readonly faults: Pick<Faults, 'strike'>;
  /** IAM policy of the callers. Defaults to all permissions. */
  readonly iamPolicy?: PolicyDocument | undefined;
  readonly clock: Clock;
}

/**
 * SQS of an account and region, for the operations that wsap and its tests use. Limits and errors follow the API reference:
 * https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_Operations.html
 */
export class Sqs {
  readonly #options: SqsOptions;

  constructor(options: SqsOptions) {
    this.#options = options;
  }

  /** Processes a request. `host` appears in queue URLs. The signal ends a long poll and the delay of a fault. */
  async handle(operation: string, body: Uint8Array, host: string, signal: AbortSignal): Promise<WireResponse> {
    const { faults, clock } = this.#options;
    const target = { page: 1, workspaceIDs: [], applicationIDs: [], directoryIDs: [] };
    const fault = isSqsOperation(operation) ? faults.strike({ ...target, operation }) : undefined;
    if (fault?.delayMs !== undefined) {
      await clock.sleep(fault.delayMs, signal);
    }
    try {
      const replacement = fault && replacementFor(fault);
      if (replacement !== undefined) {
        return replacement;
      }
      const output = await this.#process(operation, parseInput(body), { host, signal, fault });
      return fault?.fault === 'LoseAnswer' ? { kind: 'close' } : sqsSuccess(output);
    } catch (error) {
      // Any other error is a bug in the simulator. Show it in the response.
      const bug = () => new ServiceError('InternalError', String(error), {}, 500);
      return sqsFailure(error instanceof ServiceError ? error : bug());
    }
  }

  #process(
    operation: string,
    input: JsonObject,
    { host, signal, fault }: { host: string; signal: AbortSignal; fault: Fault | undefined },
  ): JsonObject | Promise<JsonObject> {
    const { account, queues } = this.#options;
    if (!isSqsOperation(operation)) {
      throw new ServiceError('UnknownOperationException', `The operation ${operation} is not known to the service.`);
    }
    const name = operation === 'GetQueueUrl' ? textIn(input, 'QueueName') : this.#nameIn(textIn(input, 'QueueUrl'));
    this.#authorize(operation, name, fault?.fault === 'AccessDenied');
    const queue = queues.get(name);
    if (queue === undefined || !queue.exists) {
      throw queueDoesNotExist();
    }
    if (operation === 'GetQueueUrl') {
      return { QueueUrl: `http://${host}/${account.accountID}/${name}` };
    }
    return SQS_HANDLERS[operation](queue, input, { account, signal });
  }

  /** Returns the name in a queue URL, whose host is ignored. Throws QueueDoesNotExist for a queue of another account. */
  #nameIn(url: string): string {
    const [, accountID, name] = /^[^?#]*\/(\d{12})\/([A-Za-z0-9_-]{1,80})$/.exec(url) ?? [];
    if (name === undefined) {
      throw new ServiceError('InvalidAddress', `The address ${url} is not valid for this endpoint.`);
    }
    if (accountID !== this.#options.account.accountID) {
      throw queueDoesNotExist();
    }
    return name;
  }

  #authorize(operation: SqsOperation, name: string, isDenied: boolean): void {
    const { account, iamPolicy } = this.#options;
    const { accountID, region } = account;
    const action = `sqs:${SQS_ACTIONS[operation]}`;
    const resource = `arn:aws:sqs:${region}:${accountID}:${name}`;
    const context = { 'aws:RequestedRegion': region };
    const isAllowed = iamPolicy === undefined || decideAccess(iamPolicy, { action, resource, context }) === 'Allow';
    if (isDenied || !isAllowed) {
      const user = `arn:aws:sts::${accountID}:assumed-role/wsap/simulated`;
      // SQS writes its actions in lowercase letters.
      const shown = action.toLowerCase();
      const message = `User: ${user} is not authorized to perform: ${shown} on resource: ${resource} because no identity-based policy allows the ${shown} action`;
      throw new ServiceError('AccessDeniedException', message, {}, 403);
    }
  }
}

/** Returns the response that replaces a call, or undefined if the call is processed. */
function replacementFor({ fault, status, exception = '', message }: Fault): WireResponse | undefined {
  switch (fault) {
    case 'Throttle':
      throw throttled();
    case 'HttpError':
      throw internalError(status ?? 500);
    case 'Html':
      return htmlPage(status ?? 502);
    case 'CloseConnection':
      return { kind: 'close' };
    case 'Hang':
      return { kind: 'silence' };
    case 'Exception':
      throw new ServiceError(exception, message ?? `Simulated ${exception}.`);
    default:
      return undefined;
  }
}
