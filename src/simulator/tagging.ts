import type { Account } from './accessDenied.ts';
import { paginate } from './pages.ts';
import type { SimulatedFleet } from './simulatedFleet.ts';
import type { JsonObject } from './validate.ts';

const RESOURCE_TYPE = 'workspaces:workspace';
/** Default page size of the Resource Groups Tagging API. */
const DEFAULT_RESOURCES_PER_PAGE = 50;

/** Returns the tags of tagged resources. An empty token counts as none in requests and responses. */
export function simulatedResources(
  fleet: SimulatedFleet,
  input: JsonObject,
  { region, accountID }: Account,
): JsonObject {
  const { PaginationToken, ResourceTypeFilters, ResourcesPerPage = DEFAULT_RESOURCES_PER_PAGE, ...rest } = input;
  const types = ResourceTypeFilters as readonly string[] | undefined;
  const includesWorkspaces = types?.some((type) => type === RESOURCE_TYPE || type === 'workspaces') ?? true;
  const tagged = includesWorkspaces ? fleet.workspaces.filter(({ tags }) => Object.keys(tags).length > 0) : [];
  const query = { ...rest, ResourceTypeFilters, ResourcesPerPage };
  const { NextToken = '', ...page } = paginate(
    'GetResources',
    { ...query, ...(PaginationToken !== '' && { NextToken: PaginationToken }) },
    tagged,
    ({ workspaceID }) => workspaceID,
    ({ workspaceID, tags }) => ({
      ResourceARN: `arn:aws:workspaces:${region}:${accountID}:workspace/${workspaceID}`,
      Tags: Object.entries(tags).map(([Key, Value]) => ({ Key, Value })),
    }),
  );
  return { ...page, PaginationToken: NextToken };
}
