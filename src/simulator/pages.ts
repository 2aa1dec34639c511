import { hash } from 'node:crypto';
import { compareBy } from '../compare.ts';
import { PAGE_SIZE } from '../fleet/ports.ts';
import { invalidParameterValues } from './errors.ts';
import { type OperationName, operationNamed } from './model.ts';
import type { JsonObject } from './validate.ts';

interface Position {
  readonly query: string;
  /** Which page the token asks for, from 1. */
  readonly page: number;
  /** The id after which it begins: a page stays right when what is listed changes in between. */
  readonly after: string;
}

/**
 * One page of a listing, whose items are sorted by id, as the operation's answer. Throws InvalidParameterValuesException for a token
 * that isn't from a listing of this very query.
 */
export function paginate<Item>(
  operation: OperationName,
  input: JsonObject,
  items: readonly Item[],
  idOf: (item: Item) => string,
  present: (item: Item) => JsonObject,
): JsonObject {
  const { pages } = operationNamed(operation);
  if (pages === undefined) {
    throw new Error(`bug in the simulator: ${operation} is not paged`);
  }
  const size = (pages.limit === undefined ? undefined : (input[pages.limit] as number | undefined)) ?? PAGE_SIZE;
  const query = queryOf(operation, input);
  const from = input.NextToken === undefined ? undefined : decode(input.NextToken);
  if (input.NextToken !== undefined && from?.query !== query) {
    throw invalidToken();
  }

  const rest = from === undefined ? items : items.filter((item) => idOf(item) > from.after);
  const page = rest.slice(0, size);
  const answer: JsonObject = { [pages.result]: page.map(present) };
  const last = page.at(-1);
  if (last !== undefined && rest.length > page.length) {
    answer.NextToken = encode({ query, page: (from?.page ?? 1) + 1, after: idOf(last) });
  }
  return answer;
}

/** Which page a request asks for, from 1. */
export function pageOf(input: JsonObject): number {
  return decode(input.NextToken ?? input.PaginationToken)?.page ?? 1;
}

export const invalidToken = () => invalidParameterValues('Invalid NextToken.');

/** What is asked for, wherever in the listing: a digest of the operation and its input but for token and limit. */
function queryOf(operation: OperationName, input: JsonObject): string {
  const limit = operationNamed(operation).pages?.limit;
  const asked = Object.entries(input).filter(([name]) => name !== 'NextToken' && name !== limit);
  asked.sort(compareBy(([key]) => key));
  return hash('sha256', JSON.stringify([operation, asked]), 'base64url').slice(0, 16);
}

function encode({ query, page, after }: Position): string {
  return Buffer.from(JSON.stringify([query, page, after])).toString('base64url');
}

function decode(token: unknown): Position | undefined {
  if (typeof token !== 'string') {
    return undefined;
  }
  try {
    const [query, page, after] = JSON.parse(Buffer.from(token, 'base64url').toString()) as unknown[];
    const isPosition = typeof query === 'string' && typeof page === 'number' && typeof after === 'string';
    return isPosition ? { query, page, after } : undefined;
  } catch {
    return undefined;
  }
}
