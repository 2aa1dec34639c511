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
  listing: PageListing<Item>,
  priority: Priority,
): Promise<Listed<Item>> {
  const pages: Listed<Item>[] = [];
  await eachPage(api, listing, priority, (page) => void pages.push(page));
  return joined(pages);
}

/** Calls a function for the items of each page of a listing. Rejects with a FleetError if one page can't be read. */
export async function eachPage<Item>(
  api: RateLimitedClient,
  { target, page }: PageListing<Item>,
  priority: Priority,
  receive: (items: Listed<Item>) => void,
): Promise<void> {
  const tokens = new PageTokens();
  let token: string | undefined;
  let pageNumber = target.page ?? 1;
  do {
    const { send, parse } = page(token);
    const request: AwsRequest<object, string | undefined> = {
      target: { ...target, page: pageNumber },
      send,
      parse: (response) => {
        receive(parse(response));
        return tokens.after(response);
      },
    };
    token = await api.send(request, priority);
    pageNumber += 1;
  } while (token !== undefined);
}
