import { createHash } from 'node:crypto';
import type { Account } from './accessDenied.ts';
import { ServiceError } from './errors.ts';
import type { SimulatedMessage, SimulatedQueue } from './simulatedQueue.ts';
import { entriesIn, invalidValue, numberIn, type SqsOperation, textIn } from './sqsProtocol.ts';
import type { JsonObject } from './validate.ts';

/** Maximum visibility timeout in seconds: 12 hours. */
const MAX_VISIBILITY_TIMEOUT = 43_200;
/** Maximum size of a message in bytes. */
const MAX_MESSAGE_BYTES = 1024 * 1024;

interface Context {
  readonly account: Account;
  /** Aborted when the client disconnects. */
  readonly signal: AbortSignal;
}

type Handler = (queue: SimulatedQueue, input: JsonObject, context: Context) => JsonObject | Promise<JsonObject>;

/** Handlers of the operations on a queue. Each throws the ServiceError that SQS would return. */
export const SQS_HANDLERS: Readonly<Record<Exclude<SqsOperation, 'GetQueueUrl'>, Handler>> = {
  ReceiveMessage: async (queue, input, { signal }) => {
    const max = numberIn(input, 'MaxNumberOfMessages', [1, 10], 1);
    const wait = numberIn(input, 'WaitTimeSeconds', [0, 20], 0);
    const visibility = visibilityIn(input) ?? queue.settings.visibilityTimeout;
    const received = await queue.receive({ max, waitMs: wait * 1000, visibilityTimeoutMs: visibility }, signal);
    const names = [input.MessageSystemAttributeNames, input.AttributeNames].flat();
    // As SQS does, an empty response has no list.
    return received.length === 0 ? {} : { Messages: received.map((message) => present(message, names)) };
  },
  SendMessage: (queue, input) => {
    const body = textIn(input, 'MessageBody');
    if (Buffer.byteLength(body) > MAX_MESSAGE_BYTES) {
      throw invalidValue(
        `One or more parameters are invalid. Reason: Message must be shorter than ${MAX_MESSAGE_BYTES} bytes.`,
      );
    }
    const delay = numberIn(input, 'DelaySeconds', [0, 900], 0);
    return { MessageId: queue.send(body, delay * 1000), MD5OfMessageBody: md5(body) };
  },
  DeleteMessage: (queue, input) => {
    deleteMessage(queue, input);
    return {};
  },
  DeleteMessageBatch: (queue, input) => forEachEntry(input, (entry) => deleteMessage(queue, entry)),
  ChangeMessageVisibility: (queue, input) => {
    changeVisibility(queue, input);
    return {};
  },
  ChangeMessageVisibilityBatch: (queue, input) => forEachEntry(input, (entry) => changeVisibility(queue, entry)),
  GetQueueAttributes: (queue, input, { account }) => {
    const names = [input.AttributeNames].flat();
    const all = Object.entries(attributesOf(queue, account));
    return { Attributes: Object.fromEntries(all.filter(([name]) => names.includes('All') || names.includes(name))) };
  },
};

function attributesOf(queue: SimulatedQueue, { region, accountID }: Account): Readonly<Record<string, string>> {
  const { settings, deadLetterQueue } = queue;
  const { visible, delayed, inFlight } = queue.count();
  const arnOf = (name: string) => `arn:aws:sqs:${region}:${accountID}:${name}`;
  return {
    QueueArn: arnOf(settings.name),
    ApproximateNumberOfMessages: String(visible),
    ApproximateNumberOfMessagesDelayed: String(delayed),
    ApproximateNumberOfMessagesNotVisible: String(inFlight),
    VisibilityTimeout: String(settings.visibilityTimeout / 1000),
    ...(deadLetterQueue !== undefined && {
      RedrivePolicy: JSON.stringify({
        deadLetterTargetArn: arnOf(deadLetterQueue.settings.name),
        maxReceiveCount: settings.maxReceiveCount,
      }),
    }),
  };
}

function present(message: SimulatedMessage, names: readonly unknown[]): JsonObject {
  const attributes = {
    SentTimestamp: String(message.sentAt),
    ApproximateReceiveCount: String(message.receiveCount),
  };
  const shown = Object.entries(attributes).filter(([name]) => names.includes('All') || names.includes(name));
  return {
    MessageId: message.messageID,
    ReceiptHandle: message.receiptHandle,
    MD5OfBody: md5(message.body),
    Body: message.body,
    ...(shown.length > 0 && { Attributes: Object.fromEntries(shown) }),
  };
}

/** SQS accepts an expired handle, but the message may stay. */
function deleteMessage(queue: SimulatedQueue, input: JsonObject): void {
  if (queue.delete(textIn(input, 'ReceiptHandle')) === 'Unknown') {
    throw invalidHandle();
  }
}

function changeVisibility(queue: SimulatedQueue, input: JsonObject): void {
  const handle = textIn(input, 'ReceiptHandle');
  requireMember(input, 'VisibilityTimeout');
  const state = queue.changeVisibility(handle, visibilityIn(input) ?? 0);
  if (state === 'Unknown') {
    throw invalidHandle();
  }
  if (state === 'Expired') {
    throw invalidValue(
      'Value for parameter ReceiptHandle is invalid. Reason: Message does not exist or is not available for visibility timeout change.',
    );
  }
}

/** Returns a visibility timeout in milliseconds, or undefined if the request has none. */
function visibilityIn(input: JsonObject): number | undefined {
  const seconds = numberIn(input, 'VisibilityTimeout', [0, MAX_VISIBILITY_TIMEOUT], undefined);
  return seconds === undefined ? undefined : seconds * 1000;
}

/** Throws MissingParameter if a request lacks a member of any type. */
function requireMember(input: JsonObject, member: string): void {
  if ((input[member] ?? undefined) === undefined) {
    throw new ServiceError('MissingParameter', `The request must contain the parameter ${member}.`);
  }
}

const invalidHandle = () => new ServiceError('ReceiptHandleIsInvalid', 'The input receipt handle is invalid.');

function forEachEntry(input: JsonObject, process: (entry: JsonObject) => void): JsonObject {
  const Successful: JsonObject[] = [];
  const Failed: JsonObject[] = [];
  for (const entry of entriesIn(input)) {
    try {
      process(entry);
      Successful.push({ Id: entry.Id });
    } catch (error) {
      if (!(error instanceof ServiceError)) {
        throw error;
      }
      Failed.push({ Id: entry.Id, Code: error.type, Message: error.message, SenderFault: true });
    }
  }
  return { Successful, Failed };
}

function md5(text: string): string {
  return createHash('md5').update(text).digest('hex');
}
