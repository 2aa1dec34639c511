import { STATUS_CODES } from 'node:http';
import { ServiceError } from './errors.ts';
import { EXCEPTION_NAMES } from './model.ts';
import type { JsonObject } from './validate.ts';
import { exceptionHas } from './validateOutput.ts';

/** Response to a request: an HTTP response with a text or bytes, a closed connection without one, or silence. */
export type WireResponse =
  | { readonly kind: 'response'; readonly status: number; readonly contentType: string; readonly body: string }
  | { readonly kind: 'binary'; readonly status: number; readonly contentType: string; readonly body: Uint8Array }
  | { readonly kind: 'close' }
  | { readonly kind: 'silence' };

const AWS_JSON = 'application/x-amz-json-1.1';

export function success(output: JsonObject): WireResponse {
  return { kind: 'response', status: 200, contentType: AWS_JSON, body: JSON.stringify(output) };
}

/** Returns the response of an exception with the members that its shape has. Some shapes lack even a message. */
export function failure({ type, message, members, status }: ServiceError): WireResponse {
  const body = JSON.stringify(errorBody({ type, message, members }));
  return { kind: 'response', status, contentType: AWS_JSON, body };
}

/** Returns the members of an exception, and its type in `__type`. */
export function errorBody({ type, message, members }: Pick<ServiceError, 'type' | 'message' | 'members'>): JsonObject {
  const isModeled = EXCEPTION_NAMES.includes(type);
  // The Resource Groups Tagging API capitalizes the member.
  const candidates = Object.entries({ message, ...(isModeled && { Message: message }), ...members });
  return Object.fromEntries([
    ['__type', type],
    ...candidates.filter(([name]) => exceptionHas(type, name, EXCEPTION_NAMES)),
  ]);
}

/** Returns an HTML page, as a load balancer or a proxy sends it in place of AWS. */
export function htmlPage(status: number): WireResponse {
  const title = `${status} ${STATUS_CODES[status] ?? ''}`.trim();
  const body = `<html>\r\n<head><title>${title}</title></head>\r\n<body><h1>${title}</h1></body>\r\n</html>\r\n`;
  return { kind: 'response', status, contentType: 'text/html', body };
}

/** Returns a server error of AWS, which doesn't show whether the call was processed. */
export function internalError(status: number): ServiceError {
  const type = status === 503 ? 'ServiceUnavailableException' : 'InternalFailure';
  return new ServiceError(type, 'The request failed because of an internal error.', {}, status);
}
