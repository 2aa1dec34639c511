import { describe, expect, test } from 'vitest';
import type { Association } from '../src/fleet/model.ts';
import { APPLICATIONS, association, OFFICE, policy, VISIO, workspace, ws } from './builders.ts';
import { condition, FakeOperator, fakeFleet } from './fakeOperator.ts';
import type { FakeFleet } from './fakes/fleet.ts';
import { MINUTE } from './fixtures.ts';

const OFFICE_NAME = 'Microsoft Office LTSC Professional Plus 2021';

/** Returns a fleet of three WorkSpaces. */
function fleetOf(associations: readonly Association[] = [], applications = APPLICATIONS): FakeFleet {
  return fakeFleet(3, associations, { applications });
}

const requires = (name = 'office', spec: Parameters<typeof policy>[1] = {}) =>
  policy(name, { applications: { required: [{ name: OFFICE_NAME }] }, ...spec });
const statesOf = (fleet: FakeFleet, applicationID: string) =>
  fleet.workspaces.map(({ workspaceID }) => fleet.stateOf(workspaceID, applicationID));

describe('a required application', () => {
  test('is associated, deployed, and polled until it is installed', async () => {
    const fleet = fleetOf([association(ws(1), OFFICE)]);
    const operator = new FakeOperator(fleet, requires());
    const { status, events } = await operator.run();
    expect(fleet.changes()).toEqual([
      `associate ${ws(2)} ${OFFICE}`,
      `deploy ${ws(2)}`,
      `associate ${ws(3)} ${OFFICE}`,
      `deploy ${ws(3)}`,
    ]);
    expect(status.compliance).toMatchObject({ selected: 3, compliant: 1, inProgress: 2 });
    expect(status.applications).toMatchObject([{ applicationID: OFFICE, verdict: 'Required', installing: 2 }]);
    expect(status.history).toMatchObject([{ associated: 2, disassociated: 0, deployed: 2 }]);
    expect(events.map(({ reason, message }) => `${reason}: ${message}`)).toEqual([
      expect.stringMatching(/^Associated: Associated Microsoft Office.* with ws-0+2 \(.*\), ws-0+3/),
      expect.stringMatching(/^Deploying: Deploying the installation of Microsoft Office.* on /),
    ]);
    await operator.pass(20 * MINUTE);
    expect(statesOf(fleet, OFFICE)).toEqual(['COMPLETED', 'COMPLETED', 'COMPLETED']);
    expect(condition((await operator.run()).status, 'Compliant')).toMatchObject({ status: 'True' });
    expect(fleet.mutations).toHaveLength(4);
  });

  test('that is installed causes no change', async () => {
    const fleet = fleetOf([1, 2, 3].map((n) => association(ws(n), OFFICE)));
    const { status } = await new FakeOperator(fleet, requires()).run();
    expect(fleet.mutations).toEqual([]);
    expect(status.plan).toEqual({ disassociate: 0, associate: 0, deploy: 0, held: 0 });
    expect(status.summary?.[1]).toMatch(/COMPLETED +keep$/);
  });

  test('records one Event when it is installed', async () => {
    const fleet = fleetOf([1, 2].map((n) => association(ws(n), OFFICE)));
    const operator = new FakeOperator(fleet, requires());
    await operator.run();
    fleet.finishDeployments();
    await operator.clock.advance(11 * MINUTE);
    const { events } = await operator.run();
    expect(events).toEqual([
      { type: 'Normal', reason: 'Installed', message: expect.stringContaining(`${OFFICE_NAME} on ${ws(3)}`) },
    ]);
    await operator.clock.advance(11 * MINUTE);
    expect((await operator.run()).events).toEqual([]);
  });

  test('is associated again if a user marked it for removal', async () => {
    const marked = association(ws(1), OFFICE, { state: 'PENDING_UNINSTALL_DEPLOYMENT' });
    const fleet = fleetOf([marked, association(ws(2), OFFICE), association(ws(3), OFFICE)]);
    const operator = new FakeOperator(fleet, requires());
    await operator.pass(20 * MINUTE);
    expect(statesOf(fleet, OFFICE)).toEqual(['COMPLETED', 'COMPLETED', 'COMPLETED']);
    expect(fleet.changes()[0]).toBe(`associate ${ws(1)} ${OFFICE}`);
  });

  test('replaces a denied application in one deployment', async () => {
    const fleet = fleetOf([1, 2, 3].map((n) => association(ws(n), VISIO)));
    const both = policy('both', { applications: { required: [{ id: OFFICE }], denied: [{ id: VISIO }] } });
    const operator = new FakeOperator(fleet, both);
    const { events } = await operator.run();
    expect(fleet.changes().slice(0, 3)).toEqual([
      `disassociate ${ws(1)} ${VISIO}`,
      `associate ${ws(1)} ${OFFICE}`,
      `deploy ${ws(1)}`,
    ]);
    expect(events.at(-1)?.message).toMatch(
      /^Deploying the removal of .*Visio.* and the installation of .*Office.* on ws-0+1 /,
    );
    await operator.pass(20 * MINUTE);
    expect(statesOf(fleet, OFFICE)).toEqual(['COMPLETED', 'COMPLETED', 'COMPLETED']);
    expect(fleet.mutations).toHaveLength(9);
  });

  test('of two policies is deployed once', async () => {
    const fleet = fleetOf([1, 2, 3].map((n) => association(ws(n), VISIO)));
    const operator = new FakeOperator(fleet, requires('a'), policy('b'));
    await operator.pass(30 * MINUTE);
    expect(statesOf(fleet, OFFICE)).toEqual(['COMPLETED', 'COMPLETED', 'COMPLETED']);
    expect(statesOf(fleet, VISIO)).toEqual(['REMOVED', 'REMOVED', 'REMOVED']);
  });

  test('is only reported by an Audit policy', async () => {
    const fleet = fleetOf();
    const { status } = await new FakeOperator(fleet, requires('audit', { enforcement: 'Audit' })).run();
    expect(fleet.mutations).toEqual([]);
    expect(status.compliance).toMatchObject({ drifted: 3 });
    expect(status.summary?.[1]).toMatch(/ - +associate \(Audit\)$/);
    expect(status.associations?.[0]).toMatchObject({ verdict: 'Required', action: 'Associate', holdReason: 'Audit' });
    expect(status.associations?.[0]).not.toHaveProperty('state');
  });

  test('waits for an unmanaged pending change', async () => {
    const fleet = fleetOf([association(ws(1), VISIO, { state: 'PENDING_UNINSTALL_DEPLOYMENT' })]);
    const { status } = await new FakeOperator(fleet, requires()).run();
    expect(fleet.changes().filter((change) => change.includes(ws(1)))).toEqual([]);
    expect(status.associations?.[0]).toMatchObject({ workspaceID: ws(1), holdReason: 'UnmanagedChangesPending' });
  });

  test('does not count toward maxAffectedWorkspaces', async () => {
    const fleet = fleetOf();
    await new FakeOperator(fleet, requires('office', { safeguards: { maxAffectedWorkspaces: 1 } })).run();
    expect(fleet.changes()).toHaveLength(6);
  });

  test('that AWS no longer offers is held', async () => {
    const gone = APPLICATIONS.map((one) =>
      one.applicationID === OFFICE ? { ...one, state: 'UNINSTALL_ONLY' as const } : one,
    );
    const fleet = fleetOf([], gone);
    const { status } = await new FakeOperator(fleet, requires()).run();
    expect(fleet.mutations).toEqual([]);
    expect(status.associations?.[0]).toMatchObject({ holdReason: 'UninstallOnly' });
    expect(status.associations?.[0]?.message).toContain('spec.applications.required');
  });

  const incompatible = async () => {
    const fleet = fleetOf([2, 3].map((n) => association(ws(n), OFFICE)));
    const associate = fleet.associateWorkspaceApplication.bind(fleet);
    fleet.associateWorkspaceApplication = (...args) => {
      fleet.failNext('associateWorkspaceApplication', 'Incompatible');
      return associate(...args);
    };
    const operator = new FakeOperator(fleet, requires());
    const { status } = await operator.run();
    expect(status.associations?.[0]).toMatchObject({ holdReason: 'Incompatible' });
    expect(status.compliance).toMatchObject({ held: 0, failed: 1 });
    return { fleet, operator, attempts: () => fleet.callCount('associateWorkspaceApplication') };
  };

  test('that is incompatible counts as failed and is retried once a day', async () => {
    const { operator, attempts } = await incompatible();
    const before = attempts();
    await operator.pass(23 * 60 * MINUTE);
    expect(attempts()).toBe(before);
    await operator.pass(2 * 60 * MINUTE);
    expect(attempts()).toBe(before + 1);
  });

  test.each<[string, (fleet: FakeFleet) => void]>([
    ['the bundle of the WorkSpace', (fleet) => fleet.putWorkspace(workspace(ws(1), { bundleID: 'wsb-000000002' }))],
    ['the state of the WorkSpace', (fleet) => fleet.putWorkspace(workspace(ws(1), { state: 'STOPPED' }))],
  ])('that is incompatible is retried as soon as a read shows another value: %s', async (_, change) => {
    const { fleet, operator, attempts } = await incompatible();
    const before = attempts();
    change(fleet);
    await operator.pass(25 * MINUTE);
    expect(attempts()).toBe(before + 1);
  });

  test('that is incompatible with another application is retried when that one is removed', async () => {
    const fleet = fleetOf([association(ws(1), VISIO), ...[2, 3].map((n) => association(ws(n), OFFICE))]);
    const associate = fleet.associateWorkspaceApplication.bind(fleet);
    fleet.associateWorkspaceApplication = (...args) => {
      if (fleet.stateOf(ws(1), VISIO) !== 'REMOVED') {
        fleet.failNext('associateWorkspaceApplication', 'Incompatible');
      }
      return associate(...args);
    };
    const replacing = policy('p', { applications: { required: [{ id: OFFICE }], denied: [{ id: VISIO }] } });
    const operator = new FakeOperator(fleet, replacing);
    await operator.pass(30 * MINUTE);
    expect(fleet.stateOf(ws(1), OFFICE)).toBe('COMPLETED');
  });

  test('whose installation failed is retried with force, even after a restart', async () => {
    const fleet = fleetOf([2, 3].map((n) => association(ws(n), OFFICE)));
    fleet.failDeployments(ws(1), OFFICE, { errorCode: 'DeploymentError.InternalServerError' });
    const operator = new FakeOperator(fleet, requires());
    await operator.pass(4 * MINUTE);
    operator.restart();
    await operator.pass(10 * MINUTE);
    const forced = fleet.mutations.filter(({ force }) => force === true);
    expect(forced.length).toBeGreaterThan(1);
    expect(fleet.mutations.filter(({ method }) => method === 'associateWorkspaceApplication')).toHaveLength(1);
  });

  test('is not associated twice after a lost response', async () => {
    const fleet = fleetOf([2, 3].map((n) => association(ws(n), OFFICE)));
    fleet.failNext('associateWorkspaceApplication', 'Unavailable', { carriedOut: true });
    const operator = new FakeOperator(fleet, requires());
    await operator.pass(20 * MINUTE);
    expect(fleet.changes()).toEqual([`associate ${ws(1)} ${OFFICE}`, `deploy ${ws(1)}`]);
  });
});

describe('an entry of required', () => {
  test('that matches several applications makes the policy Stalled', async () => {
    const fleet = fleetOf([association(ws(1), VISIO)]);
    const ambiguous = policy('many', {
      applications: { required: [{ name: 'Microsoft *21' }], denied: [{ id: VISIO }] },
    });
    const { status } = await new FakeOperator(fleet, ambiguous).run();
    expect(fleet.mutations).toEqual([]);
    expect(condition(status, 'Stalled')).toMatchObject({ status: 'True', reason: 'AmbiguousApplication' });
    expect(condition(status, 'Ready')?.message).toMatch(/several match required "Microsoft \*21" \(wsa-.*\)/);
    expect(condition(status, 'ApplicationsResolved')).toMatchObject({ status: 'False' });
  });

  test('protects all matching applications while it is ambiguous', async () => {
    const fleet = fleetOf([association(ws(1), VISIO), association(ws(1), OFFICE)]);
    const ambiguous = policy('many', { applications: { required: [{ name: 'Microsoft *21' }] } });
    const allowList = policy('list', { applications: { unlisted: 'Disassociate' } });
    const operator = new FakeOperator(fleet, allowList, ambiguous);
    await operator.pass(20 * MINUTE);
    expect(fleet.mutations).toEqual([]);
  });

  test('that matches no application does not affect the entries of other products', async () => {
    const fleet = fleetOf([association(ws(1), VISIO)]);
    const typo = policy('typo', {
      applications: {
        required: [{ name: 'Microsoft Office Profesional' }],
        denied: [{ id: VISIO }, { name: 'Visoi*', owner: 'AMAZON' }],
      },
    });
    const { status } = await new FakeOperator(fleet, typo).run();
    expect(fleet.changes()).toHaveLength(2);
    expect(condition(status, 'Ready')).toMatchObject({ status: 'True' });
    expect(condition(status, 'ApplicationsResolved')).toMatchObject({
      status: 'False',
      reason: 'ApplicationNotFound',
      message: expect.stringContaining('required "Microsoft Office Profesional"; denied "Visoi*" of AMAZON'),
    });
  });

  test('that matches no application, and whose product is unknown, keeps the applications that it may replace', async () => {
    const fleet = fleetOf([association(ws(1), VISIO)]);
    const typo = policy('typo', {
      applications: { required: [{ name: 'Microsoft Viso 2024' }], denied: [{ id: VISIO }] },
    });
    const { status } = await new FakeOperator(fleet, typo).run();
    expect(fleet.changes()).toEqual([]);
    expect(status.associations).toEqual([
      expect.objectContaining({
        holdReason: 'ReplacementPending',
        message: expect.stringContaining('no application matches required "Microsoft Viso 2024"'),
      }),
    ]);
  });

  test('is listed with its application ID, even without an association', async () => {
    const { status } = await new FakeOperator(
      fleetOf(),
      policy('p', { applications: { denied: [{ name: '*Visio*' }] } }),
    ).run();
    expect(status.applications).toEqual([
      expect.objectContaining({ applicationID: VISIO, verdict: 'Denied', associated: 0, removing: 0, installing: 0 }),
    ]);
    expect(condition(status, 'ApplicationsResolved')).toMatchObject({ status: 'True' });
  });
});
