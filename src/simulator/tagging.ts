import type { Account } from './accessDenied.ts';
import { ServiceError } from './errors.ts';
import { paginate } from './pages.ts';
import type { SimulatedFleet, SimulatedWorkspace } from './simulatedFleet.ts';
import type { JsonObject } from './validate.ts';

const RESOURCE_TYPE = 'workspaces:workspace';
/** Default page size of the Resource Groups Tagging API. */
const DEFAULT_RESOURCES_PER_PAGE = 50;

/** Returns the tags of tagged resources. An empty token counts as none in requests and responses. */
export function simulatedResources(fleet: SimulatedFleet, input: JsonObject, account: Account): JsonObject {
  const {
    PaginationToken,
    ResourceTypeFilters,
    ResourceARNList,
    ResourcesPerPage = DEFAULT_RESOURCES_PER_PAGE,
    ...rest
  } = input;
  if (ResourceARNList !== undefined) {
    return resourcesByARN(fleet, input, account);
  }
  const types = ResourceTypeFilters as readonly string[] | undefined;
  const includesWorkspaces = types?.some((type) => type === RESOURCE_TYPE || type === 'workspaces') ?? true;
  const tagged = includesWorkspaces ? fleet.workspaces.filter(({ tags }) => Object.keys(tags).length > 0) : [];
  const query = { ...rest, ResourceTypeFilters, ResourcesPerPage };
  const { NextToken = '', ...page } = paginate(
    'GetResources',
    { ...query, ...(PaginationToken !== '' && { NextToken: PaginationToken }) },
    tagged,
    ({ workspaceID }) => workspaceID,
    (workspace) => tagMapping(workspace, account),
  );
  return { ...page, PaginationToken: NextToken };
}

/** Returns the tags of the tagged resources with the given ARNs. AWS accepts no pages together with ARNs. */
function resourcesByARN(
  fleet: SimulatedFleet,
  { ResourceARNList, ...others }: JsonObject,
  account: Account,
): JsonObject {
  if (Object.keys(others).length > 0) {
    throw new ServiceError('InvalidParameterException', 'ResourceARNList excludes all other parameters.');
  }
  const arns = new Set(ResourceARNList as readonly string[]);
  const found = fleet.workspaces.filter(
    ({ workspaceID, tags }) => arns.has(arnOf(workspaceID, account)) && Object.keys(tags).length > 0,
  );
  return { ResourceTagMappingList: found.map((workspace) => tagMapping(workspace, account)), PaginationToken: '' };
}

function tagMapping({ workspaceID, tags }: SimulatedWorkspace, account: Account): JsonObject {
  return {
    ResourceARN: arnOf(workspaceID, account),
    Tags: Object.entries(tags).map(([Key, Value]) => ({ Key, Value })),
  };
}

function arnOf(workspaceID: string, { region, accountID }: Account): string {
  return `arn:aws:workspaces:${region}:${accountID}:workspace/${workspaceID}`;
}
