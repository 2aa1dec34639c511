import { GetResourcesCommand, type ResourceGroupsTaggingAPIClient } from '@aws-sdk/client-resource-groups-tagging-api';
import { PageTokens } from './listing.ts';
import { listOf, memberOf, toResourceTags } from './mapping.ts';
import type { RateLimitedClient } from './rateLimitedClient.ts';
import type { Priority } from './rateLimiter.ts';

/** WorkSpaces, as the Resource Groups Tagging API names their type. */
const TYPE = 'workspaces:workspace';
/** The most that it answers with. */
const PAGE_SIZE = 100;

/** The tags of all WorkSpaces that have any, by id, all pages of them. */
export async function getResources(
  sender: RateLimitedClient<ResourceGroupsTaggingAPIClient>,
  priority: Priority,
): Promise<ReadonlyMap<string, ReadonlyMap<string, string>>> {
  const tokens = new PageTokens();
  const tagged = new Map<string, ReadonlyMap<string, string>>();
  let token: string | undefined;
  let page = 1;
  do {
    const PaginationToken = token;
    token = await sender.send(
      {
        subject: { operation: 'GetResources', page },
        send: (client, options) =>
          client.send(
            new GetResourcesCommand({ ResourceTypeFilters: [TYPE], ResourcesPerPage: PAGE_SIZE, PaginationToken }),
            options,
          ),
        parse: (answer) => {
          const resources = listOf(answer, 'ResourceTagMappingList').map(toResourceTags);
          for (const { workspaceID, tags } of resources) {
            tagged.set(workspaceID, tags);
          }
          return tokens.after({ NextToken: memberOf(answer, 'PaginationToken') });
        },
      },
      priority,
    );
    page += 1;
  } while (token !== undefined);
  return tagged;
}
