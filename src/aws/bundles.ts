import {
  DescribeBundleAssociationsCommand,
  DescribeImageAssociationsCommand,
  DescribeWorkspaceBundlesCommand,
} from '@aws-sdk/client-workspaces';
import type { Bundle, ContainedApplication } from '../fleet/model.ts';
import type { BundleReader, Listed } from '../fleet/ports.ts';
import { joined, mapItems } from './items.ts';
import { chunks, unique } from './listing.ts';
import { toBundle, toContainedApplications } from './mapping.ts';
import { type PageListing, readPages } from './pages.ts';
import type { RateLimitedClient } from './rateLimitedClient.ts';
import type { Priority } from './rateLimiter.ts';
import { listOf } from './response.ts';

/** Adapter from the WorkSpaces API to the port of bundles and images. */
export class WorkSpacesBundles implements BundleReader {
  readonly #api: RateLimitedClient;
  readonly #priority: Priority;

  constructor(api: RateLimitedClient, priority: Priority) {
    this.#api = api;
    this.#priority = priority;
  }

  async describeWorkspaceBundles(bundleIDs: readonly string[]): Promise<Listed<Bundle>> {
    const bundles: Listed<Bundle>[] = [];
    for (const [index, BundleIds] of chunks(bundleIDs).entries()) {
      const target = { operation: 'DescribeWorkspaceBundles', page: index + 1 } as const;
      const page: PageListing<Bundle>['page'] = (NextToken) => ({
        send: (client, options) => client.send(new DescribeWorkspaceBundlesCommand({ BundleIds, NextToken }), options),
        parse: (response) =>
          mapItems(listOf(response, 'Bundles'), { map: (item) => [toBundle(item)], ids: ['BundleId'] }),
      });
      bundles.push(await readPages(this.#api, { target, page }, this.#priority));
    }
    const all = joined(bundles);
    return Object.assign(
      unique(all, ({ bundleID }) => bundleID),
      all.unidentified && { unidentified: all.unidentified },
    );
  }

  describeBundleAssociations(bundleID: string): Promise<ContainedApplication[]> {
    return this.#api.send(
      {
        target: { operation: 'DescribeBundleAssociations', bundleID },
        send: (client, options) =>
          client.send(
            new DescribeBundleAssociationsCommand({ BundleId: bundleID, AssociatedResourceTypes: ['APPLICATION'] }),
            options,
          ),
        parse: (response) =>
          toContainedApplications(listOf(response, 'Associations'), { member: 'BundleId', id: bundleID }),
      },
      this.#priority,
    );
  }

  describeImageAssociations(imageID: string): Promise<ContainedApplication[]> {
    return this.#api.send(
      {
        target: { operation: 'DescribeImageAssociations', imageID },
        send: (client, options) =>
          client.send(
            new DescribeImageAssociationsCommand({ ImageId: imageID, AssociatedResourceTypes: ['APPLICATION'] }),
            options,
          ),
        parse: (response) =>
          toContainedApplications(listOf(response, 'Associations'), { member: 'ImageId', id: imageID }),
      },
      this.#priority,
    );
  }
}
