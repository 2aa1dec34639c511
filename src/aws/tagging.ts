import { GetResourcesCommand, type ResourceGroupsTaggingAPIClient } from '@aws-sdk/client-resource-groups-tagging-api';
import { PageTokens } from './listing.ts';
import { listOf, memberOf, toResourceTags } from './mapping.ts';
import type { RateLimitedClient } from './rateLimitedClient.ts';
import type { Priority } from './rateLimiter.ts';

/** Resource type of WorkSpaces in the Resource Groups Tagging API. */
const RESOURCE_TYPE = 'workspaces:workspace';
/** Maximum number of resources per page of the Resource Groups Tagging API. */
const RESOURCES_PER_PAGE = 100;

/** Returns the tags of all tagged WorkSpaces by ID, over all pages. */
export async function getResources(
  api: RateLimitedClient<ResourceGroupsTaggingAPIClient>,
  priority: Priority,
): Promise<ReadonlyMap<string, ReadonlyMap<string, string> | undefined>> {
  const tokens = new PageTokens();
  const tagged = new Map<string, ReadonlyMap<string, string> | undefined>();
  let token: string | undefined;
  let page = 1;
  do {
    const PaginationToken = token;
    token = await api.send(
      {
        target: { operation: 'GetResources', page },
        send: (client, options) =>
          client.send(
            new GetResourcesCommand({
              ResourceTypeFilters: [RESOURCE_TYPE],
              ResourcesPerPage: RESOURCES_PER_PAGE,
              PaginationToken,
            }),
            options,
          ),
        parse: (response) => {
          const resources = listOf(response, 'ResourceTagMappingList').map(toResourceTags);
          for (const { workspaceID, tags } of resources) {
            tagged.set(workspaceID, tags);
          }
          return tokens.after({ NextToken: memberOf(response, 'PaginationToken') });
        },
      },
      priority,
    );
    page += 1;
  } while (token !== undefined);
  return tagged;
}
