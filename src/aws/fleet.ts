import type { ResourceGroupsTaggingAPIClient } from '@aws-sdk/client-resource-groups-tagging-api';
import {
  DescribeApplicationAssociationsCommand,
  DescribeApplicationsCommand,
  DescribeTagsCommand,
  DescribeWorkspaceAssociationsCommand,
  DescribeWorkspacesCommand,
  type DescribeWorkspacesCommandInput,
  DescribeWorkspacesConnectionStatusCommand,
} from '@aws-sdk/client-workspaces';
import { FleetError } from '../fleet/errors.ts';
import type { Application, Association, Workspace, WorkspaceConnection } from '../fleet/model.ts';
import { type Fleet, PAGE_SIZE, type WorkspaceQuery } from '../fleet/ports.ts';
import { chunks, PageTokens, unique } from './listing.ts';
import {
  listOf,
  toApplication,
  toApplicationAssociations,
  toConnection,
  toTags,
  toWorkspace,
  toWorkspaceAssociations,
} from './mapping.ts';
import type { CallTarget } from './operations.ts';
import type { AwsRequest, RateLimitedClient } from './rateLimitedClient.ts';
import type { Priority } from './rateLimiter.ts';
import { getResources } from './tagging.ts';
import { WorkSpacesWriter } from './writer.ts';

/** Listing that AWS returns in pages: its target, and how to request and parse one page. */
interface PageListing<Item> {
  readonly target: CallTarget;
  page(token: string | undefined): Pick<AwsRequest<object, Item[]>, 'send' | 'parse'>;
}

/**
 * Adapter from the WorkSpaces and Tagging APIs to the ports of a fleet. Changes are urgent; reads have the given
 * priority.
 */
export class WorkSpacesFleet extends WorkSpacesWriter implements Fleet {
  readonly #api: RateLimitedClient;
  readonly #tagging: RateLimitedClient<ResourceGroupsTaggingAPIClient>;
  readonly #readPriority: Priority;

  constructor(
    api: RateLimitedClient,
    tagging: RateLimitedClient<ResourceGroupsTaggingAPIClient>,
    readPriority: Priority,
  ) {
    super(api);
    this.#api = api;
    this.#tagging = tagging;
    this.#readPriority = readPriority;
  }

  async describeWorkspaces(query: WorkspaceQuery): Promise<Workspace[]> {
    const directoryID = 'directoryID' in query ? query.directoryID : undefined;
    const bundleID = 'bundleID' in query ? query.bundleID : undefined;
    const filters: Pick<DescribeWorkspacesCommandInput, 'WorkspaceIds' | 'DirectoryId' | 'BundleId' | 'Limit'>[] =
      'workspaceIDs' in query
        ? chunks(query.workspaceIDs).map((ids) => ({ WorkspaceIds: ids }))
        : [{ DirectoryId: directoryID, BundleId: bundleID, Limit: PAGE_SIZE }];
    const workspaces = await concatenate(filters, (filter, index) =>
      this.#list({
        target: { operation: 'DescribeWorkspaces', directoryID, bundleID, page: index + 1 },
        page: (NextToken) => ({
          send: (client, options) => client.send(new DescribeWorkspacesCommand({ ...filter, NextToken }), options),
          parse: (response) => listOf(response, 'Workspaces').map(toWorkspace),
        }),
      }),
    );
    return unique(workspaces, ({ workspaceID }) => workspaceID);
  }

  async describeApplications(query: { readonly applicationIDs?: readonly string[] }): Promise<Application[]> {
    const groups = query.applicationIDs === undefined ? [undefined] : chunks(query.applicationIDs);
    const applications = await concatenate(groups, (ids) => this.#describeApplications(ids));
    return unique(applications, ({ applicationID }) => applicationID);
  }

  /**
   * Reads applications by ID. AWS can reject a whole request because of one unknown ID, so the request is split in
   * halves until each unknown ID is isolated.
   */
  async #describeApplications(ids: readonly string[] | undefined): Promise<Application[]> {
    try {
      return await this.#list({
        target: { operation: 'DescribeApplications', applicationID: ids?.length === 1 ? ids[0] : undefined },
        page: (NextToken) => ({
          send: (client, options) =>
            client.send(
              new DescribeApplicationsCommand({
                ApplicationIds: ids === undefined ? undefined : [...ids],
                MaxResults: PAGE_SIZE,
                NextToken,
              }),
              options,
            ),
          parse: (response) => listOf(response, 'Applications').map(toApplication),
        }),
      });
    } catch (error) {
      if (ids === undefined || !(error instanceof FleetError) || error.kind !== 'ResourceNotFound') {
        throw error;
      }
      if (ids.length === 1) {
        return [];
      }
      const half = Math.ceil(ids.length / 2);
      return concatenate([ids.slice(0, half), ids.slice(half)], (part) => this.#describeApplications(part));
    }
  }

  async describeApplicationAssociations(applicationID: string): Promise<Association[]> {
    const associations = await this.#list({
      target: { operation: 'DescribeApplicationAssociations', applicationID },
      page: (NextToken) => ({
        send: (client, options) =>
          client.send(
            new DescribeApplicationAssociationsCommand({
              ApplicationId: applicationID,
              AssociatedResourceTypes: ['WORKSPACE'],
              MaxResults: PAGE_SIZE,
              NextToken,
            }),
            options,
          ),
        parse: (response) => toApplicationAssociations(listOf(response, 'Associations'), applicationID),
      }),
    });
    return unique(associations, ({ workspaceID }) => workspaceID, isRemoved);
  }

  async describeWorkspaceAssociations(workspaceID: string): Promise<Association[]> {
    const associations = await this.#api.send(
      {
        target: { operation: 'DescribeWorkspaceAssociations', workspaceID },
        send: (client, options) =>
          client.send(
            new DescribeWorkspaceAssociationsCommand({
              WorkspaceId: workspaceID,
              AssociatedResourceTypes: ['APPLICATION'],
            }),
            options,
          ),
        parse: (response) => toWorkspaceAssociations(listOf(response, 'Associations'), workspaceID),
      },
      this.#readPriority,
    );
    return unique(associations, ({ applicationID }) => applicationID, isRemoved);
  }

  describeTags(workspaceID: string): Promise<ReadonlyMap<string, string>> {
    return this.#api.send(
      {
        target: { operation: 'DescribeTags', workspaceID },
        send: (client, options) => client.send(new DescribeTagsCommand({ ResourceId: workspaceID }), options),
        parse: (response) => toTags(listOf(response, 'TagList')),
      },
      this.#readPriority,
    );
  }

  getResources(): Promise<ReadonlyMap<string, ReadonlyMap<string, string>>> {
    return getResources(this.#tagging, this.#readPriority);
  }

  async describeWorkspacesConnectionStatus(workspaceIDs: readonly string[]): Promise<WorkspaceConnection[]> {
    const connections = await concatenate(chunks(workspaceIDs), (ids, index) =>
      this.#list({
        target: { operation: 'DescribeWorkspacesConnectionStatus', page: index + 1 },
        page: (NextToken) => ({
          send: (client, options) =>
            client.send(new DescribeWorkspacesConnectionStatusCommand({ WorkspaceIds: ids, NextToken }), options),
          parse: (response) => listOf(response, 'WorkspacesConnectionStatus').map(toConnection),
        }),
      }),
    );
    return unique(connections, ({ workspaceID }) => workspaceID);
  }

  async #list<Item>({ target, page }: PageListing<Item>): Promise<Item[]> {
    const tokens = new PageTokens();
    const pages: Item[][] = [];
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
      token = await this.#api.send(request, this.#readPriority);
      pageNumber += 1;
    } while (token !== undefined);
    return pages.flat();
  }
}

/** Reads groups one after the other and returns all their items. */
async function concatenate<Group, Item>(
  groups: readonly Group[],
  read: (group: Group, index: number) => Promise<Item[]>,
): Promise<Item[]> {
  const items: Item[][] = [];
  for (const [index, group] of groups.entries()) {
    items.push(await read(group, index));
  }
  return items.flat();
}

/** Whether the association is `REMOVED`. AWS can keep listing it for a while, even next to its successor. */
function isRemoved({ state }: Association): boolean {
  return state === 'REMOVED';
}
