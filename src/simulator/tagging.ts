import type { GetResourcesInput, TagFilter } from '@aws-sdk/client-resource-groups-tagging-api';
import type { Account } from './accessDenied.ts';
import { invalidParameter, ServiceError } from './errors.ts';
import { paginate } from './pages.ts';
import type { SimulatedFleet } from './simulatedFleet.ts';
import type { SimulatedWorkspace } from './simulatedResources.ts';
import type { JsonObject } from './validate.ts';

const RESOURCE_TYPES = ['workspaces', 'workspaces:workspace'];
/** Default page size of the Resource Groups Tagging API. */
const DEFAULT_RESOURCES_PER_PAGE = 50;
const MAX_RESOURCE_TYPE_FILTERS = 100;
/** Time that a pagination token is valid. */
const TOKEN_LIFETIME_MS = 15 * 60_000;

/**
 * Returns the tags of resources that have or had tags. An empty token counts as none in requests and responses. `now` is
 * in epoch milliseconds.
 *
 * Source: https://docs.aws.amazon.com/resourcegroupstagging/latest/APIReference/API_GetResources.html
 */
export function simulatedResources(
  fleet: SimulatedFleet,
  input: GetResourcesInput,
  { region, accountID }: Account,
  now: number,
): JsonObject {
  assertValid(input);
  const { PaginationToken: _, ResourceARNList, ResourceTypeFilters = [], TagFilters = [], TagsPerPage } = input;
  const arnOf = (id: string) => `arn:aws:workspaces:${region}:${accountID}:workspace/${id}`;
  const hasType = ResourceTypeFilters.length === 0 || ResourceTypeFilters.some((type) => RESOURCE_TYPES.includes(type));
  const found = fleet.workspaces.filter(
    ({ workspaceID, wasTagged, tags }) =>
      wasTagged &&
      hasType &&
      input.ExcludeCompliantResources !== true &&
      (ResourceARNList?.includes(arnOf(workspaceID)) ?? true) &&
      TagFilters.every((filter) => matches(filter, tags)),
  );
  const { ResourcesPerPage = DEFAULT_RESOURCES_PER_PAGE, ...rest } = input;
  const { NextToken, ...page } = paginate(
    'GetResources',
    {
      ...rest,
      PaginationToken: undefined,
      ResourcesPerPage: ResourceARNList === undefined ? ResourcesPerPage : found.length,
      NextToken: readToken(input.PaginationToken, now),
    },
    found,
    ({ workspaceID }) => workspaceID,
    ({ workspaceID, tags }) => ({
      ResourceARN: arnOf(workspaceID),
      Tags: Object.entries(tags).map(([Key, Value]) => ({ Key, Value })),
      // The simulated account has no tag policy, so every resource complies with it.
      ...(input.IncludeComplianceDetails === true && { ComplianceDetails: { ComplianceStatus: true } }),
    }),
    (items) => (TagsPerPage === undefined ? items.length : countWithin(items, TagsPerPage)),
  );
  return { ...page, PaginationToken: NextToken === undefined ? '' : `${now.toString(36)}.${NextToken}` };
}

function assertValid(input: GetResourcesInput): void {
  const { ResourceARNList, ResourceTypeFilters, TagFilters, ResourcesPerPage, TagsPerPage, PaginationToken } = input;
  if (ResourceARNList !== undefined) {
    const excluded = { ResourceTypeFilters, TagFilters, ResourcesPerPage, TagsPerPage, PaginationToken };
    const [combined] = Object.entries(excluded).find(([, value]) => value !== undefined) ?? [];
    if (combined !== undefined) {
      throw invalidParameter(`ResourceARNList cannot be combined with ${combined}.`);
    }
  }
  assertRange('ResourcesPerPage', ResourcesPerPage, 1, 100);
  assertRange('TagsPerPage', TagsPerPage, 100, 500);
  if ((ResourceTypeFilters?.length ?? 0) > MAX_RESOURCE_TYPE_FILTERS) {
    throw invalidParameter(`ResourceTypeFilters can contain at most ${MAX_RESOURCE_TYPE_FILTERS} types.`);
  }
  if (TagFilters?.some(({ Key }) => Key === undefined)) {
    throw invalidParameter('Each of TagFilters must have a Key.');
  }
  if (input.ExcludeCompliantResources === true && input.IncludeComplianceDetails !== true) {
    throw invalidParameter('ExcludeCompliantResources requires IncludeComplianceDetails.');
  }
}

function assertRange(name: string, value: number | undefined, min: number, max: number): void {
  if (value !== undefined && (value < min || value > max)) {
    throw invalidParameter(`${name} must be from ${min} to ${max}.`);
  }
}

/** Whether tags have the key of a filter, and one of its values unless it has none. */
function matches({ Key = '', Values = [] }: TagFilter, tags: SimulatedWorkspace['tags']): boolean {
  const value = Object.hasOwn(tags, Key) ? tags[Key] : undefined;
  return value !== undefined && (Values.length === 0 || Values.includes(value));
}

/** Returns the inner token. Throws PaginationTokenExpiredException for an old one. */
function readToken(token: string | undefined, now: number): string | undefined {
  if (token === undefined || token === '') {
    return undefined;
  }
  const [, issuedAt = '', inner = token] = /^([0-9a-z]+)\.(.*)$/s.exec(token) ?? [];
  if (issuedAt !== '' && now - Number.parseInt(issuedAt, 36) > TOKEN_LIFETIME_MS) {
    throw new ServiceError('PaginationTokenExpiredException', 'The pagination token has expired.');
  }
  return inner;
}

/** Returns how many resources a page of tags holds. A resource without tags counts as one tag. */
function countWithin(items: readonly Pick<SimulatedWorkspace, 'tags'>[], tagsPerPage: number): number {
  let tags = 0;
  const end = items.findIndex((item) => {
    tags += Math.max(1, Object.keys(item.tags).length);
    return tags > tagsPerPage;
  });
  return end === -1 ? items.length : Math.max(1, end);
}
