import type { ResourceGroupsTaggingAPIClient } from '@aws-sdk/client-resource-groups-tagging-api';
import {
  DescribeApplicationAssociationsCommand,
  DescribeApplicationsCommand,
  DescribeTagsCommand,
  DescribeWorkspaceAssociationsCommand,
  DescribeWorkspacesCommand,
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

/** One page of a listing: how to ask for it, and the items of its answer. */
interface PageListing<Item> {
  readonly subject: CallTarget;
  page(token: string | undefined): Pick<AwsRequest<object, Item[]>, 'send' | 'parse'>;
}

/** The WorkSpaces API, and the tagging API beside it, behind the ports of a fleet. Its changes are urgent; its reads have the given priority. */
export class WorkSpacesFleet extends WorkSpacesWriter implements Fleet {
  readonly #sender: RateLimitedClient;
  readonly #tagging: RateLimitedClient<ResourceGroupsTaggingAPIClient>;
  readonly #readPriority: Priority;

  constructor(
    sender: RateLimitedClient,
    tagging: RateLimitedClient<ResourceGroupsTaggingAPIClient>,
    readPriority: Priority,
  ) {
    super(sender);
    this.#sender = sender;
    this.#tagging = tagging;
    this.#readPriority = readPriority;
  }

  async describeWorkspaces(query: WorkspaceQuery): Promise<Workspace[]> {
    const directoryID = 'directoryID' in query ? query.directoryID : undefined;
    const bundleID = 'bundleID' in query ? query.bundleID : undefined;
    const filters =
      'workspaceIDs' in query
        ? chunks(query.workspaceIDs).map((ids) => ({ WorkspaceIds: ids }))
        : [{ DirectoryId: directoryID, BundleId: bundleID, Limit: PAGE_SIZE }];
    const workspaces: Workspace[][] = [];
    for (const [index, filter] of filters.entries()) {
      const listing: PageListing<Workspace> = {
        subject: { operation: 'DescribeWorkspaces', directoryID, bundleID, page: index + 1 },
        page: (NextToken) => ({
          send: (client, options) => client.send(new DescribeWorkspacesCommand({ ...filter, NextToken }), options),
          parse: (answer) => listOf(answer, 'Workspaces').map(toWorkspace),
        }),
      };
      workspaces.push(await this.#list(listing));
    }
    return unique(workspaces.flat(), ({ workspaceID }) => workspaceID);
  }

  async describeApplications(query: { readonly applicationIDs?: readonly string[] }): Promise<Application[]> {
    const groups = query.applicationIDs === undefined ? [undefined] : chunks(query.applicationIDs);
    const applications: Application[][] = [];
    for (const ids of groups) {
      applications.push(await this.#describeApplications(ids));
    }
    return unique(applications.flat(), ({ applicationID }) => applicationID);
  }

  /** AWS may refuse ids that it doesn't know, all of a request for one: then its halves tell which, down to the single id. */
  async #describeApplications(ids: readonly string[] | undefined): Promise<Application[]> {
    try {
      return await this.#list({
        subject: { operation: 'DescribeApplications', applicationID: ids?.length === 1 ? ids[0] : undefined },
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
          parse: (answer) => listOf(answer, 'Applications').map(toApplication),
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
      return [
        ...(await this.#describeApplications(ids.slice(0, half))),
        ...(await this.#describeApplications(ids.slice(half))),
      ];
    }
  }

  async describeApplicationAssociations(applicationID: string): Promise<Association[]> {
    const associations = await this.#list({
      subject: { operation: 'DescribeApplicationAssociations', applicationID },
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
        parse: (answer) => toApplicationAssociations(listOf(answer, 'Associations'), applicationID),
      }),
    });
    return unique(associations, ({ workspaceID }) => workspaceID, isRemoved);
  }

  async describeWorkspaceAssociations(workspaceID: string): Promise<Association[]> {
    const associations = await this.#sender.send(
      {
        subject: { operation: 'DescribeWorkspaceAssociations', workspaceID },
        send: (client, options) =>
          client.send(
            new DescribeWorkspaceAssociationsCommand({
              WorkspaceId: workspaceID,
              AssociatedResourceTypes: ['APPLICATION'],
            }),
            options,
          ),
        parse: (answer) => toWorkspaceAssociations(listOf(answer, 'Associations'), workspaceID),
      },
      this.#readPriority,
    );
    return unique(associations, ({ applicationID }) => applicationID, isRemoved);
  }

  describeTags(workspaceID: string): Promise<ReadonlyMap<string, string>> {
    return this.#sender.send(
      {
        subject: { operation: 'DescribeTags', workspaceID },
        send: (client, options) => client.send(new DescribeTagsCommand({ ResourceId: workspaceID }), options),
        parse: (answer) => toTags(listOf(answer, 'TagList')),
      },
      this.#readPriority,
    );
  }

  getResources(): Promise<ReadonlyMap<string, ReadonlyMap<string, string>>> {
    return getResources(this.#tagging, this.#readPriority);
  }

  async describeWorkspacesConnectionStatus(workspaceIDs: readonly string[]): Promise<WorkspaceConnection[]> {
    const connections: WorkspaceConnection[][] = [];
    for (const [index, ids] of chunks(workspaceIDs).entries()) {
      const listing: PageListing<WorkspaceConnection> = {
        subject: { operation: 'DescribeWorkspacesConnectionStatus', page: index + 1 },
        page: (NextToken) => ({
          send: (client, options) =>
            client.send(new DescribeWorkspacesConnectionStatusCommand({ WorkspaceIds: ids, NextToken }), options),
          parse: (answer) => listOf(answer, 'WorkspacesConnectionStatus').map(toConnection),
        }),
      };
      connections.push(await this.#list(listing));
    }
    return unique(connections.flat(), ({ workspaceID }) => workspaceID);
  }

  async #list<Item>({ subject, page }: PageListing<Item>): Promise<Item[]> {
    const tokens = new PageTokens();
    const pages: Item[][] = [];
    let token: string | undefined;
    let number = subject.page ?? 1;
    do {
      const { send, parse } = page(token);
      const request: AwsRequest<object, string | undefined> = {
        subject: { ...subject, page: number },
        send,
        parse: (answer) => {
          pages.push(parse(answer));
          return tokens.after(answer);
        },
      };
      token = await this.#sender.send(request, this.#readPriority);
      number += 1;
    } while (token !== undefined);
    return pages.flat();
  }
}

/** An association that is REMOVED may stay listed for a while, even beside its successor. */
function isRemoved({ state }: Association): boolean {
  return state === 'REMOVED';
}
