import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { OfflinePlanner } from '../../../../src/cli/actions/plan/offlinePlanner.ts';
import { reportCsv } from '../../../../src/cli/actions/report/csv.ts';
import { fleetReport } from '../../../../src/cli/actions/report/document.ts';
import { type Prices, pricesOf, readPrices } from '../../../../src/cli/actions/report/prices.ts';
import { fixedClock } from '../../../../src/clock.ts';
import { Inventory } from '../../../../src/inventory/inventory.ts';
import { parseInventory } from '../../../../src/inventory/inventoryFile.ts';
import { InventoryFileBundles } from '../../../../src/inventory/inventoryFileBundles.ts';
import { InventoryFileFleet } from '../../../../src/inventory/inventoryFileFleet.ts';
import type { PolicyObject } from '../../../../src/kube/resources.ts';
import { APPLICATIONS, OFFICE, policyObject, VISIO, ws } from '../../../builders.ts';

const NOW = new Date('2026-11-24T12:00:00Z');

/** Three WorkSpaces: the first has Visio and Office, the second has Visio and a connected user, the third has no application. */
const INVENTORY = parseInventory({
  apiVersion: 'wsap.dev/v1alpha1',
  kind: 'WorkspaceInventory',
  applications: APPLICATIONS,
  workspaces: [1, 2, 3].map((n) => ({
    workspaceID: ws(n),
    userName: `user${n}`,
    state: 'AVAILABLE',
    bundleID: 'wsb-custom001',
    connectionState: n === 2 ? 'CONNECTED' : 'DISCONNECTED',
    associations: [VISIO, OFFICE].slice(0, 3 - n).map((applicationID) => ({ applicationID, state: 'COMPLETED' })),
  })),
  bundles: [{ bundleID: 'wsb-custom001', imageID: 'wsi-custom0001', applicationIDs: [VISIO] }],
});

async function reportOn(policies: readonly object[], prices?: Prices) {
  const clock = fixedClock(NOW);
  const inventory = new Inventory(new InventoryFileFleet(INVENTORY), clock);
  const planner = new OfflinePlanner({
    policies: policies as PolicyObject[],
    fleets: [],
    namespaces: undefined,
    clock,
    inventoryOf: async () => inventory,
    bundlesIn: () => new InventoryFileBundles(INVENTORY),
  });
  return fleetReport(await planner.preview(() => true), prices, NOW);
}

describe('fleetReport', () => {
  test('counts each WorkSpace and each association once, even if several policies select them', async () => {
    const { compliance, applications, policies } = await reportOn([
      policyObject('a'),
      policyObject('b', { enforcement: 'Audit' }),
    ]);
    expect(compliance).toEqual({ selected: 3, compliant: 1, drifted: 2, held: 2, inProgress: 0, failed: 0 });
    expect(applications.find(({ applicationID }) => applicationID === VISIO)).toMatchObject({
      compliance: { selected: 3, compliant: 1, drifted: 2, held: 2, inProgress: 0, failed: 0 },
      associated: 2,
      toRemove: 2,
      toInstall: 0,
    });
    expect(policies.map(({ policy, compliance: own }) => [policy, own?.selected])).toEqual([
      ['desktops/a', 3],
      ['desktops/b', 3],
    ]);
  });

  test('contains each source of drift once, with the most WorkSpaces of a policy', async () => {
    const { sources } = await reportOn([
      policyObject('some', { workspaceSelector: { workspaceIDs: [ws(1)] } }),
      policyObject('all'),
    ]);
    expect(sources).toMatchObject([
      { bundleID: 'wsb-custom001', imageID: 'wsi-custom0001', applicationID: VISIO, workspaces: 3 },
    ]);
  });

  test('contains every selected WorkSpace, most urgent first', async () => {
    const { workspaces } = await reportOn([policyObject()]);
    expect(workspaces.map(({ workspaceID, status }) => [workspaceID, status])).toEqual([
      [ws(2), 'Held'],
      [ws(1), 'Drifted'],
      [ws(3), 'Compliant'],
    ]);
  });

  test('contains the holds and the time at which the first one ends', async () => {
    const window = { cron: '0 22 * * *', timeZone: 'UTC', duration: '4h' };
    const { holds } = await reportOn([policyObject('by-night', { rollout: { maintenanceWindows: [window] } })]);
    expect(holds).toEqual([
      expect.objectContaining({
        reason: 'OutsideMaintenanceWindow',
        associations: 2,
        until: '2026-11-24T22:00:00.000Z',
      }),
    ]);
  });

  test('contains the latest runs from the status of the policy', async () => {
    const run = { time: '2026-11-23T22:10:00Z', plan: 'abc', disassociated: 7, associated: 0, deployed: 6, failed: 1 };
    const { policies } = await reportOn([{ ...policyObject(), status: { history: [run] } }]);
    expect(policies[0]?.history).toEqual([run]);
  });

  test('contains the reason why a policy cannot be evaluated', async () => {
    const { policies, compliance } = await reportOn([
      policyObject('unsure', { applications: { required: [{ name: 'Microsoft*' }] } }),
    ]);
    expect(policies[0]?.blocker?.reason).toBe('AmbiguousApplication');
    expect(compliance.selected).toBe(3);
  });

  test('adds up costs and lists the applications without a price', async () => {
    const prices = pricesOf({ currency: 'EUR', prices: [{ application: { name: '*Visio*' }, perMonth: 14.5 }] });
    const { costs, applications } = await reportOn(
      [policyObject('a', { applications: { denied: [{ id: VISIO }], unlisted: 'Disassociate' } })],
      prices,
    );
    expect(costs).toEqual({
      currency: 'EUR',
      associated: 29,
      toRemove: 29,
      savesFrom: '2026-12',
      note: 'AWS bills an application for the full month, so a removal saves from the next month.',
      withoutPrice: ['Microsoft Office LTSC Professional Plus 2021'],
    });
    expect(applications.find(({ applicationID }) => applicationID === VISIO)?.monthlyCost).toBe(29);
    expect((await reportOn([policyObject()])).costs).toBeUndefined();
  });

  test.each([
    ['this month', {}, '2026-12'],
    ['the last windows of this month', { maintenanceWindows: [{ cron: '0 22 25 * *', duration: '2h' }] }, '2026-12'],
    [
      'the next month, if its windows are over',
      { maintenanceWindows: [{ cron: '0 22 20 * *', duration: '2h' }] },
      '2027-01',
    ],
  ])('shows from when a removal saves that waits for the end of %s', async (_, windows, expected) => {
    const prices = pricesOf({ currency: 'EUR', prices: [{ application: { name: '*Visio*' }, perMonth: 14.5 }] });
    const waiting = policyObject('a', { rollout: { removeBefore: 'EndOfMonth', ...windows } });
    const { costs } = await reportOn(
      [waiting, policyObject('b', { applications: { denied: [{ id: OFFICE }] } })],
      prices,
    );
    expect(costs).toMatchObject({ toRemove: 29, savesFrom: expected });
    const compliant = policyObject('c', { applications: { allowed: [{ id: VISIO }] } });
    expect((await reportOn([compliant], prices)).costs?.savesFrom).toBeUndefined();
  });

  test('writes a CSV line for each association, without formulas for a spreadsheet', async () => {
    const report = await reportOn([policyObject()]);
    const [first] = report.workspaces;
    const text = reportCsv(
      { ...report, workspaces: [{ ...first, userName: '=HYPERLINK("x")\u001b' } as never] },
      { bom: true },
    );
    expect(text.split('\r\n')).toEqual([
      // Excel reads a file without a byte order mark in the code page of Windows.
      '\ufeffpolicy,workspaceID,userName,applicationID,applicationName,verdict,state,status,action,holdReason,until,message',
      expect.stringContaining(`desktops/no-visio,${ws(2)},"'=HYPERLINK(""x"")\uFFFD",${VISIO},`),
      '',
    ]);
    const umlauts = reportCsv(
      { ...report, workspaces: [{ ...first, userName: 'jürgen.müller' } as never] },
      { bom: false },
    );
    expect(umlauts).toContain(',jürgen.müller,');
    expect(umlauts).toMatch(/^policy,/);
    expect(reportCsv(report, { bom: true }).trim().split('\r\n')).toHaveLength(4);
  });
});

describe('readPrices', () => {
  async function read(content: string) {
    const folder = await mkdtemp(join(tmpdir(), 'wsap-prices-'));
    onTestFinished(() => rm(folder, { recursive: true }));
    const file = join(folder, 'prices.yaml');
    await writeFile(file, content);
    return readPrices(file);
  }

  test('returns the price of the first matching entry', async () => {
    const prices = await read(
      `currency: EUR\nprices:\n- {application: {id: ${OFFICE}}, perMonth: 9}\n- {application: {name: "Microsoft*"}, perMonth: 20}\n`,
    );
    expect(prices.priceOf(OFFICE, 'Microsoft Office')).toBe(9);
    expect(prices.priceOf(VISIO, 'Microsoft Visio')).toBe(20);
    expect(prices.priceOf('wsa-own', undefined)).toBeUndefined();
  });

  test.each<[string, string, RegExp]>([
    ['no content', '', /prices\.yaml: the file is empty; add a currency and prices/],
    ['invalid YAML', 'currency: [', /prices\.yaml: /],
    ['an unknown currency', 'currency: euros\nprices: []\n', /prices\.yaml:1:\d+: currency: must match pattern/],
    [
      'a negative price',
      'currency: EUR\nprices:\n- {application: {id: wsa-1}, perMonth: -1}\n',
      /prices\.yaml:3:\d+: prices\[0\]\.perMonth: must be >= 0/,
    ],
    [
      'an application without ID and name',
      'currency: EUR\nprices:\n- {application: {}, perMonth: 1}\n',
      /prices\[0\]\.application: must NOT have fewer than 1 properties/,
    ],
    ['a misspelled field', 'currency: EUR\nprice: []\n', /price/],
  ])('rejects a file with %s and shows the position', async (_, content, message) => {
    await expect(read(content)).rejects.toThrow(message);
  });
});
