import { sanitize } from '../sanitize.ts';

/** Error in a response that doesn't match the API model, so it can't be trusted to be complete. */
export class MalformedResponseError extends Error {
  override readonly name = 'MalformedResponseError';
}

/** Object in a response. The SDK passes on any JSON, regardless of its own types. */
export type ResponseItem = Readonly<Record<string, unknown>>;

/**
 * Pattern for IDs. Any other text must not become a key, label, or argument, and longer IDs don't fit into a status.
 */
const ID = /^[\w-]{1,66}$/;
/**
 * Maximum length of a name, user name, or state. A longer value is rejected because shortening it could change which
 * policy it matches.
 */
export const MAX_TEXT_LENGTH = 1024;
/**
 * Maximum length of a page token according to the API (`PaginationToken`). A longer token is rejected because each one
 * is kept until the listing ends.
 */
const MAX_TOKEN_LENGTH = 2048;

/**
 * Returns a member of a response. AWS omits empty lists. A response with neither the member nor a request ID is an
 * empty body from a proxy and doesn't prove that the list is empty.
 */
export function memberOf(response: unknown, member: string): unknown {
  const { [member]: value, $metadata } = itemOf(response, 'the response');
  if ((value ?? undefined) === undefined && (Object($metadata) as ResponseItem).requestId === undefined) {
    throw new MalformedResponseError(`it has neither ${member} nor a request ID, so it isn't from AWS`);
  }
  return value ?? undefined;
}

/** Returns the objects in a list of a response, or an empty list if AWS omitted it. */
export function listOf(response: unknown, member: string): ResponseItem[] {
  return itemsOf(memberOf(response, member), member);
}

/** Returns the page token of a response, or undefined after the last page. */
export function nextTokenOf(response: unknown): string | undefined {
  const token = itemOf(response, 'the response').NextToken;
  if (token === undefined || token === null || token === '') {
    return undefined;
  }
  if (typeof token !== 'string') {
    throw new MalformedResponseError("NextToken isn't a string");
  }
  if (token.length > MAX_TOKEN_LENGTH) {
    throw new MalformedResponseError(`NextToken is longer than ${MAX_TOKEN_LENGTH} characters`);
  }
  return token;
}

/** Returns the objects in a list. An omitted list is empty. Throws a MalformedResponseError for anything else. */
export function itemsOf(value: unknown, description: string): ResponseItem[] {
  if (value === undefined || value === null) {
    return [];
  }
  if (!Array.isArray(value)) {
    throw new MalformedResponseError(`${description} isn't a list`);
  }
  return value.map((item) => itemOf(item, `an entry of ${description}`));
}

/** Returns an object. Throws a MalformedResponseError for anything else. */
export function itemOf(value: unknown, description: string): ResponseItem {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new MalformedResponseError(`${description} isn't an object`);
  }
  return value as ResponseItem;
}

/** Returns a required ID. Throws a MalformedResponseError if it is missing or isn't an ID. */
export function idIn(item: ResponseItem, member: string): string {
  const value = stringIn(item, member);
  if (value === undefined) {
    throw new MalformedResponseError(`an entry has no ${member}`);
  }
  if (!ID.test(value)) {
    throw new MalformedResponseError(`${member} "${sanitize(value, 64)}" isn't an ID`);
  }
  return value;
}

/** Returns the requested ID, which AWS can omit in the response. A different ID belongs to a different response. */
export function requestedIDIn(item: ResponseItem, member: string, requested: string): string {
  const value = stringIn(item, member) ?? requested;
  if (value !== requested) {
    throw new MalformedResponseError(`${member} is "${sanitize(value, 64)}" instead of the requested ${requested}`);
  }
  return value;
}

/** Returns a name, user name, or state, or undefined if AWS omitted it. Throws a MalformedResponseError if it is too long. */
export function boundedTextIn(item: ResponseItem, member: string): string | undefined {
  const value = stringIn(item, member);
  if (value !== undefined && value.length > MAX_TEXT_LENGTH) {
    throw new MalformedResponseError(`${member} is longer than ${MAX_TEXT_LENGTH} characters`);
  }
  return value;
}

/** Returns a string of any length, or undefined if AWS omitted it. Throws a MalformedResponseError for anything else. */
export function stringIn(item: ResponseItem, member: string): string | undefined {
  const value = item[member];
  if (value === undefined || value === null) {
    return undefined;
  }
  if (typeof value !== 'string') {
    throw new MalformedResponseError(`${member} isn't a string`);
  }
  return value;
}

/** Returns a time, or undefined if AWS omitted it. Throws a MalformedResponseError for anything else. */
export function timeIn(item: ResponseItem, member: string): Date | undefined {
  const value = item[member];
  if (value === undefined || value === null) {
    return undefined;
  }
  if (!(value instanceof Date) || Number.isNaN(value.getTime())) {
    throw new MalformedResponseError(`${member} isn't a time`);
  }
  return value;
}
