import { SQSClient } from '@aws-sdk/client-sqs';
import { type ClientOptions, configurationOf, DEFAULT_TIMEOUTS } from './client.ts';

/** Minimum request timeout of a queue: a long poll takes up to 20 seconds before its response starts. */
const QUEUE_REQUEST_TIMEOUT_MS = 30_000;

/**
 * Returns a client for SQS. Its endpoint comes from the region or from `AWS_ENDPOINT_URL_SQS` and `AWS_ENDPOINT_URL`, never from a queue URL,
 * so that a queue URL can't decide who receives a signed request. TLS protects the messages, so their MD5 isn't checked: MD5 is
 * unavailable in FIPS mode.
 */
export function createQueueClient(options: ClientOptions): SQSClient {
  const { connection, request } = options.timeouts ?? DEFAULT_TIMEOUTS;
  const timeouts = { connection, request: Math.max(request, QUEUE_REQUEST_TIMEOUT_MS) };
  return new SQSClient({ ...configurationOf({ ...options, timeouts }), useQueueUrlAsEndpoint: false, md5: false });
}
