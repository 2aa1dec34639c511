import { createTopicClient } from '../aws/client.ts';
import { NEVER_CONNECTED } from '../aws/errorKinds.ts';
import { isUntrustedCertificate } from '../network/certificateErrors.ts';
import type { DeliveryResult } from '../notifications/deliveryRecords.ts';
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

/** Part of the timeout within which a connection must be established, so that a later timeout means that one existed. */
const CONNECTION_PART = 0.5;

/** Error of a handler that gave up the connection. The SDK has no code for it. */
const NO_CONNECTION = /did not establish a connection/;

/** Error of the SDK. */
interface SdkError {
  readonly name?: unknown;
  readonly code?: unknown;
  readonly message?: unknown;
  readonly $metadata?: { readonly httpStatusCode?: number };
}

/**
 * Publishes messages to topics of Amazon SNS, with the operator's own AWS identity. Uses a new connection for each message, because an idle
 * one that a network device has dropped would make the result unknown.
 */
export class SnsNotifier {
  readonly #options: SnsNotifierOptions;

  constructor(options: SnsNotifierOptions) {
    this.#options = options;
  }

  /** Publishes a message once. Never rejects. Messages of the result contain the code of the error, and no other text of AWS. */
  async send({ body }: ReceiverRequest, { topicARN = '', timeoutMs }: ProviderConfig): Promise<DeliveryResult> {
    const { MessageAttributes, ...parameters }: PublishParameters = JSON.parse(body);
    const timeout = AbortSignal.timeout(timeoutMs);
    const { stopping, version, endpoint } = this.#options;
    const abortSignal = stopping === undefined ? timeout : AbortSignal.any([timeout, stopping]);
    const progress = { isSigned: false };
    const client = await createTopicClient({
      region: topicARN.split(':')[3] ?? '',
      version,
      timeouts: { connection: timeoutMs * CONNECTION_PART, request: timeoutMs },
      ...(endpoint !== undefined && { endpoint }),
    });
    try {
      const { PublishCommand } = await import('@aws-sdk/client-sns');
      const command = new PublishCommand({ ...parameters, MessageAttributes: { ...MessageAttributes } });
      // The credentials, which can take long, precede the signature, and the request follows it.
      command.middlewareStack.add(
        (next) => async (args) => {
          abortSignal.throwIfAborted();
          progress.isSigned = true;
          return next(args);
        },
        { step: 'deserialize', name: 'recordProgress' },
      );
      await Promise.race([client.send(command, { abortSignal }), rejectedOn(abortSignal)]);
      return { kind: 'Accepted' };
    } catch (error) {
      return failureOf(Object(error), progress.isSigned);
    } finally {
      client.destroy();
    }
  }
}

/** Rejects when a signal is aborted, because the SDK ignores it while it waits for credentials. */
async function rejectedOn(signal: AbortSignal): Promise<never> {
  if (!signal.aborted) {
    await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }));
  }
  throw Object.assign(new Error('the publication was aborted'), { name: 'AbortError' });
}

function failureOf(
  { name, code, message, $metadata: { httpStatusCode: status } = {} }: SdkError,
  isSigned: boolean,
): DeliveryResult {
  const error = /^[\w.]{1,64}$/.test(String(name)) ? String(name) : 'UnknownError';
  if (error === 'CredentialsProviderError') {
    return { kind: 'Rejected', message: 'the operator has no AWS credentials; give it an identity' };
  }
  if (!isSigned) {
    return { kind: 'Rejected', message: `cannot get AWS credentials for SNS: ${error}` };
  }
  // An error with a status of success means that SNS accepted the message, and that its response is unreadable.
  if (status !== undefined && status >= 300 && (status < 500 || status === 503)) {
    const isContent = error.startsWith('InvalidParameter');
    return { kind: 'Rejected', message: `SNS returned ${error}${adviceOn(error)}`, isContent };
  }
  if (NEVER_CONNECTED.has(String(code)) || isUntrustedCertificate(code) || NO_CONNECTION.test(String(message))) {
    const cause = String(code ?? error).replace(/[^\w]/g, '');
    return { kind: 'Rejected', message: `cannot connect to SNS: ${cause}` };
  }
  return { kind: 'Unknown', message: `SNS: ${error}; it may have accepted the message` };
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
