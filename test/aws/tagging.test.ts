import { expect, test } from 'vitest';
import { failureOf, startFleet, WORKSPACE } from './harness.ts';
import { exception, ok } from './server.ts';

const arn = (id: string) => `arn:aws:workspaces:eu-central-1:123456789012:workspace/${id}`;
const tagged = (id: string, ...Tags: object[]) => ({ ResourceARN: arn(id), Tags });

test('reads the tags of WorkSpaces from all pages, 100 per page', async () => {
  await using harness = await startFleet([
    ok({
      ResourceTagMappingList: [tagged(WORKSPACE, { Key: 'a', Value: '1' }, { Key: 'b' })],
      PaginationToken: 'next',
    }),
    ok({ PaginationToken: 'last' }),
    ok({ ResourceTagMappingList: [tagged('ws-00000001b')], PaginationToken: '' }),
  ]);
  const tags = await harness.fleet.getResources();
  expect([...tags].map(([id, of]) => [id, Object.fromEntries(of ?? [])])).toEqual([
    [WORKSPACE, { a: '1', b: '' }],
    ['ws-00000001b', {}],
  ]);
  expect(harness.server.received.map(({ operation, input }) => [operation, input])).toEqual(
    [{}, { PaginationToken: 'next' }, { PaginationToken: 'last' }].map((token) => [
      'ResourceGroupsTaggingAPI_20170126.GetResources',
      { ResourceTypeFilters: ['workspaces:workspace'], ResourcesPerPage: 100, ...token },
    ]),
  );
  expect(harness.fleet.calls()).toContainEqual({
    operation: 'GetResources',
    priority: 'inventory',
    result: 'Success',
    count: 3,
  });
});

const LOCATION = { partition: 'aws-us-gov', accountID: '123456789012', region: 'us-gov-west-1' };

test('reads the tags of given WorkSpaces by ARN, 100 per call, without other parameters', async () => {
  const ids = Array.from({ length: 150 }, (_, n) => `ws-${String(n).padStart(9, '0')}`);
  const govARN = (id: string) => `arn:aws-us-gov:workspaces:us-gov-west-1:123456789012:workspace/${id}`;
  await using harness = await startFleet(
    [
      ok({ ResourceTagMappingList: [{ ResourceARN: govARN('ws-000000003'), Tags: [{ Key: 'a', Value: '1' }] }] }),
      ok({ ResourceTagMappingList: [], PaginationToken: '' }),
    ],
    { location: LOCATION },
  );
  const tags = await harness.fleet.getResources(ids);
  expect([...tags].map(([id, of]) => [id, Object.fromEntries(of ?? [])])).toEqual([['ws-000000003', { a: '1' }]]);
  expect(harness.server.received.map(({ input }) => input)).toEqual([
    { ResourceARNList: ids.slice(0, 100).map(govARN) },
    { ResourceARNList: ids.slice(100).map(govARN) },
  ]);
});

test('a page token in a response to ARNs is rejected, because the rest of the tags would be missing', async () => {
  await using harness = await startFleet([ok({ ResourceTagMappingList: [], PaginationToken: 'more' })], {
    location: LOCATION,
  });
  const { details } = await failureOf(harness.fleet.getResources([WORKSPACE]));
  expect(details).toMatchObject({ kind: 'InvalidResponse', operation: 'GetResources' });
});

test('the error about a missing permission names the action of the Tagging API', async () => {
  await using harness = await startFleet([exception('AccessDeniedException', '')]);
  const { details } = await failureOf(harness.fleet.getResources());
  expect(details).toMatchObject({ kind: 'AccessDenied', operation: 'GetResources' });
  expect(details.reason).toContain('lacks the IAM action tag:GetResources on *');
});

test.each([
  ['a repeated page token', [{ PaginationToken: 'a' }, { PaginationToken: 'a' }], 'never end'],
  [
    'an ARN of something else',
    [{ ResourceTagMappingList: [{ ResourceARN: 'arn:aws:s3:::bucket' }] }],
    "isn't the ARN of a WorkSpace",
  ],
])('rejects %s', async (_, responses, message) => {
  await using harness = await startFleet(responses.map(ok));
  const { details } = await failureOf(harness.fleet.getResources());
  expect(details.kind).toBe('InvalidResponse');
  expect(details.reason).toContain(message);
});
