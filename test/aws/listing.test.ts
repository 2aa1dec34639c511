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
  /** Returns a number of pages with two items each. */
  const pages =
    (count: number, nextToken = (page: number): unknown => `token ${page}`) =>
    ({ input }: Received): Reply => {
      const page = input.NextToken === undefined ? 1 : Number(String(input.NextToken).split(' ')[1]);
      const items = [item(page * 2 - 2), item(page * 2 - 1)];
      return ok({ [list]: items, ...(page < count && { NextToken: nextToken(page + 1) }) });
    };

  test('reads all pages', async () => {
    await using harness = await startFleet(pages(4));
    await expect(read(harness.fleet)).resolves.toHaveLength(8);
    const limits = harness.server.received.map(({ input }) => input.Limit ?? input.MaxResults);
    expect(limits).toEqual([25, 25, 25, 25]);
  });

  test('continues after a page that is empty or has no list', async () => {
    const [empty, listless, full] = [{ [list]: [], NextToken: 'a' }, { NextToken: 'b' }, { [list]: [item(1)] }];
    await using harness = await startFleet([ok(empty), ok(listless), ok(full)]);
    await expect(read(harness.fleet)).resolves.toHaveLength(1);
  });

  test('fails as a whole if one page fails and names the page', async () => {
    const healthy = pages(4);
    await using harness = await startFleet((request) =>
      request.input.NextToken === 'token 3' ? exception('InvalidParameterValuesException') : healthy(request),
    );
    const error = await failureOf(read(harness.fleet));
    expect(error.details).toMatchObject({ kind: 'InvalidParameterValues', page: 3 });
    expect(error.message).toContain('page 3');
  });

  test.each<[string, (page: number) => unknown]>([
    ['repeats immediately', () => 'token 2'],
    ['repeats later', (page) => `token ${page > 3 ? 2 : page}`],
    ['is a number', () => 5],
    ['is an object', () => ({})],
  ])('rejects a page token that %s', async (__, nextToken) => {
    await using harness = await startFleet(pages(1_000, nextToken));
    expect((await failureOf(read(harness.fleet))).kind).toBe('InvalidResponse');
    expect(harness.server.received.length).toBeLessThan(5);
  });
});

describe('describeWorkspaces', () => {
  test('filters by one directory and names it in errors', async () => {
    await using harness = await startFleet([exception('ResourceUnavailableException')]);
    const { details } = await failureOf(harness.fleet.describeWorkspaces({ directoryID: 'd-0123456789' }));
    expect(details).toMatchObject({ kind: 'ResourceUnavailable', resource: 'd-0123456789' });
    expect(harness.server.received[0]?.input).toEqual({ DirectoryId: 'd-0123456789', Limit: 25 });
  });

  test('requests all directories without a filter', async () => {
    await using harness = await startFleet([ok({})]);
    await harness.fleet.describeWorkspaces({ all: true });
    expect(harness.server.received[0]?.input).toEqual({ Limit: 25 });
  });

  test('requests each ID once, 25 per request', async () => {
    await using harness = await startFleet(({ input }) =>
      ok({ Workspaces: (input.WorkspaceIds as string[]).map((WorkspaceId) => ({ WorkspaceId })) }),
    );
    const workspaceIDs = [...ids('ws', 60), ...ids('ws', 60)];
    await expect(harness.fleet.describeWorkspaces({ workspaceIDs })).resolves.toHaveLength(60);
    const asked = harness.server.received.map(({ input }) => (input.WorkspaceIds as string[]).length);
    expect(asked).toEqual([25, 25, 10]);
  });

  test('sends no request for an empty list of IDs', async () => {
    await using harness = await startFleet([ok({ Workspaces: [{ WorkspaceId: WORKSPACE }] })]);
    await expect(harness.fleet.describeWorkspaces({ workspaceIDs: [] })).resolves.toEqual([]);
    await expect(harness.fleet.describeApplications({ applicationIDs: [] })).resolves.toEqual([]);
    expect(harness.server.received).toEqual([]);
  });

  test('returns a WorkSpace that moved between pages once, with its later state', async () => {
    await using harness = await startFleet([
      ok({ Workspaces: [{ WorkspaceId: WORKSPACE, State: 'STOPPED' }], NextToken: 'a' }),
      ok({ Workspaces: [{ WorkspaceId: WORKSPACE, State: 'STARTING' }] }),
    ]);
    const found = await harness.fleet.describeWorkspaces({ all: true });
    expect(found).toMatchObject([{ workspaceID: WORKSPACE, state: 'STARTING' }]);
  });
});

describe('describeApplications', () => {
  test('omits unknown applications although AWS rejects the whole request because of one', async () => {
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
