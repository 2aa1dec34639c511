import {
  ChangeMessageVisibilityBatchCommand,
  DeleteMessageBatchCommand,
  GetQueueAttributesCommand,
  ReceiveMessageCommand,
  type SQSClient,
} from '@aws-sdk/client-sqs';
import type { EventQueue, QueueMessage, ReceiveOptions } from '../eventbridge/ports.ts';
import { chunks } from './listing.ts';
import type { CallTarget } from './operations.ts';
import type { AwsRequest, RateLimitedClient } from './rateLimitedClient.ts';
import { listOf, MalformedResponseError, memberOf } from './response.ts';

/** Maximum number of messages of a call (SQS API reference). */
const MESSAGES_PER_CALL = 10;
/** Maximum length of a receipt handle and of a message ID, far above their lengths in AWS. */
const MAX_HANDLE_LENGTH = 4096;

/**
 * Error codes of a message whose handle expired: another receiver has the message, or it was deleted. SQS reports some of these handles with
 * a general code.
 */
const EXPIRED_HANDLE = /(?:^|\.)(?:ReceiptHandleIsInvalid|MessageNotInflight|InvalidParameterValue|InvalidIdFormat)$/;

/** Attributes of a queue that `wsap doctor` shows. */
export interface QueueAttributes {
  /** Approximate number of messages that wait. */
  readonly messages: number;
  /** Maximum number of deliveries of a message before it moves to the dead-letter queue. Undefined without a dead-letter queue. */
  readonly maxReceiveCount: number | undefined;
}

type SqsRequest = AwsRequest<object, void, SQSClient>;

/** Messages of one call, by their handles. */
interface MessageBatch {
  readonly QueueUrl: string;
  readonly Entries: { readonly Id: string; readonly ReceiptHandle: string }[];
}

/** EventQueue over SQS. */
export class SqsEventQueue implements EventQueue {
  readonly #api: RateLimitedClient<SQSClient>;
  readonly #queueURL: string;
  readonly #queueName: string;

  constructor(api: RateLimitedClient<SQSClient>, queueURL: string) {
    this.#api = api;
    this.#queueURL = queueURL;
    this.#queueName = queueURL.split('/').at(-1) ?? '';
  }

  receive(
    { maxMessages, waitSeconds, visibilityTimeoutSeconds }: ReceiveOptions,
    signal: AbortSignal,
  ): Promise<readonly QueueMessage[]> {
    const input = {
      QueueUrl: this.#queueURL,
      MaxNumberOfMessages: maxMessages,
      WaitTimeSeconds: waitSeconds,
      VisibilityTimeout: visibilityTimeoutSeconds,
      MessageSystemAttributeNames: ['SentTimestamp' as const, 'ApproximateReceiveCount' as const],
    };
    return this.#api.send(
      {
        target: { operation: 'ReceiveMessage', queueName: this.#queueName },
        send: (client, options) => client.send(new ReceiveMessageCommand(input), options),
        parse: (response) => listOf(response, 'Messages').map(toMessage),
        signal,
      },
      'urgent',
    );
  }

  delete(receiptHandles: readonly string[]): Promise<void> {
    return this.#sendBatches({ operation: 'DeleteMessageBatch' }, receiptHandles, (batch, client, options) =>
      client.send(new DeleteMessageBatchCommand(batch), options),
    );
  }

  changeVisibility(receiptHandles: readonly string[], seconds: number): Promise<void> {
    return this.#sendBatches(
      { operation: 'ChangeMessageVisibilityBatch' },
      receiptHandles,
      ({ QueueUrl, Entries }, client, options) => {
        const withTimeout = Entries.map((entry) => ({ ...entry, VisibilityTimeout: seconds }));
        return client.send(new ChangeMessageVisibilityBatchCommand({ QueueUrl, Entries: withTimeout }), options);
      },
    );
  }

  async #sendBatches(
    { operation }: Pick<CallTarget, 'operation'>,
    receiptHandles: readonly string[],
    send: (batch: MessageBatch, ...call: Parameters<SqsRequest['send']>) => ReturnType<SqsRequest['send']>,
  ): Promise<void> {
    for (const handles of chunks(receiptHandles, MESSAGES_PER_CALL)) {
      const Entries = handles.map((ReceiptHandle, index) => ({ Id: String(index), ReceiptHandle }));
      const batch = { QueueUrl: this.#queueURL, Entries };
      const target: CallTarget = { operation, queueName: this.#queueName };
      await this.#api.send({ target, send: (...call) => send(batch, ...call), parse: assertDone }, 'urgent');
    }
  }

  /** Returns attributes of the queue. Receives no message. Rejects with a FleetError. */
  attributes(): Promise<QueueAttributes> {
    const QueueUrl = this.#queueURL;
    return this.#api.send(
      {
        target: { operation: 'GetQueueAttributes', queueName: this.#queueName },
        send: (client, options) =>
          client.send(
            new GetQueueAttributesCommand({
              QueueUrl,
              AttributeNames: ['ApproximateNumberOfMessages', 'RedrivePolicy'],
            }),
            options,
          ),
        parse: (response) => {
          const attributes = Object(memberOf(response, 'Attributes'));
          return {
            messages: toCount(attributes.ApproximateNumberOfMessages) ?? 0,
            maxReceiveCount: toMaxReceiveCount(attributes.RedrivePolicy),
          };
        },
      },
      'urgent',
    );
  }
}

/** Throws the error of the first message of a batch that failed, unless its handle expired. */
function assertDone(response: unknown): void {
  // Some implementations omit an empty list.
  const isComplete = Object(response).Successful !== undefined;
  for (const { Code, Message } of listOf(isComplete ? { Failed: [], ...Object(response) } : response, 'Failed')) {
    if (typeof Code !== 'string' || !EXPIRED_HANDLE.test(Code)) {
      const error = new Error(typeof Message === 'string' ? Message : '');
      error.name = typeof Code === 'string' ? Code : 'Unknown';
      throw error;
    }
  }
}

function toMessage({ MessageId, ReceiptHandle, Body, Attributes }: Readonly<Record<string, unknown>>): QueueMessage {
  const { SentTimestamp, ApproximateReceiveCount } = Object(Attributes) as Readonly<Record<string, unknown>>;
  const sentAt = new Date(toCount(SentTimestamp) ?? Number.NaN);
  return {
    messageID: textOf(MessageId, 'MessageId'),
    receiptHandle: textOf(ReceiptHandle, 'ReceiptHandle'),
    body: typeof Body === 'string' ? Body : '',
    sentAt: Number.isNaN(sentAt.getTime()) ? undefined : sentAt,
    receiveCount: toCount(ApproximateReceiveCount) ?? 1,
  };
}

function textOf(value: unknown, member: string): string {
  if (typeof value !== 'string' || value === '' || value.length > MAX_HANDLE_LENGTH) {
    throw new MalformedResponseError(`${member} of a message is missing or invalid`);
  }
  return value;
}

/** Returns a number that AWS sent as text, or undefined. */
function toCount(value: unknown): number | undefined {
  return typeof value === 'string' && /^\d{1,15}$/.test(value) ? Number(value) : undefined;
}

function toMaxReceiveCount(redrivePolicy: unknown): number | undefined {
  try {
    const { maxReceiveCount } = Object(JSON.parse(String(redrivePolicy))) as { readonly maxReceiveCount?: unknown };
    return toCount(String(maxReceiveCount));
  } catch {
    return undefined;
  }
}
