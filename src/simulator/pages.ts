import { hash } from 'node:crypto';
import { compareBy } from '../compare.ts';
import { PAGE_SIZE } from '../fleet/ports.ts';
import { invalidParameter, invalidParameterValues, type ServiceError } from './errors.ts';
import { type OperationName, operationNamed } from './model.ts';
import type { JsonObject } from './validate.ts';

interface Position {
  readonly query: string;
  /** Page number that the token requests, starting at 1. */
  readonly page: number;
  /** ID after which the page starts. Pages stay consistent if the listing changes in between. */
  readonly after: string;
}

/**
 * Returns one page of a listing sorted by ID. `limit` returns how many items of a full page remain on it. Throws
 * InvalidParameterValuesException, or the counterpart of the Resource Groups Tagging API, for a token of a different
 * query.
 */
export function paginate<Item>(
  operation: OperationName,
  input: JsonObject,
  items: readonly Item[],
  idOf: (item: Item) => string,
  present: (item: Item) => JsonObject,
  limit: (items: readonly Item[]) => number = (page) => page.length,
): JsonObject {
  const { pages } = operationNamed(operation);
  if (pages === undefined) {
    throw new Error(`bug in the simulator: ${operation} is not paged`);
  }
  const size = (pages.limit === undefined ? undefined : (input[pages.limit] as number | undefined)) ?? PAGE_SIZE;
  const query = queryOf(operation, input);
  const position = input.NextToken === undefined ? undefined : decode(input.NextToken);
  if (input.NextToken !== undefined && position?.query !== query) {
    throw invalidToken(operation);
  }

  const remaining = position === undefined ? items : items.filter((item) => idOf(item) > position.after);
  const fullPage = remaining.slice(0, size);
  const page = fullPage.slice(0, limit(fullPage));
  const response: JsonObject = { [pages.result]: page.map(present) };
  const last = page.at(-1);
  if (last !== undefined && remaining.length > page.length) {
    response.NextToken = encode({ query, page: (position?.page ?? 1) + 1, after: idOf(last) });
  }
  return response;
}

/** Returns the page number of a request, starting at 1. */
export function pageOf(input: JsonObject): number {
  return decode(input.NextToken ?? input.PaginationToken)?.page ?? 1;
}

export function invalidToken(operation: OperationName): ServiceError {
  return operation === 'GetResources'
    ? invalidParameter('Invalid PaginationToken.')
    : invalidParameterValues('Invalid NextToken.');
}

/** Returns a digest of the operation and its input without token and page size. */
function queryOf(operation: OperationName, input: JsonObject): string {
  const limit = operationNamed(operation).pages?.limit;
  const parameters = Object.entries(input).filter(([name]) => name !== 'NextToken' && name !== limit);
  parameters.sort(compareBy(([key]) => key));
  return hash('sha256', JSON.stringify([operation, parameters]), 'base64url').slice(0, 16);
}

function encode({ query, page, after }: Position): string {
  return Buffer.from(JSON.stringify([query, page, after])).toString('base64url');
}

function decode(token: unknown): Position | undefined {
  if (typeof token !== 'string') {
    return undefined;
  }
  try {
    // A token of the Resource Groups Tagging API starts with its time.
    const position = token.slice(token.indexOf('.') + 1);
    const [query, page, after] = JSON.parse(Buffer.from(position, 'base64url').toString()) as unknown[];
    const isPosition = typeof query === 'string' && typeof page === 'number' && typeof after === 'string';
    return isPosition ? { query, page, after } : undefined;
  } catch {
    return undefined;
  }
}
