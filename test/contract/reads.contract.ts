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
      const [, directoryId] = seed.DIRECTORIES;
      const expected = seed.workspaces.filter((workspace) => workspace.directoryId === directoryId);
      expect(byId(await fleet().describeWorkspaces({ directoryId }))).toEqual(byId(expected));
    });

    test('of one bundle', async () => {
      const [, bundleId] = seed.BUNDLES;
      const expected = seed.workspaces.filter((workspace) => workspace.bundleId === bundleId);
      expect(byId(await fleet().describeWorkspaces({ bundleId }))).toEqual(byId(expected));
    });

    test('no WorkSpaces of a directory that has none', async () => {
      await expect(fleet().describeWorkspaces({ directoryId: 'd-9999999999' })).resolves.toEqual([]);
    });

    test('WorkSpaces by more ids than fit one request, without those that do not exist', async () => {
      const workspaceIds = seed.workspaces.slice(10, 50).map(({ workspaceId }) => workspaceId);
      const found = await fleet().describeWorkspaces({ workspaceIds: [...workspaceIds, seed.NOWHERE] });
      expect(byId(found).map(({ workspaceId }) => workspaceId)).toEqual(workspaceIds);
    });

    test('nothing for no ids, where it would be easy to list everything', async () => {
      await expect(fleet().describeWorkspaces({ workspaceIds: [] })).resolves.toEqual([]);
      await expect(fleet().describeApplications({ applicationIds: [] })).resolves.toEqual([]);
    });

    test('all applications, each once and whole', async () => {
      expect(byId(await fleet().describeApplications({}))).toEqual(byId(seed.applications));
    });

    test('applications by id, without those that do not exist', async () => {
      const applicationIds = seed.applications.slice(2).map(({ applicationId }) => applicationId);
      const found = await fleet().describeApplications({ applicationIds: [seed.NOTHING, ...applicationIds] });
      expect(byId(found).map(({ applicationId }) => applicationId)).toEqual(applicationIds);
    });

    test('the same associations from either side', async () => {
      const fromWorkspaces: Association[] = [];
      for (const { workspaceId } of seed.workspaces) {
        fromWorkspaces.push(...(await fleet().describeWorkspaceAssociations(workspaceId)));
      }
      const fromApplications: Association[] = [];
      for (const { applicationId } of seed.applications) {
        fromApplications.push(...(await fleet().describeApplicationAssociations(applicationId)));
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
      const workspaceIds = seed.workspaces.slice(0, 40).map(({ workspaceId }) => workspaceId);
      const found = byId(await fleet().describeWorkspacesConnectionStatus([...workspaceIds, seed.NOWHERE]));
      expect(found.map(({ workspaceId }) => workspaceId)).toEqual(workspaceIds);
      const stateOf = (id: string) => found.find(({ workspaceId }) => workspaceId === id)?.connectionState;
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
