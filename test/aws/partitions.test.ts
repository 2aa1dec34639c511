import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { partitionMismatch, partitionOf } from '../../src/aws/partitions.ts';
import { partitionOfRegion } from '../../src/policy/partition.ts';
import { ruleProblems } from '../../src/policy/rules.ts';

const TABLE = '../../node_modules/@aws-sdk/core/dist-es/submodules/client/util-endpoints/lib/aws/partitions.js';

/** Partitions in the table of the SDK, which exports no list. */
const { partitions } = JSON.parse(
  readFileSync(join(import.meta.dirname, TABLE), 'utf8')
    .replace(/^export const partitionsInfo = /, '')
    .replace(/;\s*$/, ''),
) as { partitions: { id: string; regions: Record<string, object> }[] };
const REGIONS = partitions.flatMap(({ id, regions }) =>
  Object.keys(regions)
    .filter((region) => !region.endsWith('-global'))
    .map((region) => [region, id] as const),
);

const fleet = (region: string, partition: string) => ({
  apiVersion: 'wsap.dev/v1alpha1',
  kind: 'WorkspaceFleet',
  metadata: { name: 'fleet' },
  spec: { region, roleARN: `arn:${partition}:iam::123456789012:role/wsap` },
});

test('the table of the SDK has several partitions', () => {
  expect(partitions.map(({ id }) => id)).toContain('aws-eusc');
});

describe.each(REGIONS)('the region %s', (region, partition) => {
  test(`belongs to ${partition}`, () => {
    expect([partitionOf(region), partitionOfRegion(region)]).toEqual([partition, partition]);
  });

  test('accepts only roles of its partition', () => {
    for (const { id } of partitions) {
      const { roleARN } = fleet(region, id).spec;
      const fields = ruleProblems('WorkspaceFleet', fleet(region, id)).map(({ field }) => field);
      expect(fields, roleARN).toEqual(id === partition ? [] : ['spec.roleARN']);
      expect(partitionMismatch(roleARN, region) === undefined, roleARN).toBe(id === partition);
    }
  });
});
