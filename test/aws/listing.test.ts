import { describe, expect, test } from 'vitest';
import { failureOf, LISTINGS, startFleet, WORKSPACE } from './harness.ts';
import { exception, ok, type Received, type Reply } from './server.ts';

const ids = (prefix: string, count: number) =>
  Array.from({ length: count }, (_, n) => `${prefix}-${String(n).padStart(9, '0')}`);

describe.each(LISTINGS)('a listing of %s', (_, list, read) => {
  const item = (n: number) => {
    const id = `ws-${String(n).padStart(9, '0')}`;
    return list === 'Associations' ? { AssociatedResourceId: id } : { WorkspaceId: id, ApplicationId: id };
  };
  /** That many pages of two items each. */
  const pages =
    (count: number, nextToken = (page: number): unknown => `token ${page}`) =>
    ({ input }: Received): Reply => {
      const page = input.NextToken === undefined ? 1 : Number(String(input.NextToken).split(' ')[1]);
      const items = [item(page * 2 - 2), item(page * 2 - 1)];
      return ok({ [list]: items, ...(page < count && { NextToken: nextToken(page + 1) }) });
    };

  test('is read to its last page', async () => {
    await using harness = await startFleet(pages(4));
    await expect(read(harness.fleet)).resolves.toHaveLength(8);
    const limits = harness.server.received.map(({ input }) => input.Limit ?? input.MaxResults);
    expect(limits).toEqual([25, 25, 25, 25]);
  });

  test('goes on after a page that is empty or has no list', async () => {
    const [empty, listless, full] = [{ [list]: [], NextToken: 'a' }, { NextToken: 'b' }, { [list]: [item(1)] }];
    await using harness = await startFleet([ok(empty), ok(listless), ok(full)]);
    await expect(read(harness.fleet)).resolves.toHaveLength(1);
  });

  test('is refused whole when a page fails, and says which', async () => {
    const healthy = pages(4);
    await using harness = await startFleet((request) =>
      request.input.NextToken === 'token 3' ? exception('InvalidParameterValuesException') : healthy(request),
    );
    const error = await failureOf(read(harness.fleet));
    expect(error.details).toMatchObject({ kind: 'InvalidParameterValues', page: 3 });
    expect(error.message).toContain('page 3');
  });

  test.each<[string, (page: number) => unknown]>([
    ['comes again at once', () => 'token 2'],
    ['comes again later', (page) => `token ${page > 3 ? 2 : page}`],
    ['is a number', () => 5],
    ['is an object', () => ({})],
  ])('is refused when a page token %s', async (__, nextToken) => {
    await using harness = await startFleet(pages(1_000, nextToken));
    expect((await failureOf(read(harness.fleet))).kind).toBe('InvalidResponse');
    expect(harness.server.received.length).toBeLessThan(5);
  });
});

describe('WorkSpaces', () => {
  test('of one directory are asked for by it, and named in errors', async () => {
    await using harness = await startFleet([exception('ResourceUnavailableException')]);
    const { details } = await failureOf(harness.fleet.describeWorkspaces({ directoryID: 'd-0123456789' }));
    expect(details).toMatchObject({ kind: 'ResourceUnavailable', resource: 'd-0123456789' });
    expect(harness.server.received[0]?.input).toEqual({ DirectoryId: 'd-0123456789', Limit: 25 });
  });

  test('of all directories are asked for without a filter', async () => {
    await using harness = await startFleet([ok({})]);
    await harness.fleet.describeWorkspaces({ all: true });
    expect(harness.server.received[0]?.input).toEqual({ Limit: 25 });
  });

  test('by id are asked for 25 at a time, each once', async () => {
    await using harness = await startFleet(({ input }) =>
      ok({ Workspaces: (input.WorkspaceIds as string[]).map((WorkspaceId) => ({ WorkspaceId })) }),
    );
    const workspaceIDs = [...ids('ws', 60), ...ids('ws', 60)];
    await expect(harness.fleet.describeWorkspaces({ workspaceIDs })).resolves.toHaveLength(60);
    const asked = harness.server.received.map(({ input }) => (input.WorkspaceIds as string[]).length);
    expect(asked).toEqual([25, 25, 10]);
  });

  test('by no id are none, and nothing is asked', async () => {
    await using harness = await startFleet([ok({ Workspaces: [{ WorkspaceId: WORKSPACE }] })]);
    await expect(harness.fleet.describeWorkspaces({ workspaceIDs: [] })).resolves.toEqual([]);
    await expect(harness.fleet.describeApplications({ applicationIDs: [] })).resolves.toEqual([]);
    expect(harness.server.received).toEqual([]);
  });

  test('that moved to another page while it was read count once, as read last', async () => {
    await using harness = await startFleet([
      ok({ Workspaces: [{ WorkspaceId: WORKSPACE, State: 'STOPPED' }], NextToken: 'a' }),
      ok({ Workspaces: [{ WorkspaceId: WORKSPACE, State: 'STARTING' }] }),
    ]);
    const found = await harness.fleet.describeWorkspaces({ all: true });
    expect(found).toMatchObject([{ workspaceID: WORKSPACE, state: 'STARTING' }]);
  });
});

describe('applications', () => {
  test('that AWS refuses to know are missing, though it refuses all of a request for one', async () => {
    const unknown = new Set(['wsa-000000003', 'wsa-000000029']);
    await using harness = await startFleet(({ input }) => {
      const asked = input.ApplicationIds as string[];
      if (asked.some((id) => unknown.has(id))) {
        return exception('ResourceNotFoundException');
      }
      return ok({ Applications: asked.map((ApplicationId) => ({ ApplicationId })) });
    });
    const found = await harness.fleet.describeApplications({ applicationIDs: ids('wsa', 30) });
    expect(found.map(({ applicationID }) => applicationID)).toEqual(ids('wsa', 30).filter((id) => !unknown.has(id)));
  });
});
