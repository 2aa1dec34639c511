/** AWS partitions other than `aws`, by the prefix of their regions. A test compares them with the SDK. */
const PARTITIONS: Readonly<Record<string, string>> = {
  'cn-': 'aws-cn',
  'eu-isoe-': 'aws-iso-e',
  'eusc-': 'aws-eusc',
  'us-gov-': 'aws-us-gov',
  'us-iso-': 'aws-iso',
  'us-isob-': 'aws-iso-b',
  'us-isof-': 'aws-iso-f',
};

/** Returns the AWS partition of a region, for example, `aws-cn` for cn-north-1. */
export function partitionOfRegion(region: string): string {
  const prefix = Object.keys(PARTITIONS).find((candidate) => region.startsWith(candidate));
  return (prefix && PARTITIONS[prefix]) || 'aws';
}
