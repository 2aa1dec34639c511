import { describe, expect, test } from 'vitest';
import type { SeedDocument } from '../../src/simulator/seedDocument.ts';
import type { JsonObject } from '../../src/simulator/validate.ts';
import { ALICE, DIRECTORY, OFFICE, rejectionOf, simulate, VISIO, workspace } from './fixtures.ts';

const [EMPTY, OWN, AMAZON, IMAGE] = ['wsb-00000001', 'wsb-00000002', 'wsb-00000003', 'wsi-000000001'];

const FLEET: Partial<SeedDocument> = {
  images: [{ imageID: IMAGE, applications: [VISIO] }],
  bundles: [
    { bundleID: OWN, name: 'Engineering', imageID: IMAGE, computeTypeName: 'POWER' },
    { bundleID: AMAZON, owner: 'AMAZON', applications: [OFFICE, VISIO] },
  ],
  workspaces: [workspace(ALICE), workspace('ws-00000002', { bundleID: OWN })],
};

const idsIn = (output: JsonObject) => (output.Bundles as { BundleId: string }[]).map(({ BundleId }) => BundleId);
const resourcesIn = (output: JsonObject) =>
  (output.Associations as { AssociatedResourceId: string }[]).map(({ AssociatedResourceId }) => AssociatedResourceId);

describe('DescribeWorkspaceBundles', () => {
  const filters: [string, JsonObject, string[]][] = [
    ['the account by default', {}, [EMPTY, OWN]],
    ['AWS', { Owner: 'AMAZON' }, [AMAZON]],
    ['IDs without unknown ones', { BundleIds: [AMAZON, OWN, 'wsb-99999999'] }, [OWN, AMAZON]],
  ];
  test.each(filters)('lists the bundles of %s', (_, input, ids) => {
    expect(idsIn(simulate(FLEET).call('DescribeWorkspaceBundles', input))).toEqual(ids);
  });

  test('shows the image and the compute type, which the WorkSpaces of the bundle have', () => {
    const { call } = simulate(FLEET);
    expect(call('DescribeWorkspaceBundles', { BundleIds: [OWN] })).toMatchObject({
      Bundles: [{ Name: 'Engineering', ImageId: IMAGE, ComputeType: { Name: 'POWER' }, State: 'AVAILABLE' }],
    });
    expect(call('DescribeWorkspaces', { BundleId: OWN })).toMatchObject({
      Workspaces: [{ WorkspaceProperties: { ComputeTypeName: 'POWER' } }],
    });
  });

  test('returns 25 bundles a page', () => {
    const bundles = Array.from({ length: 30 }, (_, n) => ({ bundleID: `wsb-${String(n).padStart(8, '0')}` }));
    const { call } = simulate({ bundles, workspaces: [] });
    const first = call('DescribeWorkspaceBundles');
    const second = call('DescribeWorkspaceBundles', { NextToken: first.NextToken });
    expect([idsIn(first).length, idsIn(second).length, second.NextToken]).toEqual([25, 5, undefined]);
  });

  test('rejects IDs with an owner', () => {
    const { call } = simulate(FLEET);
    expect(rejectionOf(() => call('DescribeWorkspaceBundles', { BundleIds: [OWN], Owner: 'AMAZON' }))).toMatch(
      /^InvalidParameterValuesException: /,
    );
  });
});

describe('the applications', () => {
  const APPLICATION = { AssociatedResourceTypes: ['APPLICATION'] };

  test('of a bundle are its own or those of its image', () => {
    const { call } = simulate(FLEET);
    const of = (BundleId: string) => resourcesIn(call('DescribeBundleAssociations', { BundleId, ...APPLICATION }));
    expect([of(AMAZON), of(OWN), of(EMPTY)]).toEqual([[OFFICE, VISIO], [VISIO], []]);
    expect(call('DescribeBundleAssociations', { BundleId: OWN, ...APPLICATION })).toMatchObject({
      Associations: [{ BundleId: OWN, AssociatedResourceType: 'APPLICATION', State: 'COMPLETED' }],
    });
  });

  test('of an image are listed', () => {
    const { call } = simulate(FLEET);
    expect(call('DescribeImageAssociations', { ImageId: IMAGE, ...APPLICATION })).toMatchObject({
      Associations: [{ ImageId: IMAGE, AssociatedResourceId: VISIO, State: 'COMPLETED' }],
    });
  });

  test('list the bundles and images that contain them', () => {
    const { call } = simulate(FLEET);
    const input = { ApplicationId: VISIO, AssociatedResourceTypes: ['WORKSPACE', 'BUNDLE', 'IMAGE'] };
    expect(resourcesIn(call('DescribeApplicationAssociations', input))).toEqual([OWN, AMAZON, IMAGE]);
  });

  const rejected: [string, JsonObject, string][] = [
    ['DescribeBundleAssociations', { BundleId: 'wsb-99999999', ...APPLICATION }, 'ResourceNotFoundException'],
    ['DescribeImageAssociations', { ImageId: 'wsi-999999999', ...APPLICATION }, 'ResourceNotFoundException'],
    ['DescribeBundleAssociations', { BundleId: OWN, AssociatedResourceTypes: [] }, 'InvalidParameterValuesException'],
    ['DescribeImageAssociations', { ImageId: 'nope', ...APPLICATION }, 'ValidationException'],
  ];
  test.each(rejected)('%s of %o is rejected with %s', (operation, input, type) => {
    expect(rejectionOf(() => simulate(FLEET).call(operation, input))).toMatch(new RegExp(`^${type}: `));
  });
});

test.each([DIRECTORY, OWN, IMAGE])('DescribeTags of %s returns no tags', (ResourceId) => {
  expect(simulate(FLEET).call('DescribeTags', { ResourceId })).toEqual({ TagList: [] });
});
