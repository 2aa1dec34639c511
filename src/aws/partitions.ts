import { partition } from '@aws-sdk/core/client';

/** Returns the partition of a region, by the table of the SDK: for example, `aws`, `aws-cn`, or `aws-iso-b`. */
export function partitionOf(region: string): string {
  return partition(region).name;
}

/**
 * Returns why a role can't be assumed in a region: an identity is valid only in its partition. Undefined if it can.
 */
export function partitionMismatch(roleARN: string, region: string): string | undefined {
  const [, ofRole = ''] = roleARN.split(':');
  const ofRegion = partitionOf(region);
  return ofRole === ofRegion
    ? undefined
    : `the role ${roleARN} belongs to the partition ${ofRole}, but ${region} to ${ofRegion}; use a role of an account in ${ofRegion}`;
}
