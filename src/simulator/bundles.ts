import type {
  DescribeBundleAssociationsRequest,
  DescribeImageAssociationsRequest,
  DescribeWorkspaceBundlesRequest,
} from '@aws-sdk/client-workspaces';
import type { Account } from './accessDenied.ts';
import { invalidParameterValues } from './errors.ts';
import { paginate } from './pages.ts';
import { epochSeconds } from './presentation.ts';
import type { SimulatedFleet } from './simulatedFleet.ts';
import type { SimulatedBundle } from './simulatedResources.ts';
import type { JsonObject } from './validate.ts';

/** Sizes of the volumes of all bundles, in GiB. */
const ROOT_VOLUME_GIB = '80';
const USER_VOLUME_GIB = '50';

/** Lists bundles by IDs (unknown ones are omitted) or by owner. Without a filter, lists the bundles of the account. */
export function describeWorkspaceBundles(
  fleet: SimulatedFleet,
  input: DescribeWorkspaceBundlesRequest,
  { accountID }: Account,
): JsonObject {
  const { BundleIds, Owner } = input;
  if (BundleIds !== undefined && Owner !== undefined) {
    throw invalidParameterValues('Only one of BundleIds and Owner is allowed.');
  }
  const found = fleet.bundles.filter(({ bundleID, owner }) =>
    BundleIds === undefined ? owner === (Owner ?? accountID) : BundleIds.includes(bundleID),
  );
  return paginate('DescribeWorkspaceBundles', { ...input }, found, ({ bundleID }) => bundleID, presentBundle);
}

/** Lists the associations of a bundle in one response because AWS doesn't page this operation. */
export function describeBundleAssociations(
  fleet: SimulatedFleet,
  { BundleId = '', AssociatedResourceTypes }: DescribeBundleAssociationsRequest,
): JsonObject {
  requireTypes(AssociatedResourceTypes);
  return { Associations: contained(fleet.bundle(BundleId)).map((one) => ({ ...one, BundleId })) };
}

/** Lists the associations of an image in one response because AWS doesn't page this operation. */
export function describeImageAssociations(
  fleet: SimulatedFleet,
  { ImageId = '', AssociatedResourceTypes }: DescribeImageAssociationsRequest,
): JsonObject {
  requireTypes(AssociatedResourceTypes);
  return { Associations: contained(fleet.image(ImageId)).map((one) => ({ ...one, ImageId })) };
}

/** Throws InvalidParameterValuesException for an empty list of resource types. */
export function requireTypes(types: readonly string[] | undefined): void {
  if (types?.length === 0) {
    throw invalidParameterValues('AssociatedResourceTypes must name at least one type.');
  }
}

function contained({ applications, created }: Pick<SimulatedBundle, 'applications' | 'created'>): JsonObject[] {
  return [...applications].sort().map((applicationID) => ({
    AssociatedResourceId: applicationID,
    AssociatedResourceType: 'APPLICATION',
    Created: epochSeconds(created),
    LastUpdatedTime: epochSeconds(created),
    State: 'COMPLETED',
  }));
}

function presentBundle(bundle: SimulatedBundle): JsonObject {
  return {
    BundleId: bundle.bundleID,
    Name: bundle.name,
    Owner: bundle.owner,
    ...(bundle.imageID !== undefined && { ImageId: bundle.imageID }),
    RootStorage: { Capacity: ROOT_VOLUME_GIB },
    UserStorage: { Capacity: USER_VOLUME_GIB },
    ComputeType: { Name: bundle.computeTypeName },
    CreationTime: epochSeconds(bundle.created),
    LastUpdatedTime: epochSeconds(bundle.created),
    State: 'AVAILABLE',
    BundleType: 'REGULAR',
  };
}
