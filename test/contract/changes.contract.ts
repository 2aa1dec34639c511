import { describe, expect, test } from 'vitest';
import type { FleetErrorKind } from '../../src/fleet/errors.ts';
import type { Fleet } from '../../src/fleet/ports.ts';
import * as seed from './seed.ts';
import { byId, type FleetUnderTest, kindOf, outcome } from './subject.ts';

const { VISIO, OFFICE, plain } = seed;

/** What every FleetWriter has to do, as its FleetReader tells. */
export function describeChanges(subject: () => FleetUnderTest): void {
  const fleet = () => subject().fleet;
  const stateOf = async (workspaceID: string, applicationID: string) =>
    (await fleet().describeWorkspaceAssociations(workspaceID)).find((one) => one.applicationID === applicationID)
      ?.state;
  const workspaceState = async (workspaceID: string) =>
    (await fleet().describeWorkspaces({ workspaceIDs: [workspaceID] }))[0]?.state;

  test.each<[string, (fleet: Fleet) => Promise<unknown>]>([
    ['disassociating from an unknown WorkSpace', (it) => it.disassociateWorkspaceApplication(seed.NOWHERE, VISIO)],
    ['disassociating an unknown application', (it) => it.disassociateWorkspaceApplication(plain, seed.NOTHING)],
    ['disassociating what is not associated', (it) => it.disassociateWorkspaceApplication(plain, seed.UNUSED)],
    ['disassociating what is REMOVED', (it) => it.disassociateWorkspaceApplication(seed.removed, OFFICE)],
    ['associating with an unknown WorkSpace', (it) => it.associateWorkspaceApplication(seed.NOWHERE, VISIO)],
    ['associating an unknown application', (it) => it.associateWorkspaceApplication(plain, seed.NOTHING)],
    ['deploying to an unknown WorkSpace', (it) => it.deployWorkspaceApplications(seed.NOWHERE, { force: false })],
  ])('answers %s with ResourceNotFound', async (_, call) => {
    expect(await kindOf(call(fleet()))).toBe('ResourceNotFound');
  });

  describe('disassociates', () => {
    test('by marking the association, and no other', async () => {
      const answer = await fleet().disassociateWorkspaceApplication(plain, VISIO);
      const marked = { workspaceID: plain, applicationID: VISIO, state: 'PENDING_UNINSTALL_DEPLOYMENT' };
      expect(answer).toMatchObject(marked);
      const others = seed.associations.filter((one) => one.applicationID === VISIO && one.workspaceID !== plain);
      const listed = byId(await fleet().describeApplicationAssociations(VISIO)).map(outcome);
      expect(listed).toEqual(byId([marked, ...others]).map(outcome));
      expect(await stateOf(plain, OFFICE)).toBe('COMPLETED');
      expect(await workspaceState(plain)).toBe('AVAILABLE');
    });

    test('what is not yet deployed by taking it back', async () => {
      await fleet().disassociateWorkspaceApplication(seed.pendingInstall, OFFICE);
      expect(await stateOf(seed.pendingInstall, OFFICE)).toBeOneOf(['REMOVED', undefined]);
    });

    test('what failed', async () => {
      await fleet().disassociateWorkspaceApplication(seed.failed, OFFICE);
      expect(await stateOf(seed.failed, OFFICE)).toBe('PENDING_UNINSTALL_DEPLOYMENT');
    });

    test('on a WorkSpace to which nothing can be deployed at the moment', async () => {
      await fleet().disassociateWorkspaceApplication(seed.rebooting, VISIO);
      expect(await stateOf(seed.rebooting, VISIO)).toBe('PENDING_UNINSTALL_DEPLOYMENT');
    });

    test('once: a second time it is in use, and stays as it is', async () => {
      await fleet().disassociateWorkspaceApplication(plain, VISIO);
      expect(await kindOf(fleet().disassociateWorkspaceApplication(plain, VISIO))).toBe('ResourceInUse');
      expect(await stateOf(plain, VISIO)).toBe('PENDING_UNINSTALL_DEPLOYMENT');
    });

    test('nothing that is being installed', async () => {
      const { installing } = seed;
      expect(await kindOf(fleet().disassociateWorkspaceApplication(installing, OFFICE))).toBe('ResourceInUse');
      expect(await stateOf(installing, OFFICE)).toBe('INSTALLING');
    });
  });

  describe('associates', () => {
    test.each([
      ['what is not associated', seed.bare],
      ['what is REMOVED', seed.removed],
      ['what failed', seed.failed],
    ])('%s by marking it for installation', async (_, workspaceID) => {
      const answer = await fleet().associateWorkspaceApplication(workspaceID, OFFICE);
      expect(answer).toMatchObject({ workspaceID, applicationID: OFFICE, state: 'PENDING_INSTALL_DEPLOYMENT' });
      expect(await stateOf(workspaceID, OFFICE)).toBe('PENDING_INSTALL_DEPLOYMENT');
    });

    test('what is to be uninstalled by taking that back', async () => {
      await fleet().disassociateWorkspaceApplication(plain, VISIO);
      await fleet().associateWorkspaceApplication(plain, VISIO);
      expect(await stateOf(plain, VISIO)).toBe('COMPLETED');
    });

    test.each<[string, string, FleetErrorKind]>([
      ['is there', plain, 'ResourceAlreadyExists'],
      ['is marked for installation already', seed.pendingInstall, 'ResourceAlreadyExists'],
      ['is being installed', seed.installing, 'ResourceInUse'],
    ])('nothing that %s', async (_, workspaceID, kind) => {
      const before = await stateOf(workspaceID, OFFICE);
      expect(await kindOf(fleet().associateWorkspaceApplication(workspaceID, OFFICE))).toBe(kind);
      expect(await stateOf(workspaceID, OFFICE)).toBe(before);
    });

    test('nothing that AWS no longer offers', async () => {
      expect(await kindOf(fleet().associateWorkspaceApplication(plain, seed.OVER))).toBe('Incompatible');
    });

    test('what is then deployed to its end', async () => {
      await fleet().associateWorkspaceApplication(seed.bare, OFFICE);
      await fleet().deployWorkspaceApplications(seed.bare, { force: false });
      expect(await workspaceState(seed.bare)).toBe('UPDATING');
      await subject().finishDeployments();
      expect(await stateOf(seed.bare, OFFICE)).toBe('COMPLETED');
      expect(await workspaceState(seed.bare)).toBe('AVAILABLE');
    });
  });

  describe('deploys', () => {
    test.each([
      ['an AVAILABLE', plain, 'AVAILABLE'],
      ['a STOPPED', seed.stopped, 'STOPPED'],
    ])('a removal to its end on %s WorkSpace, which is UPDATING meanwhile', async (_, workspaceID, state) => {
      await fleet().disassociateWorkspaceApplication(workspaceID, VISIO);
      const answer = await fleet().deployWorkspaceApplications(workspaceID, { force: false });
      expect(answer).toMatchObject([{ workspaceID, applicationID: VISIO }]);
      expect(await stateOf(workspaceID, VISIO)).toBeOneOf(['PENDING_UNINSTALL', 'UNINSTALLING']);
      expect(await workspaceState(workspaceID)).toBe('UPDATING');
      await subject().finishDeployments();
      expect(await stateOf(workspaceID, VISIO)).toBeOneOf(['REMOVED', undefined]);
      expect(await workspaceState(workspaceID)).toBe(state);
    });

    test('every pending change of the WorkSpace, whoever made it, and nothing else', async () => {
      const { pendingInstall } = seed;
      await fleet().disassociateWorkspaceApplication(pendingInstall, VISIO);
      await fleet().disassociateWorkspaceApplication(plain, VISIO);
      const answer = await fleet().deployWorkspaceApplications(pendingInstall, { force: false });
      expect(byId(answer).map(({ applicationID }) => applicationID)).toEqual([VISIO, OFFICE]);
      await subject().finishDeployments();
      expect(await stateOf(pendingInstall, OFFICE)).toBe('COMPLETED');
      expect(await stateOf(pendingInstall, VISIO)).toBeOneOf(['REMOVED', undefined]);
      expect(await stateOf(plain, VISIO)).toBe('PENDING_UNINSTALL_DEPLOYMENT');
      expect(await stateOf(plain, OFFICE)).toBe('COMPLETED');
    });

    test('what failed only by force', async () => {
      const { failed } = seed;
      await fleet().disassociateWorkspaceApplication(failed, VISIO);
      await fleet().deployWorkspaceApplications(failed, { force: false });
      await subject().finishDeployments();
      expect(await stateOf(failed, OFFICE)).toBe('ERROR');
      await fleet().deployWorkspaceApplications(failed, { force: true });
      await subject().finishDeployments();
      expect(await stateOf(failed, OFFICE)).toBeOneOf(['REMOVED', undefined]);
    });

    test.each<[string, string, FleetErrorKind]>([
      ['is REBOOTING', seed.rebooting, 'ResourceInUse'],
      ['is SUSPENDED', seed.suspended, 'OperationNotSupported'],
    ])('nothing to a WorkSpace that %s', async (_, workspaceID, kind) => {
      await fleet().disassociateWorkspaceApplication(workspaceID, VISIO);
      expect(await kindOf(fleet().deployWorkspaceApplications(workspaceID, { force: false }))).toBe(kind);
      expect(await stateOf(workspaceID, VISIO)).toBe('PENDING_UNINSTALL_DEPLOYMENT');
    });

    test('nothing to a WorkSpace on which a deployment is under way', async () => {
      await fleet().disassociateWorkspaceApplication(plain, VISIO);
      await fleet().deployWorkspaceApplications(plain, { force: false });
      expect(await kindOf(fleet().deployWorkspaceApplications(plain, { force: true }))).toBe('ResourceInUse');
    });

    test('nothing where nothing is pending', async () => {
      expect(await kindOf(fleet().deployWorkspaceApplications(plain, { force: false }))).toBe('InvalidParameterValues');
      expect(await workspaceState(plain)).toBe('AVAILABLE');
    });
  });

  test('tells of a disassociation whose answer was lost when it is read', async () => {
    subject().loseNextAnswer('disassociateWorkspaceApplication');
    expect(await kindOf(fleet().disassociateWorkspaceApplication(plain, VISIO))).toBe('Unavailable');
    expect(await stateOf(plain, VISIO)).toBe('PENDING_UNINSTALL_DEPLOYMENT');
  });

  test('tells of an association whose answer was lost when it is read', async () => {
    subject().loseNextAnswer('associateWorkspaceApplication');
    expect(await kindOf(fleet().associateWorkspaceApplication(seed.bare, OFFICE))).toBe('Unavailable');
    expect(await stateOf(seed.bare, OFFICE)).toBe('PENDING_INSTALL_DEPLOYMENT');
  });

  test('tells of a deployment whose answer was lost when it is read', async () => {
    await fleet().disassociateWorkspaceApplication(plain, VISIO);
    subject().loseNextAnswer('deployWorkspaceApplications');
    expect(await kindOf(fleet().deployWorkspaceApplications(plain, { force: false }))).toBe('Unavailable');
    expect(await workspaceState(plain)).toBe('UPDATING');
  });
}
