import { describe, expect, test } from 'vitest';
import type { FleetErrorKind } from '../../src/fleet/errors.ts';
import type { Fleet } from '../../src/fleet/ports.ts';
import * as seed from './seed.ts';
import { byId, type FleetUnderTest, kindOf, outcome } from './subject.ts';

const { VISIO, OFFICE, plain } = seed;

/** Contract of every FleetWriter, observed through its FleetReader. */
export function describeChanges(subject: () => FleetUnderTest): void {
  const fleet = () => subject().fleet;
  const stateOf = async (workspaceID: string, applicationID: string) =>
    (await fleet().describeWorkspaceAssociations(workspaceID)).find(
      (association) => association.applicationID === applicationID,
    )?.state;
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
  ])('rejects %s with ResourceNotFound', async (_, call) => {
    expect(await kindOf(call(fleet()))).toBe('ResourceNotFound');
  });

  describe('disassociating', () => {
    test('marks only that association', async () => {
      const answer = await fleet().disassociateWorkspaceApplication(plain, VISIO);
      const marked = { workspaceID: plain, applicationID: VISIO, state: 'PENDING_UNINSTALL_DEPLOYMENT' };
      expect(answer).toMatchObject(marked);
      const others = seed.associations.filter((one) => one.applicationID === VISIO && one.workspaceID !== plain);
      const listed = byId([...(await fleet().describeApplicationAssociations(VISIO))]).map(outcome);
      expect(listed).toEqual(byId([marked, ...others]).map(outcome));
      expect(await stateOf(plain, OFFICE)).toBe('COMPLETED');
      expect(await workspaceState(plain)).toBe('AVAILABLE');
    });

    test('cancels a pending installation', async () => {
      await fleet().disassociateWorkspaceApplication(seed.pendingInstall, OFFICE);
      expect(await stateOf(seed.pendingInstall, OFFICE)).toBeOneOf(['REMOVED', undefined]);
    });

    test('works for a failed association', async () => {
      await fleet().disassociateWorkspaceApplication(seed.failed, OFFICE);
      expect(await stateOf(seed.failed, OFFICE)).toBe('PENDING_UNINSTALL_DEPLOYMENT');
    });

    test('works on a WorkSpace that can’t be deployed to', async () => {
      await fleet().disassociateWorkspaceApplication(seed.rebooting, VISIO);
      expect(await stateOf(seed.rebooting, VISIO)).toBe('PENDING_UNINSTALL_DEPLOYMENT');
    });

    test('fails with ResourceInUse the second time and changes nothing', async () => {
      await fleet().disassociateWorkspaceApplication(plain, VISIO);
      expect(await kindOf(fleet().disassociateWorkspaceApplication(plain, VISIO))).toBe('ResourceInUse');
      expect(await stateOf(plain, VISIO)).toBe('PENDING_UNINSTALL_DEPLOYMENT');
    });

    test('fails during an installation', async () => {
      const { installing } = seed;
      expect(await kindOf(fleet().disassociateWorkspaceApplication(installing, OFFICE))).toBe('ResourceInUse');
      expect(await stateOf(installing, OFFICE)).toBe('INSTALLING');
    });
  });

  describe('associating', () => {
    test.each([
      ['an unassociated application', seed.bare],
      ['a REMOVED application', seed.removed],
      ['a failed application', seed.failed],
    ])('marks %s for installation', async (_, workspaceID) => {
      const answer = await fleet().associateWorkspaceApplication(workspaceID, OFFICE);
      expect(answer).toMatchObject({ workspaceID, applicationID: OFFICE, state: 'PENDING_INSTALL_DEPLOYMENT' });
      expect(await stateOf(workspaceID, OFFICE)).toBe('PENDING_INSTALL_DEPLOYMENT');
    });

    test('undoes a pending removal', async () => {
      await fleet().disassociateWorkspaceApplication(plain, VISIO);
      await fleet().associateWorkspaceApplication(plain, VISIO);
      expect(await stateOf(plain, VISIO)).toBe('COMPLETED');
    });

    test.each<[string, string, FleetErrorKind]>([
      ['is installed', plain, 'ResourceAlreadyExists'],
      ['is already marked for installation', seed.pendingInstall, 'ResourceAlreadyExists'],
      ['is being installed', seed.installing, 'ResourceInUse'],
    ])('fails for an application that %s', async (_, workspaceID, kind) => {
      const before = await stateOf(workspaceID, OFFICE);
      expect(await kindOf(fleet().associateWorkspaceApplication(workspaceID, OFFICE))).toBe(kind);
      expect(await stateOf(workspaceID, OFFICE)).toBe(before);
    });

    test('fails for an application that AWS no longer offers', async () => {
      expect(await kindOf(fleet().associateWorkspaceApplication(plain, seed.OVER))).toBe('Incompatible');
    });

    test('leads to an installation after a deployment', async () => {
      await fleet().associateWorkspaceApplication(seed.bare, OFFICE);
      await fleet().deployWorkspaceApplications(seed.bare, { force: false });
      expect(await workspaceState(seed.bare)).toBe('UPDATING');
      await subject().finishDeployments();
      expect(await stateOf(seed.bare, OFFICE)).toBe('COMPLETED');
      expect(await workspaceState(seed.bare)).toBe('AVAILABLE');
    });
  });

  describe('deploying', () => {
    test.each([
      ['an AVAILABLE', plain, 'AVAILABLE'],
      ['a STOPPED', seed.stopped, 'STOPPED'],
    ])('removes an application from %s WorkSpace, which is UPDATING in the meantime', async (_, workspaceID, state) => {
      await fleet().disassociateWorkspaceApplication(workspaceID, VISIO);
      const answer = await fleet().deployWorkspaceApplications(workspaceID, { force: false });
      expect(answer).toMatchObject([{ workspaceID, applicationID: VISIO }]);
      expect(await stateOf(workspaceID, VISIO)).toBeOneOf(['PENDING_UNINSTALL', 'UNINSTALLING']);
      expect(await workspaceState(workspaceID)).toBe('UPDATING');
      await subject().finishDeployments();
      expect(await stateOf(workspaceID, VISIO)).toBeOneOf(['REMOVED', undefined]);
      expect(await workspaceState(workspaceID)).toBe(state);
    });

    test('applies all pending changes of the WorkSpace and nothing else', async () => {
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

    test('repeats failed changes only with force', async () => {
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
    ])('fails for a WorkSpace that %s', async (_, workspaceID, kind) => {
      await fleet().disassociateWorkspaceApplication(workspaceID, VISIO);
      expect(await kindOf(fleet().deployWorkspaceApplications(workspaceID, { force: false }))).toBe(kind);
      expect(await stateOf(workspaceID, VISIO)).toBe('PENDING_UNINSTALL_DEPLOYMENT');
    });

    test('fails during another deployment', async () => {
      await fleet().disassociateWorkspaceApplication(plain, VISIO);
      await fleet().deployWorkspaceApplications(plain, { force: false });
      expect(await kindOf(fleet().deployWorkspaceApplications(plain, { force: true }))).toBe('ResourceInUse');
    });

    test('fails without pending changes', async () => {
      expect(await kindOf(fleet().deployWorkspaceApplications(plain, { force: false }))).toBe('InvalidParameterValues');
      expect(await workspaceState(plain)).toBe('AVAILABLE');
    });
  });

  test('shows a disassociation whose response was lost in the next read', async () => {
    subject().loseNextResponse('disassociateWorkspaceApplication');
    expect(await kindOf(fleet().disassociateWorkspaceApplication(plain, VISIO))).toBe('Unavailable');
    expect(await stateOf(plain, VISIO)).toBe('PENDING_UNINSTALL_DEPLOYMENT');
  });

  test('shows an association whose response was lost in the next read', async () => {
    subject().loseNextResponse('associateWorkspaceApplication');
    expect(await kindOf(fleet().associateWorkspaceApplication(seed.bare, OFFICE))).toBe('Unavailable');
    expect(await stateOf(seed.bare, OFFICE)).toBe('PENDING_INSTALL_DEPLOYMENT');
  });

  test('shows a deployment whose response was lost in the next read', async () => {
    await fleet().disassociateWorkspaceApplication(plain, VISIO);
    subject().loseNextResponse('deployWorkspaceApplications');
    expect(await kindOf(fleet().deployWorkspaceApplications(plain, { force: false }))).toBe('Unavailable');
    expect(await workspaceState(plain)).toBe('UPDATING');
  });
}
