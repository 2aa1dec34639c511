import {
  GetResourcesCommand,
  type GetResourcesCommandInput,
  type ResourceGroupsTaggingAPIClient,
} from '@aws-sdk/client-resource-groups-tagging-api';
import { chunks, PageTokens } from './listing.ts';
import { toResourceTags } from './mapping.ts';
import type { RateLimitedClient } from './rateLimitedClient.ts';
import type { Priority } from './rateLimiter.ts';
import { listOf, MalformedResponseError, memberOf, nextTokenOf } from './response.ts';

/** Resource type of WorkSpaces in the Resource Groups Tagging API. */
const RESOURCE_TYPE = 'workspaces:workspace';
/** Maximum number of resources per page, and of ARNs per request, of the Resource Groups Tagging API. */
const RESOURCES_PER_PAGE = 100;

type TagsByID = Map<string, ReadonlyMap<string, string> | undefined>;
type TaggingClient = RateLimitedClient<ResourceGroupsTaggingAPIClient>;

/** Returns the tags of all tagged WorkSpaces by ID, over all pages. */
export async function getResources(api: TaggingClient, priority: Priority): Promise<TagsByID> {
  const tokens = new PageTokens();
  const tagged: TagsByID = new Map();
  let token: string | undefined;
  let page = 1;
  do {
    const input = {
      ResourceTypeFilters: [RESOURCE_TYPE],
      ResourcesPerPage: RESOURCES_PER_PAGE,
      PaginationToken: token,
    };
    token = await readPage(api, priority, page, input, tagged, (next) => tokens.after({ NextToken: next }));
    page += 1;
  } while (token !== undefined);
  return tagged;
}

/** Returns the tags of the tagged WorkSpaces among the given ARNs, by ID. AWS accepts neither filters nor pages together with ARNs. */
export async function getResourcesByARN(
  api: TaggingClient,
  priority: Priority,
  arns: readonly string[],
): Promise<TagsByID> {
  const tagged: TagsByID = new Map();
  for (const [index, ResourceARNList] of chunks(arns, RESOURCES_PER_PAGE).entries()) {
    await readPage(api, priority, index + 1, { ResourceARNList }, tagged, expectNoToken);
  }
  return tagged;
}

/** Throws a MalformedResponseError for the token of a further page, which a request with ARNs can't read. */
function expectNoToken(token: unknown): undefined {
  if (nextTokenOf({ NextToken: token }) !== undefined) {
    throw new MalformedResponseError('it has a page token although the request names the resources');
  }
}

/** Reads a page and adds its tags to a map. Returns the token of the next page according to `nextToken`. */
function readPage(
  api: TaggingClient,
  priority: Priority,
  page: number,
  input: GetResourcesCommandInput,
  tagged: TagsByID,
  nextToken: (token: unknown) => string | undefined,
): Promise<string | undefined> {
  return api.send(
    {
      target: { operation: 'GetResources', page },
      send: (client, options) => client.send(new GetResourcesCommand(input), options),
      parse: (response) => {
        for (const { workspaceID, tags } of listOf(response, 'ResourceTagMappingList').map(toResourceTags)) {
          tagged.set(workspaceID, tags);
        }
        return nextToken(memberOf(response, 'PaginationToken'));
      },
    },
    priority,
  );
}
