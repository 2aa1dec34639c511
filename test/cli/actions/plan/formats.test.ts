import { describe, expect, test } from 'vitest';
import { hasChanges, type PlanDocument, planDocument } from '../../../../src/cli/actions/plan/document.ts';
import { PLAN_FORMATS, type PlanFormat } from '../../../../src/cli/actions/plan/formats.ts';
import { OfflinePlanner } from '../../../../src/cli/actions/plan/offlinePlanner.ts';
import { systemClock } from '../../../../src/clock.ts';
import type { Workspace } from '../../../../src/fleet/model.ts';
import { Inventory } from '../../../../src/inventory/inventory.ts';
import { inventoryOf, parseInventory } from '../../../../src/inventory/inventoryFile.ts';
import { InventoryFileBundles } from '../../../../src/inventory/inventoryFileBundles.ts';
import { InventoryFileFleet } from '../../../../src/inventory/inventoryFileFleet.ts';
import type { PolicyObject } from '../../../../src/kube/resources.ts';
import { association, fleetObject, OFFICE, policyObject, snapshot, VISIO, workspace, ws } from '../../../builders.ts';

type Spec = Parameters<typeof policyObject>[1];
const connected = (id: string, connectionState: string): Partial<Workspace> => ({
  connection: { workspaceID: id, connectionState },
});

/** Returns the plan of policies for three WorkSpaces with Visio. The user of the third one is connected. */
async function planOf(
  specs: Record<string, Spec>,
  {
    fleets = [],
    userName = 'anna',
    tags,
    now,
  }: { fleets?: ReturnType<typeof fleetObject>[]; userName?: string; tags?: Workspace['tags']; now?: Date } = {},
): Promise<PlanDocument> {
  const workspaces = [1, 2, 3].map((n) =>
    workspace(ws(n), {
      userName,
      ...(n === 1 && { tags }),
      ...connected(ws(n), n === 3 ? 'CONNECTED' : 'DISCONNECTED'),
    }),
  );
  const fleet = snapshot(
    workspaces,
    workspaces.map(({ workspaceID }) => association(workspaceID, VISIO)),
  );
  const inventory = new Inventory(new InventoryFileFleet(parseInventory(inventoryOf(fleet, {}))), systemClock);
  const planner = new OfflinePlanner({
    policies: Object.entries(specs).map(([name, spec]) => policyObject(name, spec) as unknown as PolicyObject),
    fleets,
    namespaces: undefined,
    ...(now !== undefined && { clock: { ...systemClock, now: () => now } }),
    inventoryOf: async () => inventory,
  });
  return planDocument(await planner.preview(() => true));
}

function showAs(format: PlanFormat, document: PlanDocument): string {
  return PLAN_FORMATS[format](document, false);
}

test('a plan contains changes and holds, and a summary of both', async () => {
  const document = await planOf({ 'no-visio': {} });
  expect(document.policies[0]?.changes.map((one) => [one.workspaceID, one.action, one.holdReason])).toEqual([
    [ws(3), 'Disassociate', 'UserConnected'],
    [ws(1), 'Disassociate', undefined],
    [ws(2), 'Disassociate', undefined],
  ]);
  expect(document.summary).toEqual({
    disassociate: 3,
    associate: 0,
    deploy: 3,
    held: 1,
    replace: 0,
    sources: 0,
    failed: 0,
  });
  expect(hasChanges(document)).toBe(true);
  expect(PLAN_FORMATS.table(document, false)).toMatch(
    /\n\nPlan: 3 to disassociate, 0 to associate, 3 to deploy, 1 held\.\n$/,
  );
});

test.each([
  ['are too short', '1h', { maxDisassociationsPerHour: 1 }, true],
  ['suffice', '24h', { maxDisassociationsPerHour: 2 }, false],
  ['suffice without a limit of the fleet', '1h', {}, false],
])('shows whether the final days of the month %s', async (_, duration, limits, isLate) => {
  const document = await planOf(
    {
      p: {
        fleetRef: { name: 'emea' },
        rollout: { removeBefore: 'EndOfMonth', maintenanceWindows: [{ cron: '0 22 L * *', duration }] },
      },
    },
    { fleets: [fleetObject('emea', limits)], now: new Date('2026-11-02T12:00:00Z') },
  );
  const message =
    /the changes take about 2h at the allowed rate, but they are possible for only 1h from .* to .*; removals/;
  expect(message.test(document.policies[0]?.lateRemovals ?? '')).toBe(isLate);
  expect(message.test(showAs('table', document))).toBe(isLate);
});

test('names what AWS removes together with an application once for each change', async () => {
  const office = { applicationID: OFFICE, name: 'Microsoft Office Professional Plus 2016', owner: 'AMAZON' };
  const fleet = snapshot(
    [workspace(ws(1), connected(ws(1), 'DISCONNECTED')), workspace(ws(2), connected(ws(2), 'CONNECTED'))],
    [association(ws(1), OFFICE), association(ws(2), OFFICE)],
    [{ ...office, state: 'UNINSTALL_ONLY' }],
  );
  const inventory = new Inventory(new InventoryFileFleet(parseInventory(inventoryOf(fleet, {}))), systemClock);
  const spec = { applications: { denied: [{ id: OFFICE }] } };
  const planWith = async (allowUninstallOnly: boolean) => {
    const planner = new OfflinePlanner({
      policies: [
        policyObject('p', { ...spec, safeguards: { allowUninstallOnly, maxAffectedWorkspaces: '100%' } }),
      ] as unknown as PolicyObject[],
      fleets: [],
      namespaces: undefined,
      inventoryOf: async () => inventory,
    });
    return showAs('table', planDocument(await planner.preview(() => true)));
  };
  // The hold applies to both changes, so its message appears once.
  expect((await planWith(false)).match(/AWS also removes Trend Micro/g)).toHaveLength(1);
  expect((await planWith(true)).match(/AWS also removes Trend Micro/g)).toHaveLength(2);
});

describe('sources of drift', () => {
  const plan = async () => {
    const custom = 'wsb-custom001';
    const fleet = snapshot([workspace(ws(1), { bundleID: custom }), workspace(ws(2), { bundleID: custom })], []);
    const bundles = [{ bundleID: custom, imageID: undefined, applicationIDs: [VISIO, OFFICE] }];
    const file = parseInventory(inventoryOf(fleet, {}, bundles));
    const inventory = new Inventory(new InventoryFileFleet(file), systemClock);
    const planner = new OfflinePlanner({
      policies: ['a', 'b'].map((name) => policyObject(name) as unknown as PolicyObject),
      fleets: [],
      namespaces: undefined,
      inventoryOf: async () => inventory,
      bundlesIn: () => new InventoryFileBundles(file),
    });
    return planDocument(await planner.preview(() => true));
  };
  const MESSAGE =
    'bundle wsb-custom001 contains Microsoft Visio LTSC Professional 2021: 2 WorkSpaces get it back on a rebuild, and every new one gets it';

  test('are data of each policy, and counted once in the summary', async () => {
    const document = await plan();
    expect(document.policies.map(({ sources }) => sources)).toEqual(
      Array(2).fill([
        {
          bundleID: 'wsb-custom001',
          applicationID: VISIO,
          applicationName: 'Microsoft Visio LTSC Professional 2021',
          workspaces: 2,
          message: MESSAGE,
        },
      ]),
    );
    expect(document.summary.sources).toBe(1);
    expect(hasChanges(document)).toBe(false);
  });

  test.each(['table', 'markdown'] as const)('are lines in format %s', async (format) => {
    const shown = showAs(format, await plan());
    expect(shown).toContain(`DriftSource: ${MESSAGE}`);
    expect(shown).toContain('0 held. 1 source of drift.');
  });
});

test('shows protected WorkSpaces and connected users, also of an Audit policy', async () => {
  const document = await planOf(
    { 'no-visio': { enforcement: 'Audit' } },
    { tags: new Map([['wsap.dev/protect', '']]) },
  );
  expect(document.policies[0]?.changes.map((one) => [one.workspaceID, one.holdReason])).toEqual([
    [ws(1), 'Protected'],
    [ws(2), 'Audit'],
    [ws(3), 'UserConnected'],
  ]);
});

test('shows reverts, and pending changes that no policy requests', async () => {
  const pending = (n: number) => association(ws(n), VISIO, { state: 'PENDING_UNINSTALL_DEPLOYMENT' });
  const fleet = snapshot([workspace(ws(1)), workspace(ws(2))], [pending(1), pending(2)]);
  const inventory = new Inventory(new InventoryFileFleet(parseInventory(inventoryOf(fleet, {}))), systemClock);
  const one = policyObject('p', { applications: { allowed: [{ id: VISIO }] } });
  const started = [{ workspaceID: ws(1), applicationID: VISIO, action: 'Disassociate', time: '2026-11-01T00:00:00Z' }];
  const planner = new OfflinePlanner({
    policies: [{ ...one, status: { objectUID: one.metadata.uid, started } } as unknown as PolicyObject],
    fleets: [],
    namespaces: undefined,
    inventoryOf: async () => inventory,
  });
  const document = planDocument(await planner.preview(() => true));
  const table = showAs('table', document);
  expect(table).toMatch(new RegExp(`${ws(1)} .* associate \\(revert\\) +the operator disassociated`));
  expect(table).toMatch(new RegExp(`${ws(2)} .* deploy or revert it +a removal is pending`));
  expect(document.summary).toEqual({
    disassociate: 0,
    associate: 1,
    deploy: 0,
    held: 0,
    replace: 0,
    sources: 0,
    failed: 0,
  });
});

test.each(['table', 'markdown'] as const)(
  'shows why the policy asks for each change, and the shared hold message once, in format %s',
  async (format) => {
    const audited = showAs(format, await planOf({ 'no-visio': { enforcement: 'Audit' } }));
    expect(audited.match(/denied by id/g)).toHaveLength(3);
    expect(audited.match(/spec\.enforcement is Audit/g)).toHaveLength(1);
    expect(audited).toMatch(/^ *Audit: spec\.enforcement is Audit; to make changes, set it to Enforce/m);
  },
);

test('shows the message of a blocker once, below the table', async () => {
  const document = await planOf({ 'no-visio': { safeguards: { maxAffectedWorkspaces: 1 } } });
  expect(showAs('json', document).match(/the plan removes applications from 3 WorkSpaces/g)).toHaveLength(1);
  const shown = showAs('table', document);
  expect(shown).toMatch(/denied by id \S+\n {2}SafeguardExceeded: the plan removes applications from 3 WorkSpaces/);
  expect(shown.match(/the plan removes applications from 3 WorkSpaces/g)).toHaveLength(1);
  expect(shown.match(/disassociate: SafeguardExceeded +denied by id/g)).toHaveLength(3);
});

test.each(['table', 'markdown', 'json'] as const)(
  'names WorkSpaces that stay unchanged, in format %s',
  async (format) => {
    const selector = { all: true, exclude: { userNames: ['ceo'] } };
    const document = await planOf({ 'no-visio': { workspaceSelector: selector } }, { userName: '[UNDEFINED]' });
    expect(document.policies[0]?.changes).toEqual([]);
    const message = `3 WorkSpaces stay unchanged because AWS reports no user name: ${ws(1)}, ${ws(2)}, ${ws(3)}`;
    expect(showAs(format, document)).toContain(format === 'json' ? message : `Undecided: ${message}`);
  },
);

test('shows the end of each hold if the ends differ', async () => {
  const { policies, summary } = await planOf({ 'no-visio': {} });
  const until = ['2026-11-24T22:00:00Z', '2026-11-24T23:00:00Z', '2026-11-24T23:00:00Z'];
  const changes = policies.flatMap((one) =>
    one.changes.map((change, n) => ({
      ...change,
      holdReason: 'Flapping',
      message: 'it came back',
      until: until[n] ?? '',
    })),
  );
  const shown = showAs('table', { policies: policies.map((one) => ({ ...one, changes })), summary });
  expect(shown).toMatch(/denied by id \S+; it came back, until 2026-11-24 22:00 UTC$/m);
  expect(shown.match(/until 2026-11-24 23:00 UTC$/gm)).toHaveLength(2);
});

test('evaluates the policies of the same files together', async () => {
  const document = await planOf({ 'no-visio': {}, visio: { applications: { allowed: [{ id: VISIO }] } } });
  expect(document.policies.map(({ changes }) => changes.map(({ holdReason }) => holdReason))).toEqual([
    ['Conflict', 'Conflict', 'Conflict'],
    ['Conflict', 'Conflict', 'Conflict'],
  ]);
  expect(hasChanges(document)).toBe(false);
});

test('has no changes for an Audit policy or a compliant fleet', async () => {
  const audit = await planOf({ audit: { enforcement: 'Audit' } });
  expect(hasChanges(audit)).toBe(false);
  expect(audit.summary).toEqual({
    disassociate: 3,
    associate: 0,
    deploy: 3,
    held: 3,
    replace: 0,
    sources: 0,
    failed: 0,
  });
  expect(audit.policies[0]).toMatchObject({
    drifted: 3,
    holds: [
      { reason: 'Audit', changes: 2, message: 'spec.enforcement is Audit; to make changes, set it to Enforce' },
      { reason: 'UserConnected', changes: 1 },
    ],
  });
  const compliant = await planOf({ 'no-office': { applications: { denied: [{ id: OFFICE }] } } });
  expect(compliant.policies).toMatchObject([{ selected: 3, compliant: 3, changes: [] }]);
});

describe('limits of a fleet in the files', () => {
  test.each([
    ['a suspended fleet', { suspend: true }, ['FleetSuspended', 'FleetSuspended', 'FleetSuspended']],
    ['an hourly limit', { maxDisassociationsPerHour: 1 }, ['HourlyLimitReached', 'UserConnected', undefined]],
    [
      'allowed namespaces, which are unknown for files',
      { allowedNamespaces: { from: 'Selector', selector: { matchLabels: { a: 'b' } } } } as const,
      ['UserConnected', undefined, undefined],
    ],
  ])('determine the holds: %s', async (_, spec, expected) => {
    const { policies } = await planOf({ p: { fleetRef: { name: 'emea' } } }, { fleets: [fleetObject('emea', spec)] });
    expect(policies[0]?.changes.map(({ holdReason }) => holdReason)).toEqual(expected);
  });

  test('block a policy with forbidden exceptions', async () => {
    const exceptions = [{ workspaceIDs: [ws(1)], application: { id: VISIO }, reason: 'mine' }];
    const fleets = [fleetObject('emea', { exceptions: 'Forbid' })];
    const document = await planOf({ p: { fleetRef: { name: 'emea' }, exceptions } }, { fleets });
    expect(document.policies).toMatchObject([{ blocker: { reason: 'ExceptionsForbidden' }, changes: [] }]);
    expect(document.summary.failed).toBe(1);
    expect(PLAN_FORMATS.table(document, false)).toContain('1 policy cannot be planned.');
  });
});

describe('text from AWS', () => {
  const hostile = '\u001b[31m|<img src=x>@all [x](https://evil.example) `c`\u202e';
  test('contains no control characters in any format', async () => {
    const document = await planOf({ p: {} }, { userName: hostile });
    for (const format of ['table', 'json', 'yaml', 'markdown'] as const) {
      const shown = showAs(format, document);
      expect([...shown].filter((one) => one !== '\n' && /\p{Cc}|\p{Cf}/u.test(one))).toEqual([]);
    }
  });
  test('contains no Markdown or HTML in the markdown format', async () => {
    const shown = showAs('markdown', await planOf({ p: {} }, { userName: hostile }));
    expect(shown).not.toMatch(/<img|@all|https:\/\/|\]\(|`c`/);
    const cells = shown.split('\n').filter((line) => line.startsWith('| '));
    expect(new Set(cells.map((line) => line.split('|').length)).size).toBe(1);
  });
});

test('colors lines by the kind of change if enabled', async () => {
  const document = await planOf({ p: {} });
  const lines = PLAN_FORMATS.table(document, true).split('\n');
  expect(lines.find((line) => line.includes('UserConnected'))).toContain('\u001b[33m');
  expect(lines.find((line) => line.includes(ws(1)))).toContain('\u001b[31m');
});
