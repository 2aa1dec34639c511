import type { Listed } from '../fleet/ports.ts';
import { joined } from './items.ts';
import { PageTokens } from './listing.ts';
import type { CallTarget } from './operations.ts';
import type { AwsRequest, RateLimitedClient } from './rateLimitedClient.ts';
import type { Priority } from './rateLimiter.ts';

/** Listing that AWS returns in pages: its target, and how to request and parse one page. */
export interface PageListing<Item> {
  readonly target: CallTarget;
  page(token: string | undefined): Pick<AwsRequest<object, Listed<Item>>, 'send' | 'parse'>;
}

/** Reads all pages of a listing. Rejects with a FleetError if one page can't be read. */
export async function readPages<Item>(
  api: RateLimitedClient,
  { target, page }: PageListing<Item>,
  priority: Priority,
): Promise<Listed<Item>> {
  const tokens = new PageTokens();
  const pages: Listed<Item>[] = [];
  let token: string | undefined;
  let pageNumber = target.page ?? 1;
  do {
    const { send, parse } = page(token);
    const request: AwsRequest<object, string | undefined> = {
      target: { ...target, page: pageNumber },
      send,
      parse: (response) => {
        pages.push(parse(response));
        return tokens.after(response);
      },
    };
    token = await api.send(request, priority);
    pageNumber += 1;
  } while (token !== undefined);
  return joined(pages);
}
