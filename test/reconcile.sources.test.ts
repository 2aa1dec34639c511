import { describe, expect, test } from 'vitest';
import { BundleCache } from '../src/inventory/bundleCache.ts';
import { APPLICATIONS, association, OFFICE, policy, VISIO, workspace, ws } from './builders.ts';
import { condition, FakeOperator } from './fakeOperator.ts';
import { FakeFleet } from './fakes/fleet.ts';
import type { FakeFleetSeed } from './fakes/fleetState.ts';
import { HOUR, MINUTE } from './fixtures.ts';

const CUSTOM = 'wsb-custom001';
const PUBLIC = 'wsb-public001';
const IMAGE = 'wsi-custom0001';
const VISIO_NAME = 'Microsoft Visio LTSC Professional 2021';

/** Three WorkSpaces of a custom bundle whose image contains Visio, and one of a public bundle. */
const SEED: FakeFleetSeed = {
  workspaces: [1, 2, 3, 4].map((n) => workspace(ws(n), { bundleID: n < 4 ? CUSTOM : PUBLIC })),
  applications: APPLICATIONS,
  bundles: [
    { bundleID: CUSTOM, owner: '123456789012', imageID: IMAGE, applications: [OFFICE] },
    { bundleID: PUBLIC, owner: 'AMAZON', imageID: 'wsi-amazon0001', applications: [] },
  ],
  images: { [IMAGE]: [VISIO] },
};

function start(spec?: Parameters<typeof policy>[1], seed: FakeFleetSeed = SEED) {
  const fleet = new FakeFleet(seed);
  const operator = new FakeOperator(fleet, policy('p', spec));
  operator.bundles = new BundleCache(fleet, operator.clock);
  return { fleet, operator };
}

const reads = (fleet: FakeFleet) =>
  fleet.calls.filter(({ method }) => /Bundle|Image/.test(method)).map(({ method }) => method);
const sourcesIn = (operator: FakeOperator) => operator.status()?.sources;
const SOURCE = {
  bundleID: CUSTOM,
  imageID: IMAGE,
  applicationID: VISIO,
  applicationName: VISIO_NAME,
  workspaces: 3,
  message: `bundle ${CUSTOM} contains ${VISIO_NAME}: 3 WorkSpaces get it back on a rebuild, and every new one gets it`,
};

describe('sources of drift', () => {
  test('are in the status, with an Event for a new one, whether or not a WorkSpace has the application', async () => {
    const { operator } = start();
    const [first, second] = [await operator.run(), await operator.run()];
    expect(second.status.sources).toEqual([SOURCE]);
    expect([...first.events, ...second.events]).toEqual([
      { type: 'Warning', reason: 'DriftSourceFound', message: SOURCE.message },
    ]);
    expect(condition(second.status, 'Compliant')).toMatchObject({ status: 'True' });
    expect((await operator.run()).events).toEqual([]);
  });

  test.each([
    ['a policy that denies nothing', { applications: { required: [{ id: OFFICE }] } }],
    ['an exception', { exceptions: [1, 2, 3].map((n) => exceptionFor(ws(n))) }],
    ['another selection', { workspaceSelector: { bundleIDs: [PUBLIC] } }],
  ])('are none with %s', async (_, spec) => {
    const { operator } = start(spec);
    await operator.pass(30 * MINUTE);
    expect(sourcesIn(operator)).toBeUndefined();
  });

  test('include unlisted applications if the policy removes them', async () => {
    const { operator } = start({ applications: { allowed: [{ id: VISIO }], unlisted: 'Disassociate' } });
    await operator.pass(30 * MINUTE);
    expect(sourcesIn(operator)).toMatchObject([{ applicationID: OFFICE, workspaces: 3 }]);
  });

  test('end when the bundle no longer contains the application, and a returning one is reported again', async () => {
    const { fleet, operator } = start();
    await operator.pass(30 * MINUTE);
    fleet.images = new Map([[IMAGE, []]]);
    await operator.pass(2 * HOUR);
    expect(sourcesIn(operator)).toBeUndefined();
    fleet.images = new Map([[IMAGE, [VISIO]]]);
    await operator.clock.advance(2 * HOUR);
    const events = [...(await operator.run()).events, ...(await operator.run()).events];
    expect(events.map(({ reason }) => reason)).toEqual(['DriftSourceFound']);
  });

  test('take few calls: one per 25 bundles, bundle, and image each hour', async () => {
    const { fleet, operator } = start();
    await operator.pass(50 * MINUTE);
    const once = [
      'describeWorkspaceBundles',
      'describeBundleAssociations',
      'describeImageAssociations',
      'describeBundleAssociations',
    ];
    expect(reads(fleet)).toEqual(once);
    await operator.pass(30 * MINUTE);
    expect(reads(fleet)).toEqual([...once, ...once]);
  });

  test.each([
    ['documented', 2],
    ['low', 0.2],
  ])('take at most 5% of a %s rate, and a quarter of it with the other reads at rest', async (_, callsPerSecond) => {
    const count = 200;
    const bundles = Array.from({ length: count }, (_, n) => `wsb-${String(n).padStart(9, '0')}`);
    const fleet = new FakeFleet({
      workspaces: bundles.map((bundleID, n) => workspace(ws(n + 1), { bundleID })),
      applications: APPLICATIONS,
      bundles: bundles.map((bundleID, n) => ({
        bundleID,
        owner: '123456789012',
        imageID: `wsi-${n}`,
        applications: [],
      })),
      images: Object.fromEntries(bundles.map((_, n) => [`wsi-${n}`, []])),
    });
    const operator = new FakeOperator(
      fleet,
      policy('p', { interval: `${10 / callsPerSecond}s`, applications: { unlisted: 'Disassociate' } }),
    );
    operator.callsPerSecond = callsPerSecond;
    operator.bundles = new BundleCache(
      fleet,
      operator.clock,
      () => {},
      () => callsPerSecond,
    );
    await operator.pass(MINUTE);
    const first = fleet.calls.length;
    const period = (8 * HOUR) / callsPerSecond;
    await operator.pass(period);
    // A method of the port that lists all WorkSpaces or bundles takes a call per page.
    const pages = (method: string) => (/^describeWorkspace(s|Bundles)$/.test(method) ? count / 25 : 1);
    const calls = fleet.calls
      .slice(first)
      .map(({ method }) => ({ isBundle: /Bundle|Image/.test(method), calls: pages(method) }));
    const total = (counted: typeof calls) => counted.reduce((sum, one) => sum + one.calls, 0);
    const allowed = (callsPerSecond * period) / 1000;
    expect(total(calls.filter(({ isBundle }) => isBundle)) / allowed).toBeLessThan(0.053);
    expect(total(calls.filter(({ isBundle }) => isBundle)) / allowed).toBeGreaterThan(0.02);
    expect(total(calls) / allowed).toBeLessThan(0.253);
  });

  test('survive a restart without a second Event and without a gap', async () => {
    const { fleet, operator } = start();
    await operator.pass(30 * MINUTE);
    operator.restart();
    operator.bundles = new BundleCache(fleet, operator.clock);
    for (const { status, events } of [await operator.run(), await operator.run()]) {
      expect(status.sources).toEqual([SOURCE]);
      expect(events).toEqual([]);
    }
  });

  test('are at most 10 in the status, those with the most WorkSpaces first', async () => {
    const bundles = Array.from({ length: 12 }, (_, n) => `wsb-${String(n).padStart(9, '0')}`);
    const workspaces = bundles.flatMap((bundleID, n) =>
      Array.from({ length: n + 1 }, (_, m) => workspace(ws(100 * n + m + 1), { bundleID })),
    );
    const { operator } = start(undefined, {
      workspaces,
      applications: APPLICATIONS,
      bundles: bundles.map((bundleID) => ({ bundleID, applications: [VISIO] })),
    });
    await operator.pass(30 * MINUTE);
    expect(sourcesIn(operator)?.map(({ workspaces }) => workspaces)).toEqual([12, 11, 10, 9, 8, 7, 6, 5, 4, 3]);
  });
});

describe('a denied permission for bundles', () => {
  const deny = (fleet: FakeFleet) => fleet.failNext('describeBundleAssociations', 'AccessDenied');

  test('is reported, stops nothing, and is retried after 10 minutes', async () => {
    const { fleet, operator } = start(undefined, { ...SEED, associations: [association(ws(1), VISIO)] });
    deny(fleet);
    await operator.run();
    const { status } = await operator.run();
    expect(condition(status, 'Ready')).toMatchObject({
      status: 'True',
      message: expect.stringContaining(
        'the sources of drift are unknown: DescribeBundleAssociations for wsb-custom001',
      ),
    });
    expect(status.sources).toBeUndefined();
    expect(fleet.changes()).toContain(`disassociate ${ws(1)} ${VISIO}`);
    await operator.pass(30 * MINUTE);
    expect(sourcesIn(operator)).toHaveLength(1);
    expect(condition(operator.status() ?? {}, 'Ready')?.message).not.toContain('unknown');
  });

  test('keeps the known sources', async () => {
    const { fleet, operator } = start();
    await operator.pass(30 * MINUTE);
    await operator.clock.advance(HOUR);
    deny(fleet);
    await operator.run();
    const { status, events } = await operator.run();
    expect(status.sources).toEqual([SOURCE]);
    expect(events).toEqual([]);
  });
});

test('a bundle that AWS does not know hides no other bundle', async () => {
  const { fleet, operator } = start();
  fleet.bundles = fleet.bundles.filter(({ bundleID }) => bundleID === CUSTOM);
  await operator.pass(30 * MINUTE);
  expect(sourcesIn(operator)).toEqual([SOURCE]);
});

test('a run doesn’t wait for the reads of bundles', async () => {
  const { fleet, operator } = start(undefined, { ...SEED, associations: [association(ws(1), VISIO)] });
  const { promise } = Promise.withResolvers<never>();
  operator.bundles = new BundleCache(
    {
      describeWorkspaceBundles: () => promise,
      describeBundleAssociations: () => promise,
      describeImageAssociations: () => promise,
    },
    operator.clock,
  );
  await operator.run();
  expect(fleet.changes()).toContain(`disassociate ${ws(1)} ${VISIO}`);
});

function exceptionFor(workspaceID: string) {
  return { workspaceIDs: [workspaceID], application: { id: VISIO }, reason: 'needs it' };
}
