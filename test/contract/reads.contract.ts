import { describe, expect, test } from 'vitest';
import type { Association } from '../../src/fleet/model.ts';
import * as seed from './seed.ts';
import { byId, type FleetUnderTest, kindOf, outcome, type ReaderUnderTest } from './subject.ts';

const { VISIO } = seed;

/** Contract of every FleetReader. */
export function describeReads(subject: () => ReaderUnderTest): void {
  const fleet = () => subject().fleet;

  describe('lists', () => {
    test('lists all WorkSpaces once with all members', async () => {
      expect(byId(await fleet().describeWorkspaces({ all: true }))).toEqual(byId(seed.workspaces));
    });

    test('lists the WorkSpaces of one directory', async () => {
      const [, directoryID] = seed.DIRECTORIES;
      const expected = seed.workspaces.filter((workspace) => workspace.directoryID === directoryID);
      expect(byId(await fleet().describeWorkspaces({ directoryID }))).toEqual(byId(expected));
    });

    test('lists the WorkSpaces of one bundle', async () => {
      const [, bundleID] = seed.BUNDLES;
      const expected = seed.workspaces.filter((workspace) => workspace.bundleID === bundleID);
      expect(byId(await fleet().describeWorkspaces({ bundleID }))).toEqual(byId(expected));
    });

    test('lists no WorkSpaces for a directory without any', async () => {
      await expect(fleet().describeWorkspaces({ directoryID: 'd-9999999999' })).resolves.toEqual([]);
    });

    test('lists WorkSpaces by more IDs than one request allows and omits unknown ones', async () => {
      const workspaceIDs = seed.workspaces.slice(10, 50).map(({ workspaceID }) => workspaceID);
      const found = await fleet().describeWorkspaces({ workspaceIDs: [...workspaceIDs, seed.NOWHERE] });
      expect(byId(found).map(({ workspaceID }) => workspaceID)).toEqual(workspaceIDs);
    });

    test('lists nothing for an empty list of IDs', async () => {
      await expect(fleet().describeWorkspaces({ workspaceIDs: [] })).resolves.toEqual([]);
      await expect(fleet().describeApplications({ applicationIDs: [] })).resolves.toEqual([]);
    });

    test('lists all applications once with all members', async () => {
      expect(byId(await fleet().describeApplications({}))).toEqual(byId(seed.applications));
    });

    test('lists applications by ID and omits unknown ones', async () => {
      const applicationIDs = seed.applications.slice(2).map(({ applicationID }) => applicationID);
      const found = await fleet().describeApplications({ applicationIDs: [seed.NOTHING, ...applicationIDs] });
      expect(byId(found).map(({ applicationID }) => applicationID)).toEqual(applicationIDs);
    });

    test('lists the same associations by WorkSpace and by application', async () => {
      const fromWorkspaces: Association[] = [];
      for (const { workspaceID } of seed.workspaces) {
        fromWorkspaces.push(...(await fleet().describeWorkspaceAssociations(workspaceID)));
      }
      const fromApplications: Association[] = [];
      for (const { applicationID } of seed.applications) {
        fromApplications.push(...(await fleet().describeApplicationAssociations(applicationID)));
      }
      expect(byId(fromApplications)).toEqual(byId(fromWorkspaces));
      expect(byId(fromWorkspaces).map(outcome)).toEqual(byId(seed.associations).map(outcome));
    });

    test('reads the tags of a WorkSpace, including empty values', async () => {
      expect(Object.fromEntries(await fleet().describeTags(seed.plain))).toEqual(seed.tags[seed.plain]);
      expect((await fleet().describeTags(seed.bare)).size).toBe(0);
    });

    test('reads the tags of all tagged WorkSpaces', async () => {
      const listed = [...(await fleet().getResources())].map(([id, of]) => [id, Object.fromEntries(of ?? [])]);
      expect(Object.fromEntries(listed)).toEqual(seed.tags);
    });

    test('reads the tags of given WorkSpaces', async () => {
      const tags = await fleet().getResources([seed.plain, seed.bare, seed.NOWHERE]);
      expect(Object.fromEntries(tags.get(seed.plain) ?? [])).toEqual(seed.tags[seed.plain]);
      expect(tags.get(seed.bare)?.size ?? 0).toBe(0);
      expect(tags.get(seed.NOWHERE)?.size ?? 0).toBe(0);
    });

    test('reads the connections of more WorkSpaces than one request allows and omits unknown ones', async () => {
      const workspaceIDs = seed.workspaces
        .slice(0, 40)
        .flatMap(({ workspaceID }) => (workspaceID === seed.unchecked ? [] : workspaceID));
      const found = byId(await fleet().describeWorkspacesConnectionStatus([...workspaceIDs, seed.NOWHERE]));
      expect(found.map(({ workspaceID }) => workspaceID)).toEqual(workspaceIDs);
      const stateOf = (id: string) => found.find(({ workspaceID }) => workspaceID === id)?.connectionState;
      expect([seed.plain, seed.stopped, seed.rebooting].map(stateOf)).toEqual(['CONNECTED', 'UNKNOWN', 'DISCONNECTED']);
      await expect(fleet().describeWorkspacesConnectionStatus([])).resolves.toEqual([]);
    });

    test('omits a connection that AWS never checked, and returns the times of the last check and connection', async () => {
      const [found, ...others] = await fleet().describeWorkspacesConnectionStatus([seed.unchecked, seed.lastUsed]);
      expect(others).toEqual([]);
      expect(found).toMatchObject({ workspaceID: seed.lastUsed, connectionState: 'DISCONNECTED' });
      const ago = (time: Date | undefined) => subject().now().getTime() - (time?.getTime() ?? Number.NaN);
      expect(ago(found?.connectionStateCheckTimestamp)).toBe(seed.CHECKED_AGO_MS);
      expect(ago(found?.lastKnownUserConnectionTimestamp)).toBe(seed.CONNECTED_AGO_MS);
    });

    test('lists no associations for a WorkSpace without any', async () => {
      await expect(fleet().describeWorkspaceAssociations(seed.bare)).resolves.toEqual([]);
      expect([...(await fleet().describeApplicationAssociations(seed.UNUSED))]).toEqual([]);
    });
  });

  test('rejects reads of an unknown WorkSpace or application with ResourceNotFound', async () => {
    expect(await kindOf(fleet().describeWorkspaceAssociations(seed.NOWHERE))).toBe('ResourceNotFound');
    expect(await kindOf(fleet().describeApplicationAssociations(seed.NOTHING))).toBe('ResourceNotFound');
    expect(await kindOf(fleet().describeTags(seed.NOWHERE))).toBe('ResourceNotFound');
  });
}

/** Contract of every FleetReader whose reads can fail. */
export function describeFailedReads(subject: () => FleetUnderTest): void {
  describe('lists', () => {
    test('returns nothing if a part of a listing can’t be read', async () => {
      const { fleet, denyNextListing } = subject();
      denyNextListing();
      expect(await kindOf(fleet.describeApplicationAssociations(VISIO))).toBe('AccessDenied');
      await expect(fleet.describeApplicationAssociations(VISIO)).resolves.toHaveLength(59);
    });

    test('marks a WorkSpace whose ID AWS rejects, and returns the others', async () => {
      const { fleet, rejectID } = subject();
      rejectID(seed.plain);
      const workspaceIDs = seed.workspaces.slice(0, 30).map(({ workspaceID }) => workspaceID);
      const found = byId(await fleet.describeWorkspaces({ workspaceIDs }));
      expect(found.map(({ workspaceID }) => workspaceID)).toEqual(workspaceIDs);
      const marked = found.filter(({ untrusted }) => untrusted !== undefined);
      expect(marked).toEqual([{ workspaceID: seed.plain, untrusted: 'AWS rejects its ID' }]);
    });

    test('rejects if AWS rejects all IDs', async () => {
      const { fleet, rejectID } = subject();
      rejectID(seed.plain);
      rejectID(seed.bare);
      const workspaceIDs = [seed.plain, seed.bare];
      expect(await kindOf(fleet.describeWorkspaces({ workspaceIDs }))).toBe('InvalidParameterValues');
    });

    test.each([
      { all: true as const },
      { directoryID: seed.DIRECTORIES[0] },
      { workspaceIDs: [seed.plain, seed.bare] },
    ])('omits a value that can’t be trusted and names it, in %j', async (query) => {
      const { fleet, corruptUserName } = subject();
      corruptUserName(seed.plain);
      const found = await fleet.describeWorkspaces(query);
      const { userName: _, ...trusted } = seed.workspaces[0] ?? { workspaceID: '' };
      expect(found.filter(({ untrusted }) => untrusted !== undefined)).toEqual([
        { ...trusted, untrusted: "UserName isn't a string" },
      ]);
      expect(found.length).toBeGreaterThan(1);
    });
  });
}
