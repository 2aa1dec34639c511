import type { JsonObject } from '../../../src/simulator/validate.ts';
import type { WireResponse } from '../../../src/simulator/wireResponse.ts';

const TIMES = new Set([
  'Created',
  'LastUpdatedTime',
  'LastKnownUserConnectionTimestamp',
  'ConnectionStateCheckTimestamp',
]);

/** Converts a response of the endpoint to the result of the SDK. */
export function outcomeOf(
  answer: WireResponse,
  requestId: string,
): { readonly output: JsonObject } | { readonly error: Error } {
  if (answer.kind !== 'response') {
    return { error: Object.assign(new Error('socket hang up'), { code: 'ECONNRESET' }) };
  }
  const isFromAws = answer.contentType === 'application/x-amz-json-1.1';
  const $metadata = { httpStatusCode: answer.status, ...(isFromAws && { requestId }) };
  const body = withTimes(JSON.parse(answer.body)) as JsonObject;
  return answer.status === 200
    ? { output: { ...body, $metadata } }
    : { error: Object.assign(new Error(String(body.message ?? '')), { name: String(body.__type), $metadata }) };
}

/** Returns the error of the SDK for an aborted call. */
export function aborted(): Error {
  return Object.assign(new Error('aborted'), { name: 'AbortError' });
}

/** Replaces timestamps by dates, in place. */
function withTimes(value: unknown): unknown {
  if (Array.isArray(value)) {
    value.forEach(withTimes);
  } else if (typeof value === 'object' && value !== null) {
    const members = value as Record<string, unknown>;
    for (const name of Object.keys(members)) {
      const member = members[name];
      if (typeof member === 'number' && TIMES.has(name)) {
        members[name] = new Date(member * 1_000);
      } else if (typeof member === 'object') {
        withTimes(member);
      }
    }
  }
  return value;
}
