import { describe, expect, test } from 'vitest';
import { AWS_APPLICATIONS } from '../../src/simulator/catalog.ts';
import type { SeedDocument, WorkspaceDocument } from '../../src/simulator/seedDocument.ts';
import { ALICE, rejectionOf, simulate, workspace } from './fixtures.ts';

/** Returns the ID of an application of AWS. */
function id(name: string): string {
  const found = AWS_APPLICATIONS.find((application) => application.name === `Microsoft ${name}`);
  if (found === undefined) {
    throw new Error(`AWS has no application ${name}`);
  }
  return found.applicationID;
}

const OFFICE_2024 = id('Office LTSC Professional Plus 2024');
const OFFICE_2021 = id('Office LTSC Professional Plus 2021');
const OFFICE_2019 = id('Office Professional Plus 2019');
const OFFICE_STANDARD_2021 = id('Office LTSC Standard 2021');
const VISIO_2021 = id('Visio LTSC Professional 2021');
const VISIO_STANDARD_2021 = id('Visio LTSC Standard 2021');
const PROJECT_2021 = id('Project Professional 2021');
const STUDIO = id('Visual Studio Professional 2022');

/** Returns a fleet with all applications of AWS, in which the WorkSpace of Alice has some. */
function simulateAlice(
  applications: readonly string[],
  more: Partial<WorkspaceDocument> = {},
  undocumented: SeedDocument['undocumented'] = {},
) {
  const workspaces = [workspace(ALICE, { applications, ...more })];
  return simulate({ applications: AWS_APPLICATIONS, workspaces, undocumented });
}

describe('the applications of AWS', () => {
  const states = [
    [OFFICE_2024, 'AVAILABLE'],
    [OFFICE_2019, 'UNINSTALL_ONLY'],
    [id('Office Professional Plus 2016'), 'UNINSTALL_ONLY'],
  ] as const;
  test.each(states)('include %s, which is %s', (applicationID, state) => {
    const { call } = simulateAlice([]);
    expect(call('DescribeApplications', { ApplicationIds: [applicationID] })).toMatchObject({
      Applications: [{ State: state, Owner: 'AMAZON' }],
    });
  });

  test('have the compute types and operating systems of the AWS documentation', () => {
    const { call } = simulateAlice([]);
    const supports = (applicationID: string, filter: object) =>
      (call('DescribeApplications', { ApplicationIds: [applicationID], ...filter }).Applications as object[]).length >
      0;
    const compute = (name: string) => ({ ComputeTypeNames: [name] });
    const system = (name: string) => ({ OperatingSystemNames: [name] });
    expect(
      ['VALUE', 'STANDARD', 'GRAPHICS', 'GRAPHICSPRO', 'POWER'].map((name) => supports(OFFICE_2021, compute(name))),
    ).toEqual([false, true, false, false, true]);
    expect(['STANDARD', 'PERFORMANCE', 'GRAPHICS_G4DN'].map((name) => supports(STUDIO, compute(name)))).toEqual([
      false,
      true,
      true,
    ]);
    const systems = ['WINDOWS_SERVER_2016', 'WINDOWS_SERVER_2019', 'WINDOWS_SERVER_2022', 'WINDOWS_10'];
    expect(systems.map((name) => supports(OFFICE_2021, system(name)))).toEqual([false, true, true, true]);
    expect(systems.map((name) => supports(STUDIO, system(name)))).toEqual([false, false, true, true]);
  });

  test('have no influence on an application of the account', () => {
    const own = { applicationID: 'wsa-ownoffice', name: 'Microsoft Office 2016', owner: '123456789012' };
    const { associate, stateOf } = simulate({
      applications: [own],
      workspaces: [workspace(ALICE, { computeTypeName: 'VALUE' })],
    });
    associate(ALICE, own.applicationID);
    expect(stateOf(ALICE, own.applicationID)).toBe('PENDING_INSTALL_DEPLOYMENT');
  });
});

describe('AWS rejects the association of', () => {
  const rejected: [string, string, readonly string[], Partial<WorkspaceDocument>, string][] = [
    ['an application that can only be uninstalled', OFFICE_2019, [], {}, 'ApplicationNotSupportedException'],
    ['Office on a Value WorkSpace', OFFICE_2024, [], { computeTypeName: 'VALUE' }, 'ComputeNotCompatibleException'],
    ['Visual Studio on a Standard WorkSpace', STUDIO, [], {}, 'ComputeNotCompatibleException'],
    [
      'Office on Windows Server 2016',
      OFFICE_2021,
      [],
      { operatingSystemName: 'WINDOWS_SERVER_2016' },
      'OperatingSystemNotCompatibleException',
    ],
    ['another version of Office', OFFICE_2024, [OFFICE_2021], {}, 'IncompatibleApplicationsException'],
    ['another version beside Project', OFFICE_2024, [PROJECT_2021], {}, 'IncompatibleApplicationsException'],
    ['another edition of Office', OFFICE_STANDARD_2021, [OFFICE_2021], {}, 'IncompatibleApplicationsException'],
    ['another edition beside Visio', OFFICE_2021, [VISIO_STANDARD_2021], {}, 'IncompatibleApplicationsException'],
  ];
  test.each(rejected)('%s', (_, applicationID, applications, more, type) => {
    const { associate, stateOf } = simulateAlice(applications, more);
    expect(rejectionOf(() => associate(ALICE, applicationID))).toMatch(new RegExp(`^${type}: `));
    expect(stateOf(ALICE, applicationID)).toBeUndefined();
  });

  test('nothing of the same edition and version, and nothing of another family', () => {
    const { associate } = simulateAlice([OFFICE_2021], { computeTypeName: 'PERFORMANCE' });
    for (const applicationID of [VISIO_2021, PROJECT_2021, STUDIO]) {
      associate(ALICE, applicationID);
    }
  });

  test('an application beside an incompatible one in ERROR', () => {
    const applications = [{ applicationID: OFFICE_2021, state: 'ERROR' } as const];
    const { associate } = simulate({
      applications: AWS_APPLICATIONS,
      workspaces: [workspace(ALICE, { applications })],
    });
    expect(rejectionOf(() => associate(ALICE, OFFICE_2024))).toMatch(/^IncompatibleApplicationsException: /);
  });
});

describe('a swap', () => {
  test('is accepted after the disassociation and takes one deployment', async () => {
    const { clock, associate, disassociate, deploy, stateOf } = simulateAlice([OFFICE_2021]);
    disassociate(ALICE, OFFICE_2021);
    associate(ALICE, OFFICE_2024);
    deploy(ALICE);
    await clock.advance(21_000);
    expect([stateOf(ALICE, OFFICE_2021), stateOf(ALICE, OFFICE_2024)]).toEqual(['REMOVED', 'COMPLETED']);
  });

  test('can’t be deployed after its disassociation is undone', () => {
    const { associate, disassociate, deploy, stateOf } = simulateAlice([OFFICE_2021]);
    disassociate(ALICE, OFFICE_2021);
    associate(ALICE, OFFICE_2024);
    associate(ALICE, OFFICE_2021);
    expect(rejectionOf(() => deploy(ALICE))).toMatch(/^IncompatibleApplicationsException: /);
    expect([stateOf(ALICE, OFFICE_2021), stateOf(ALICE, OFFICE_2024)]).toEqual([
      'COMPLETED',
      'PENDING_INSTALL_DEPLOYMENT',
    ]);
  });

  test('with incompatibleUntil Removed is accepted only after the removal', async () => {
    const { clock, associate, disassociate, deploy } = simulateAlice(
      [OFFICE_2021],
      {},
      { incompatibleUntil: 'Removed' },
    );
    disassociate(ALICE, OFFICE_2021);
    expect(rejectionOf(() => associate(ALICE, OFFICE_2024))).toMatch(/^IncompatibleApplicationsException: /);
    deploy(ALICE);
    await clock.advance(11_000);
    associate(ALICE, OFFICE_2024);
  });

  test('with incompatibleUntil Deployed fails only at the deployment', () => {
    const { associate, deploy } = simulateAlice([OFFICE_2021], {}, { incompatibleUntil: 'Deployed' });
    associate(ALICE, OFFICE_2024);
    expect(rejectionOf(() => deploy(ALICE))).toMatch(/^IncompatibleApplicationsException: /);
  });

  test('with swapOrder InstallFirst removes the old version, and installs the new one only when forced', async () => {
    const { clock, associate, disassociate, deploy, stateOf } = simulateAlice(
      [OFFICE_2021],
      {},
      { swapOrder: 'InstallFirst' },
    );
    disassociate(ALICE, OFFICE_2021);
    associate(ALICE, OFFICE_2024);
    deploy(ALICE);
    await clock.advance(21_000);
    expect([stateOf(ALICE, OFFICE_2021), stateOf(ALICE, OFFICE_2024)]).toEqual([
      'REMOVED',
      'ERROR: ValidationError.ApplicationOldVersionExists',
    ]);
    deploy(ALICE, true);
    await clock.advance(21_000);
    expect(stateOf(ALICE, OFFICE_2024)).toBe('COMPLETED');
  });

  test('whose removal fails leaves the old version, and the new one fails, too', async () => {
    const { clock, associate, disassociate, deploy, stateOf } = simulate(
      { applications: AWS_APPLICATIONS, workspaces: [workspace(ALICE, { applications: [OFFICE_2021] })] },
      (_, applicationID) =>
        applicationID === OFFICE_2021 ? { errorCode: 'DeploymentError.InternalServerError' } : undefined,
    );
    disassociate(ALICE, OFFICE_2021);
    associate(ALICE, OFFICE_2024);
    deploy(ALICE);
    await clock.advance(21_000);
    expect([stateOf(ALICE, OFFICE_2021), stateOf(ALICE, OFFICE_2024)]).toEqual([
      'ERROR: DeploymentError.InternalServerError',
      'ERROR: ValidationError.ApplicationOldVersionExists',
    ]);
  });
});

test('an installation without enough disk space ends in ERROR', async () => {
  const { clock, simulated, associate, deploy, stateOf } = simulateAlice([], { freeDiskSpaceGib: 24 });
  associate(ALICE, OFFICE_2024);
  deploy(ALICE);
  await clock.advance(21_000);
  expect(stateOf(ALICE, OFFICE_2024)).toBe('ERROR: ValidationError.InsufficientDiskSpace');
  simulated.setWorkspace(ALICE, { freeDiskSpaceGib: 25 });
  deploy(ALICE, true);
  await clock.advance(21_000);
  expect(stateOf(ALICE, OFFICE_2024)).toBe('COMPLETED');
});
