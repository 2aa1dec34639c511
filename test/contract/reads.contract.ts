import { describe, expect, test } from 'vitest';
import type { Association } from '../../src/fleet/model.ts';
import * as seed from './seed.ts';
import { byId, type FleetUnderTest, kindOf, outcome, type ReaderUnderTest } from './subject.ts';

const { VISIO } = seed;

/** What every FleetReader has to do. */
export function describeReads(subject: () => ReaderUnderTest): void {
  const fleet = () => subject().fleet;

  describe('lists', () => {
    test('all WorkSpaces, each once and whole', async () => {
      expect(byId(await fleet().describeWorkspaces({ all: true }))).toEqual(byId(seed.workspaces));
    });

    test('the WorkSpaces of one directory', async () => {
      const [, directoryID] = seed.DIRECTORIES;
      const expected = seed.workspaces.filter((workspace) => workspace.directoryID === directoryID);
      expect(byId(await fleet().describeWorkspaces({ directoryID }))).toEqual(byId(expected));
    });

    test('of one bundle', async () => {
      const [, bundleID] = seed.BUNDLES;
      const expected = seed.workspaces.filter((workspace) => workspace.bundleID === bundleID);
      expect(byId(await fleet().describeWorkspaces({ bundleID }))).toEqual(byId(expected));
    });

    test('no WorkSpaces of a directory that has none', async () => {
      await expect(fleet().describeWorkspaces({ directoryID: 'd-9999999999' })).resolves.toEqual([]);
    });

    test('WorkSpaces by more ids than fit one request, without those that do not exist', async () => {
      const workspaceIDs = seed.workspaces.slice(10, 50).map(({ workspaceID }) => workspaceID);
      const found = await fleet().describeWorkspaces({ workspaceIDs: [...workspaceIDs, seed.NOWHERE] });
      expect(byId(found).map(({ workspaceID }) => workspaceID)).toEqual(workspaceIDs);
    });

    test('nothing for no ids, where it would be easy to list everything', async () => {
      await expect(fleet().describeWorkspaces({ workspaceIDs: [] })).resolves.toEqual([]);
      await expect(fleet().describeApplications({ applicationIDs: [] })).resolves.toEqual([]);
    });

    test('all applications, each once and whole', async () => {
      expect(byId(await fleet().describeApplications({}))).toEqual(byId(seed.applications));
    });

    test('applications by id, without those that do not exist', async () => {
      const applicationIDs = seed.applications.slice(2).map(({ applicationID }) => applicationID);
      const found = await fleet().describeApplications({ applicationIDs: [seed.NOTHING, ...applicationIDs] });
      expect(byId(found).map(({ applicationID }) => applicationID)).toEqual(applicationIDs);
    });

    test('the same associations from either side', async () => {
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

    test('the tags of a WorkSpace, empty values too, and none where there are none', async () => {
      expect(Object.fromEntries(await fleet().describeTags(seed.plain))).toEqual(seed.tags[seed.plain]);
      expect((await fleet().describeTags(seed.bare)).size).toBe(0);
    });

    test('the tags of all that have any', async () => {
      const listed = [...(await fleet().getResources())].map(([id, of]) => [id, Object.fromEntries(of)]);
      expect(Object.fromEntries(listed)).toEqual(seed.tags);
    });

    test('who is connected, of more WorkSpaces than fit one request, and of none that does not exist', async () => {
      const workspaceIDs = seed.workspaces.slice(0, 40).map(({ workspaceID }) => workspaceID);
      const found = byId(await fleet().describeWorkspacesConnectionStatus([...workspaceIDs, seed.NOWHERE]));
      expect(found.map(({ workspaceID }) => workspaceID)).toEqual(workspaceIDs);
      const stateOf = (id: string) => found.find(({ workspaceID }) => workspaceID === id)?.connectionState;
      expect([seed.plain, seed.stopped, seed.rebooting].map(stateOf)).toEqual(['CONNECTED', 'UNKNOWN', 'DISCONNECTED']);
      await expect(fleet().describeWorkspacesConnectionStatus([])).resolves.toEqual([]);
    });

    test('no associations where there are none', async () => {
      await expect(fleet().describeWorkspaceAssociations(seed.bare)).resolves.toEqual([]);
      await expect(fleet().describeApplicationAssociations(seed.UNUSED)).resolves.toEqual([]);
    });
  });

  test("answers an unknown WorkSpace's or application's associations or tags with ResourceNotFound", async () => {
    expect(await kindOf(fleet().describeWorkspaceAssociations(seed.NOWHERE))).toBe('ResourceNotFound');
    expect(await kindOf(fleet().describeApplicationAssociations(seed.NOTHING))).toBe('ResourceNotFound');
    expect(await kindOf(fleet().describeTags(seed.NOWHERE))).toBe('ResourceNotFound');
  });
}

/** What every FleetReader has to do whose reads can fail. */
export function describeFailedReads(subject: () => FleetUnderTest): void {
  describe('lists', () => {
    test('nothing at all when a part of it could not be read', async () => {
      const { fleet, denyNextListing } = subject();
      denyNextListing();
      expect(await kindOf(fleet.describeApplicationAssociations(VISIO))).toBe('AccessDenied');
      await expect(fleet.describeApplicationAssociations(VISIO)).resolves.toHaveLength(59);
    });
  });
}
