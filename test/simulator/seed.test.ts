import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { parseSeed, readSeed, SeedError } from '../../src/simulator/seed.ts';
import { SimulatedWorkSpaces } from '../../src/simulator/simulatedWorkspaces.ts';
import { VirtualClock } from '../fakes/clock.ts';

const SAMPLE = join(import.meta.dirname, '../../deploy/simulator/fleet.yaml');
const HEAD = `applications:
- {applicationID: wsa-visio2021, name: Visio}
`;
const DESK = 'userName: alice, directoryID: d-0000000001, bundleID: wsb-00000001';

describe('a seed', () => {
  test('has defaults for omitted fields', () => {
    const seed = parseSeed(`${HEAD}workspaces:\n- {workspaceID: ws-00000001, ${DESK}}\n`, 'seed.yaml');
    expect(seed).toMatchObject({
      region: 'eu-central-1',
      accountID: '123456789012',
      rateLimit: { callsPerSecond: 2, burst: 5 },
      durations: { pending: 1_000, installing: 10_000, uninstalling: 10_000, removedListed: 60_000 },
      faults: [],
    });
  });

  test('generates WorkSpaces reproducibly, with an application on every n-th', () => {
    const text = `${HEAD}generate:
- count: 200
  idPrefix: gen
  userPrefix: user
  directoryIDs: [d-0000000001, d-0000000002]
  tags: {Fleet: large}
  applications: [{applicationID: wsa-visio2021, every: 5}]
`;
    const { workspaces } = parseSeed(text, 'seed.yaml');
    expect(workspaces).toHaveLength(200);
    expect(workspaces.filter(({ applications = [] }) => applications.length > 0)).toHaveLength(40);
    expect(workspaces[4]).toEqual({
      workspaceID: 'ws-gen00005',
      userName: 'user0005',
      directoryID: 'd-0000000001',
      bundleID: 'wsb-00000001',
      tags: { Fleet: 'large' },
      applications: [{ applicationID: 'wsa-visio2021' }],
    });
    expect(parseSeed(text, 'seed.yaml').workspaces).toEqual(workspaces);
  });

  test('accepts durations in any unit', () => {
    const text = `${HEAD}durations: {pending: 250ms, installing: 2m, uninstalling: 1h, removedListed: 1d}\n`;
    const { durations } = parseSeed(text, 'seed.yaml');
    expect(durations).toEqual({
      pending: 250,
      installing: 120_000,
      uninstalling: 3_600_000,
      removedListed: 86_400_000,
      settling: 5_000,
      rebuilding: 60_000,
      restoring: 60_000,
      migrating: 60_000,
      snapshots: 43_200_000,
      connectionChecks: 0,
    });
  });

  test('defaults to the applications that AWS offers', () => {
    const names = parseSeed('region: eu-west-1\n', 'seed.yaml').applications.map(({ name }) => name);
    expect(names).toContain('Microsoft Office LTSC Professional Plus 2024');
    expect(names).toHaveLength(16);
  });

  const invalid: [string, string, string][] = [
    ['broken YAML', 'applications: [', 's.yaml:1:16: '],
    ['a key given twice', `${HEAD}applications: []\n`, 's.yaml:3:1: Map keys must be unique'],
    ['nothing', '', 's.yaml:1:1: null must be a mapping'],
    [
      'an undeclared application of a bundle',
      `${HEAD}bundles: [{bundleID: wsb-00000001, applications: [wsa-nothing1]}]\n`,
      's.yaml:3:51: bundles[0].applications[0]: wsa-nothing1 must be declared in applications',
    ],
    [
      'an undeclared image',
      `${HEAD}bundles: [{bundleID: wsb-00000001, imageID: wsi-000000001}]\n`,
      's.yaml:3:45: bundles[0].imageID: wsi-000000001 must be declared in images',
    ],
    [
      'an image that is defined twice',
      `${HEAD}images: [{imageID: wsi-000000001}, {imageID: wsi-000000001}]\n`,
      's.yaml:3:36: images[1]: wsi-000000001 is defined twice',
    ],
    [
      'an unknown alternative',
      `${HEAD}undocumented: {swapOrder: Any}\n`,
      's.yaml:3:27: undocumented.swapOrder: "Any" must be one of UninstallFirst, InstallFirst',
    ],
    [
      'an unknown field',
      `${HEAD}workspace: []\n`,
      's.yaml:3:12: workspace: unknown field; the fields are region, accountID',
    ],
    [
      'an account that YAML reads as a number',
      `${HEAD}accountID: 123456789012\n`,
      's.yaml:3:12: accountID: 123456789012 must be text (Account ID with 12 digits, in quotes',
    ],
    [
      'a wrong duration',
      `${HEAD}durations: {pending: 10}\n`,
      's.yaml:3:22: durations.pending: 10 must be text (Duration: a whole number and a unit, for example, 500ms, 10s',
    ],
    [
      'a wrong id',
      `${HEAD}workspaces:\n- {workspaceID: ws-ABC, ${DESK}}\n`,
      's.yaml:4:17: workspaces[0].workspaceID: "ws-ABC" has an invalid format (WorkSpace ID: ws- followed by 8 to 63 characters 0-9 or a-z)',
    ],
    [
      'a missing field',
      `${HEAD}workspaces:\n- {workspaceID: ws-00000001}\n`,
      's.yaml:4:3: workspaces[0]: userName is missing (and 2 more)',
    ],
    [
      'a misspelt state',
      `${HEAD}workspaces:\n- {workspaceID: ws-00000001, ${DESK}, state: RUNNING}\n`,
      'workspaces[0].state: "RUNNING" must be one of PENDING, AVAILABLE',
    ],
    [
      'a misspelt association state',
      `${HEAD}workspaces:\n- {workspaceID: ws-00000001, ${DESK}, applications: [{applicationID: wsa-visio2021, state: DONE}]}\n`,
      'workspaces[0].applications[0].state: "DONE" must be one of PENDING_INSTALL',
    ],
    [
      'a wrong application id',
      `${HEAD}workspaces:\n- {workspaceID: ws-00000001, ${DESK}, applications: [visio]}\n`,
      'workspaces[0].applications[0]: "visio" has an invalid format (Application ID: wsa-',
    ],
    [
      'an application that is not declared',
      `${HEAD}workspaces:\n- {workspaceID: ws-00000001, ${DESK}, applications: [wsa-project1]}\n`,
      'workspaces[0].applications[0]: wsa-project1 must be declared in applications',
    ],
    [
      'an application listed twice',
      `${HEAD}workspaces:\n- {workspaceID: ws-00000001, ${DESK}, applications: [wsa-visio2021, wsa-visio2021]}\n`,
      'workspaces[0].applications[1]: wsa-visio2021 is listed twice',
    ],
    [
      'an application declared twice',
      `${HEAD}- {applicationID: wsa-visio2021, name: Visio}\n`,
      's.yaml:3:19: applications[1].applicationID: wsa-visio2021 is declared twice',
    ],
    [
      'a WorkSpace given twice',
      `${HEAD}workspaces:\n- {workspaceID: ws-gen00001, ${DESK}}\ngenerate:\n- {count: 1, idPrefix: gen}\n`,
      'generate[0].idPrefix: the WorkSpace ws-gen00001 is defined twice',
    ],
    [
      'a fault without its exception',
      `${HEAD}faults:\n- {fault: Exception}\n`,
      's.yaml:4:3: faults[0]: exception is missing',
    ],
    ['escape sequences', `${HEAD}region: "\\e[31mred"\n`, 'has an invalid format (AWS region'],
  ];
  test.each(invalid)('with %s is rejected in one line with the location and a fix', (_, text, message) => {
    const parse = () => parseSeed(text, 's.yaml');
    expect(parse).toThrow(SeedError);
    expect(parse).toThrow(message);
    expect(parse).not.toThrow(/\p{Cc}/u);
  });

  test('that can’t be read is named in the error', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'wsap-seed-'));
    await expect(readSeed(join(folder, 'none.yaml'))).rejects.toThrow('none.yaml: no such file or folder');
    await writeFile(join(folder, 'seed.yaml'), HEAD);
    await expect(readSeed(join(folder, 'seed.yaml'))).resolves.toMatchObject({ workspaces: [] });
    await rm(folder, { recursive: true });
  });
});

describe('the sample seed', () => {
  test('has 40 WorkSpaces, 7 of them with Visio, so that a safeguard of 20% admits its removal', async () => {
    const seed = await readSeed(SAMPLE);
    const simulated = new SimulatedWorkSpaces({ seed, clock: new VirtualClock() });
    const nameOf = new Map(seed.applications.map(({ applicationID, name }) => [applicationID, name]));
    const counts: Record<string, number> = {};
    for (const { associations } of simulated.workspaces) {
      for (const id of associations.keys()) {
        counts[nameOf.get(id) ?? ''] = (counts[nameOf.get(id) ?? ''] ?? 0) + 1;
      }
    }
    expect(simulated.workspaces).toHaveLength(40);
    expect(new Set(simulated.workspaces.map(({ directoryID }) => directoryID)).size).toBe(2);
    expect(new Set(simulated.workspaces.map(({ bundleID }) => bundleID)).size).toBe(2);
    expect(counts).toMatchObject({ 'Microsoft Visio LTSC Professional 2021': 7 });
    const unused = seed.applications.map(({ name }) => name).filter((name) => counts[name] === undefined);
    expect(unused).toEqual([
      'Microsoft Office LTSC Professional Plus 2024',
      'Microsoft Visio LTSC Professional 2024',
      'Microsoft Project Professional 2024',
    ]);
  });
});
