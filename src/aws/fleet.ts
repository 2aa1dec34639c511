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
import { AssociationCollector } from '../fleet/associationColumns.ts';
import { FleetError } from '../fleet/errors.ts';
import type { Application, Association, Workspace, WorkspaceConnection } from '../fleet/model.ts';
import { type Fleet, type Listed, type ListedItems, PAGE_SIZE, type WorkspaceQuery } from '../fleet/ports.ts';
import { SharedTexts } from '../sharedTexts.ts';
import { joined, listed, mapItems } from './items.ts';
import { chunks, unique } from './listing.ts';
import {
  toApplication,
  toApplicationAssociations,
  toConnection,
  toTags,
  toWorkspace,
  toWorkspaceAssociations,
} from './mapping.ts';
import { eachPage, type PageListing, readPages } from './pages.ts';
import type { RateLimitedClient } from './rateLimitedClient.ts';
import type { Priority } from './rateLimiter.ts';
import { listOf, MalformedResponseError } from './response.ts';
import { getResources, getResourcesByARN } from './tagging.ts';
import { WorkSpacesWriter } from './writer.ts';

type WorkspaceFilter = Pick<DescribeWorkspacesCommandInput, 'WorkspaceIds' | 'DirectoryId' | 'BundleId' | 'Limit'>;

/** Members that show in which state an association is. */
const STATE_MEMBERS = ['State', 'StateReason'];
const REJECTED_ID = 'AWS rejects its ID';

/**
 * Adapter from the WorkSpaces and Tagging APIs to the ports of a fleet. Changes are urgent; reads have the given
 * priority.
 */
export class WorkSpacesFleet extends WorkSpacesWriter implements Fleet {
  readonly #api: RateLimitedClient;
  readonly #tagging: RateLimitedClient<ResourceGroupsTaggingAPIClient>;
  readonly #readPriority: Priority;
  readonly #arnPrefix: string | undefined;
  readonly #texts = new SharedTexts();

  /**
   * @param arnPrefix ARN of a WorkSpace without its ID. Without it, tags are read for all WorkSpaces at once.
   */
  constructor(
    api: RateLimitedClient,
    tagging: RateLimitedClient<ResourceGroupsTaggingAPIClient>,
    readPriority: Priority,
    arnPrefix?: string,
  ) {
    super(api);
    this.#api = api;
    this.#tagging = tagging;
    this.#readPriority = readPriority;
    this.#arnPrefix = arnPrefix;
  }

  async describeWorkspaces(query: WorkspaceQuery): Promise<Listed<Workspace>> {
    const workspaces =
      'workspaceIDs' in query
        ? await this.#describeWorkspacesByID(query.workspaceIDs)
        : await this.#listWorkspaces(
            {
              DirectoryId: 'directoryID' in query ? query.directoryID : undefined,
              BundleId: 'bundleID' in query ? query.bundleID : undefined,
              Limit: PAGE_SIZE,
            },
            1,
          );
    return distinct(workspaces, ({ workspaceID }) => workspaceID);
  }

  #listWorkspaces(filter: WorkspaceFilter, page: number): Promise<Listed<Workspace>> {
    const { DirectoryId: directoryID, BundleId: bundleID, WorkspaceIds: ids } = filter;
    const workspaceID = ids?.length === 1 ? ids[0] : undefined;
    return this.#list({
      target: { operation: 'DescribeWorkspaces', directoryID, bundleID, workspaceID, page },
      page: (NextToken) => ({
        send: (client, options) => client.send(new DescribeWorkspacesCommand({ ...filter, NextToken }), options),
        parse: (response) =>
          mapItems(listOf(response, 'Workspaces'), {
            map: (item) => [this.#withSharedTexts(toWorkspace(item))],
            ids: ['WorkspaceId'],
          }),
      }),
    });
  }

  /** Reads WorkSpaces by ID. AWS can reject a whole request because of one ID. The other WorkSpaces are read without it. */
  async #describeWorkspacesByID(workspaceIDs: readonly string[]): Promise<Listed<Workspace>> {
    let rejection: FleetError | undefined;
    const isAccepted = ({ untrusted }: Workspace) => untrusted !== REJECTED_ID;
    const read = async (ids: readonly string[], index: number): Promise<Listed<Workspace>> => {
      try {
        return await this.#listWorkspaces({ WorkspaceIds: [...ids] }, index + 1);
      } catch (error) {
        if (!(error instanceof FleetError) || error.kind !== 'InvalidParameterValues') {
          throw error;
        }
        rejection = error;
        return ids.length === 1
          ? ids.map((workspaceID) => ({ workspaceID, untrusted: REJECTED_ID }))
          : concatenate(halvesOf(ids), read);
      }
    };
    const workspaces = await concatenate(chunks(workspaceIDs), read);
    if (rejection !== undefined && !workspaces.some(isAccepted)) {
      throw rejection;
    }
    return workspaces;
  }

  async describeApplications(query: { readonly applicationIDs?: readonly string[] }): Promise<Listed<Application>> {
    const groups = query.applicationIDs === undefined ? [undefined] : chunks(query.applicationIDs);
    const applications = await concatenate(groups, (ids) => this.#describeApplications(ids));
    return distinct(applications, ({ applicationID }) => applicationID);
  }

  /**
   * Reads applications by ID. AWS can reject a whole request because of one unknown ID, so the request is split in
   * halves until each unknown ID is isolated.
   */
  async #describeApplications(ids: readonly string[] | undefined): Promise<Listed<Application>> {
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
          parse: (response) =>
            mapItems(listOf(response, 'Applications'), {
              map: (item) => [toApplication(item)],
              ids: ['ApplicationId'],
            }),
        }),
      });
    } catch (error) {
      if (ids === undefined || !(error instanceof FleetError) || error.kind !== 'ResourceNotFound') {
        throw error;
      }
      if (ids.length === 1) {
        return [];
      }
      return concatenate(halvesOf(ids), (part) => this.#describeApplications(part));
    }
  }

  async describeApplicationAssociations(applicationID: string): Promise<ListedItems<Association>> {
    const collector = new AssociationCollector(applicationID, this.#texts);
    const listing: PageListing<Association> = {
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
        parse: (response) =>
          mapItems(listOf(response, 'Associations'), {
            map: (item) => toApplicationAssociations([item], applicationID),
            ids: ['AssociatedResourceId', 'ApplicationId'],
            dependent: STATE_MEMBERS,
          }),
      }),
    };
    await eachPage(this.#api, listing, this.#readPriority, (page) => collector.addAll(page));
    const associations = collector.columns();
    const hasDuplicates = collector.hasDuplicates();
    return hasDuplicates
      ? distinct(listed([...associations], associations.unidentified), ({ workspaceID }) => workspaceID, isRemoved)
      : associations;
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
        parse: (response) => {
          const items = mapItems(listOf(response, 'Associations'), {
            map: (item) => toWorkspaceAssociations([item], workspaceID),
            ids: ['AssociatedResourceId', 'WorkspaceId'],
            dependent: STATE_MEMBERS,
          });
          // An unknown application may be any of those that the WorkSpace seems to lack, so nothing is known about the WorkSpace.
          if (items.unidentified?.[0] !== undefined) {
            throw new MalformedResponseError(items.unidentified[0]);
          }
          return items;
        },
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

  getResources(
    workspaceIDs?: readonly string[],
  ): Promise<ReadonlyMap<string, ReadonlyMap<string, string> | undefined>> {
    return workspaceIDs === undefined || this.#arnPrefix === undefined
      ? getResources(this.#tagging, this.#readPriority)
      : getResourcesByARN(
          this.#tagging,
          this.#readPriority,
          workspaceIDs.map((id) => `${this.#arnPrefix}${id}`),
        );
  }

  async describeWorkspacesConnectionStatus(workspaceIDs: readonly string[]): Promise<WorkspaceConnection[]> {
    const connections = await concatenate(chunks(workspaceIDs), (ids, index) =>
      this.#list({
        target: { operation: 'DescribeWorkspacesConnectionStatus', page: index + 1 },
        page: (NextToken) => ({
          send: (client, options) =>
            client.send(new DescribeWorkspacesConnectionStatusCommand({ WorkspaceIds: ids, NextToken }), options),
          parse: (response) =>
            mapItems(listOf(response, 'WorkspacesConnectionStatus'), {
              map: (item) => [toConnection(item)],
              ids: ['WorkspaceId'],
              dependent: ['ConnectionState', 'ConnectionStateCheckTimestamp', 'LastKnownUserConnectionTimestamp'],
            }),
        }),
      }),
    );
    return distinct(connections, ({ workspaceID }) => workspaceID);
  }

  #list<Item>(listing: PageListing<Item>): Promise<Listed<Item>> {
    return readPages(this.#api, listing, this.#readPriority);
  }

  #withSharedTexts({ workspaceID, directoryID, bundleID, state, ...others }: Workspace): Workspace {
    return {
      ...others,
      workspaceID: this.#texts.shared(workspaceID),
      directoryID: directoryID && this.#texts.shared(directoryID),
      bundleID: bundleID && this.#texts.shared(bundleID),
      state: state && this.#texts.shared(state),
    };
  }
}

/** Reads groups one after the other and returns all their items. */
async function concatenate<Group, Item>(
  groups: readonly Group[],
  read: (group: Group, index: number) => Promise<Listed<Item>>,
): Promise<Listed<Item>> {
  const items: Listed<Item>[] = [];
  for (const [index, group] of groups.entries()) {
    items.push(await read(group, index));
  }
  return joined(items);
}

/** Returns the items of a listing without duplicates. An item that can't be trusted wins over its duplicates. */
function distinct<T extends { readonly untrusted?: string | undefined }>(
  items: Listed<T>,
  key: (item: T) => string,
  stale: (item: T) => boolean = () => false,
): Listed<T> {
  const untrusted = new Map(items.filter((item) => item.untrusted !== undefined).map((item) => [key(item), item]));
  const kept = unique(items, key, stale).map((item) => untrusted.get(key(item)) ?? item);
  return listed(kept, items.unidentified);
}

function halvesOf(ids: readonly string[]): (readonly string[])[] {
  const half = Math.ceil(ids.length / 2);
  return [ids.slice(0, half), ids.slice(half)];
}

/** Whether the association is `REMOVED`. AWS can keep listing it for a while, even next to its successor. */
function isRemoved({ state }: Association): boolean {
  return state === 'REMOVED';
}
