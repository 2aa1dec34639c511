import type { SNSClient } from '@aws-sdk/client-sns';
import { createTopicClient } from '../aws/client.ts';
import type { DeliveryResult } from '../notifications/delivery.ts';
import type { PublishParameters } from '../notifications/formats/sns.ts';
import type { ReceiverRequest } from '../notifications/message.ts';
import type { ProviderConfig } from '../policy/notificationProvider.ts';

export interface SnsNotifierOptions {
  readonly version: string;
  /** Endpoint of the service. Defaults to the SDK's chain. */
  readonly endpoint?: string;
  /** Aborts the calls in progress. Defaults to never. */
  readonly stopping?: AbortSignal;
}

/** Codes of errors before a request is sent. */
const NOT_CONNECTED: ReadonlySet<unknown> = new Set(['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'EHOSTUNREACH']);

/** Error of the SDK. */
interface SdkError {
  readonly name?: unknown;
  readonly code?: unknown;
  readonly $metadata?: { readonly httpStatusCode?: number };
}

/** Publishes messages to topics of Amazon SNS, with the operator's own AWS identity. */
export class SnsNotifier {
  readonly #options: SnsNotifierOptions;
  /** Clients by region and timeout. */
  readonly #clients = new Map<string, Promise<SNSClient>>();

  constructor(options: SnsNotifierOptions) {
    this.#options = options;
  }

  /** Publishes a message once. Never rejects. Messages of the result contain the code of the error, and no other text of AWS. */
  async send({ body }: ReceiverRequest, { topicARN = '', timeoutMs }: ProviderConfig): Promise<DeliveryResult> {
    const { MessageAttributes, ...parameters }: PublishParameters = JSON.parse(body);
    const timeout = AbortSignal.timeout(timeoutMs);
    const { stopping } = this.#options;
    const abortSignal = stopping === undefined ? timeout : AbortSignal.any([timeout, stopping]);
    try {
      const client = await this.#client(topicARN.split(':')[3] ?? '', timeoutMs);
      const { PublishCommand } = await import('@aws-sdk/client-sns');
      const command = new PublishCommand({ ...parameters, MessageAttributes: { ...MessageAttributes } });
      await client.send(command, { abortSignal });
      return { kind: 'Accepted' };
    } catch (error) {
      return failureOf(Object(error));
    }
  }

  #client(region: string, timeoutMs: number): Promise<SNSClient> {
    const { version, endpoint } = this.#options;
    const key = `${region} ${timeoutMs}`;
    const known = this.#clients.get(key);
    const timeouts = { connection: timeoutMs, request: timeoutMs };
    const client =
      known ?? createTopicClient({ region, version, timeouts, ...(endpoint !== undefined && { endpoint }) });
    this.#clients.set(key, client);
    return client;
  }
}

function failureOf({ name, code, $metadata: { httpStatusCode: status } = {} }: SdkError): DeliveryResult {
  const error = /^[\w.]{1,64}$/.test(String(name)) ? String(name) : 'UnknownError';
  if (status !== undefined && (status < 500 || status === 503)) {
    return { kind: 'Rejected', message: `SNS returned ${error}${adviceOn(error)}` };
  }
  if (error === 'CredentialsProviderError') {
    return { kind: 'Rejected', message: 'the operator has no AWS credentials; give it an identity' };
  }
  return NOT_CONNECTED.has(code)
    ? { kind: 'Rejected', message: `cannot connect to SNS: ${code}` }
    : { kind: 'Unknown', message: `SNS: ${error}; it may have accepted the message` };
}

function adviceOn(error: string): string {
  switch (error) {
    case 'AuthorizationErrorException':
    case 'AuthorizationError':
      return '; allow sns:Publish on the topic for the identity of the operator';
    case 'NotFoundException':
    case 'NotFound':
      return ': the topic does not exist; correct topicARN';
    default:
      return '';
  }
}
