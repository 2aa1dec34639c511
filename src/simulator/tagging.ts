import type { Account } from './accessDenied.ts';
import { paginate } from './pages.ts';
import type { SimulatedFleet } from './simulatedFleet.ts';
import type { JsonObject } from './validate.ts';

const WORKSPACE = 'workspaces:workspace';
/** What the Resource Groups Tagging API answers with unless the request asks for fewer. */
const PAGE_SIZE = 50;

/** The tags of the resources that have any. An empty token is none, in a request as in an answer. */
export function simulatedResources(
  fleet: SimulatedFleet,
  input: JsonObject,
  { region, accountID }: Account,
): JsonObject {
  const { PaginationToken, ResourceTypeFilters, ResourcesPerPage = PAGE_SIZE, ...rest } = input;
  const types = ResourceTypeFilters as readonly string[] | undefined;
  const isAsked = types?.some((type) => type === WORKSPACE || type === 'workspaces') ?? true;
  const tagged = isAsked ? fleet.workspaces.filter(({ tags }) => Object.keys(tags).length > 0) : [];
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
