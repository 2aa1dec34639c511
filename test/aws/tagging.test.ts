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
