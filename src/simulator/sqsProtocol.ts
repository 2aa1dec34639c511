import { ServiceError } from './errors.ts';
import { isObject, type JsonObject } from './validate.ts';
import type { WireResponse } from './wireResponse.ts';

/** Prefix in the X-Amz-Target header. */
export const SQS_TARGET_PREFIX = 'AmazonSQS.';

/** Content type of AWS JSON 1.0. Source: https://smithy.io/2.0/aws/protocols/aws-json-1_0-protocol.html */
const AWS_JSON_1_0 = 'application/x-amz-json-1.0';

/** Operations of the simulated SQS, with the rest of their IAM action. */
export const SQS_ACTIONS = {
  ReceiveMessage: 'ReceiveMessage',
  SendMessage: 'SendMessage',
  DeleteMessage: 'DeleteMessage',
  DeleteMessageBatch: 'DeleteMessage',
  ChangeMessageVisibility: 'ChangeMessageVisibility',
  ChangeMessageVisibilityBatch: 'ChangeMessageVisibility',
  GetQueueAttributes: 'GetQueueAttributes',
  GetQueueUrl: 'GetQueueUrl',
} as const;
export type SqsOperation = keyof typeof SQS_ACTIONS;

/** Operations that faults can be limited to. */
export const SQS_OPERATIONS = Object.keys(SQS_ACTIONS) as SqsOperation[];

export function isSqsOperation(operation: string): operation is SqsOperation {
  return Object.hasOwn(SQS_ACTIONS, operation);
}

/** Returns the input of a request. Throws a SerializationException if it is not a structure. */
export function parseInput(body: Uint8Array): JsonObject {
  let input: unknown;
  try {
    input = body.length === 0 ? {} : JSON.parse(Buffer.from(body).toString('utf8'));
  } catch {
    input = undefined;
  }
  if (!isObject(input)) {
    throw new ServiceError('SerializationException', 'The request can not be decoded.');
  }
  return input;
}

export function sqsSuccess(output: JsonObject): WireResponse {
  return { kind: 'response', status: 200, contentType: AWS_JSON_1_0, body: JSON.stringify(output) };
}

export function sqsFailure({ type, message, status }: ServiceError): WireResponse {
  const body = JSON.stringify({ __type: `com.amazonaws.sqs#${type}`, message });
  return { kind: 'response', status, contentType: AWS_JSON_1_0, body };
}

export const queueDoesNotExist = () => new ServiceError('QueueDoesNotExist', 'The specified queue does not exist.');

export const invalidValue = (message: string) => new ServiceError('InvalidParameterValue', message);

/** Returns a required text. Throws MissingParameter, or InvalidParameterValue for another type. */
export function textIn(input: JsonObject, member: string): string {
  const value = input[member];
  if (value === undefined || value === null || value === '') {
    throw new ServiceError('MissingParameter', `The request must contain the parameter ${member}.`);
  }
  if (typeof value !== 'string') {
    throw invalidValue(`Value for parameter ${member} is invalid. Reason: Must be a string.`);
  }
  return value;
}

/** Returns a whole number within its limits, or the default value. */
export function numberIn<Default extends number | undefined>(
  input: JsonObject,
  member: string,
  [min, max]: readonly [min: number, max: number],
  defaultValue: Default,
): number | Default {
  const value = input[member] ?? undefined;
  if (value === undefined) {
    return defaultValue;
  }
  if (typeof value !== 'number' || !Number.isInteger(value) || value < min || value > max) {
    throw invalidValue(
      `Value ${value} for parameter ${member} is invalid. Reason: Must be between ${min} and ${max}, if provided.`,
    );
  }
  return value;
}

/** Maximum number of entries of a batch. */
const MAX_ENTRIES = 10;

/** Returns the entries of a batch, which have distinct IDs. */
export function entriesIn(input: JsonObject): readonly (JsonObject & { readonly Id: string })[] {
  const entries = Array.isArray(input.Entries) ? input.Entries.filter(isObject) : [];
  if (entries.length === 0) {
    throw new ServiceError('EmptyBatchRequest', 'There should be at least one entry in the request.');
  }
  if (entries.length > MAX_ENTRIES) {
    const message = `Maximum number of entries per request are ${MAX_ENTRIES}. You have sent ${entries.length}.`;
    throw new ServiceError('TooManyEntriesInBatchRequest', message);
  }
  const identified = entries.map((entry) => ({ ...entry, Id: textIn(entry, 'Id') }));
  if (new Set(identified.map(({ Id }) => Id)).size < identified.length) {
    throw new ServiceError('BatchEntryIdsNotDistinct', 'Two or more batch entries have the same Id.');
  }
  return identified;
}
