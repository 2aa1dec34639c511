import { cp, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { fleetOf, OFFICE, VISIO } from '../cluster/clusterHarness.ts';
import { CHART } from '../deploy/rendering.ts';
import { having, removals } from './account.ts';
import { Installation } from './installation.ts';
import { measure } from './measure.ts';
import { podOf } from './pods.ts';

const ROOT = join(import.meta.dirname, '../..');
const FLEETS = 'workspacefleets.wsap.dev';
const WAIT = ['--wait', '--timeout=4m'];

let installation: Installation;
let earlierChart: string;
beforeAll(async () => {
  installation = await Installation.prepare(fleetOf(20, 5));
  earlierChart = join(installation.directory, 'chart');
  await cp(CHART, earlierChart, { recursive: true });
  await edit(join(earlierChart, 'Chart.yaml'), (text) => text.replace(/^version: .*$/m, 'version: 0.0.1'));
  await edit(join(earlierChart, 'templates/crds/workspacefleets.yaml'), withEarlierColumn);
});
afterAll(() => installation[Symbol.asyncDispose]());

async function edit(path: string, change: (text: string) => string): Promise<void> {
  const text = await readFile(path, 'utf8');
  expect(change(text)).not.toBe(text);
  await writeFile(path, change(text));
}

/** Renames a column of the CRD, which only the earlier version has by this name. */
function withEarlierColumn(text: string): string {
  return text.replace('- name: Suspended\n', '- name: Stopped\n');
}

function columnsOfFleets(): Promise<string> {
  const path = 'jsonpath={.spec.versions[0].additionalPrinterColumns[*].name}';
  return installation.kubectl('get', 'crd', FLEETS, '-o', path);
}

async function chartOf(pod: string): Promise<string> {
  return installation.kubectl('get', 'pod', pod, '-o', 'jsonpath={.metadata.labels.release}');
}

/** Values with a label of the pods, which differs between releases. */
function labeled(release: string): object {
  return installation.values({ podLabels: { release } });
}

test('an upgrade and a rollback replace the pod and the CRDs, and continue the work', async () => {
  const affected = having(installation.aws, VISIO);
  await installation.helm('install', labeled('earlier'), { chart: earlierChart, flags: WAIT });
  await installation.enforce('no-visio', 'Visio');
  expect(await columnsOfFleets()).toContain('Stopped');

  await measure('helm upgrade --wait', () => installation.helm('upgrade', labeled('this'), { flags: WAIT }));
  const [upgraded = ''] = await installation.waitForReady(1);
  expect(await chartOf(upgraded)).toBe('this');
  expect(await columnsOfFleets()).toContain('Suspended');
  await installation.enforce('no-office', 'Office');

  await measure('helm rollback --wait', () => installation.helm('rollback', undefined, { flags: WAIT }));
  const [restored = ''] = await installation.waitForReady(1);
  expect(await chartOf(restored)).toBe('earlier');
  expect(await columnsOfFleets()).toContain('Stopped');
  await installation.waitForOwner((owner) => podOf(owner) === restored);
  await installation.waitForCompliance('no-visio');
  const visio = removals(installation.aws).filter((removal) => removal.endsWith(VISIO));
  expect(visio.sort()).toEqual(affected.map((workspaceID) => `${workspaceID} ${VISIO}`).sort());
  expect(having(installation.aws, OFFICE)).toEqual([]);
});

test('the documented command takes over CRDs that kubectl applied from another version', async () => {
  await installation.helm('uninstall', undefined, { flags: ['--wait'] });
  await installation.kubectl('delete', 'crd', FLEETS, 'workspaceapplicationpolicies.wsap.dev');
  const crds = join(installation.directory, 'crds');
  await cp(join(ROOT, 'crds'), crds, { recursive: true });
  await edit(join(crds, 'workspacefleets.yaml'), withEarlierColumn);
  await installation.kubectl('apply', '-f', crds);
  const guide = await readFile(join(ROOT, 'docs/how-to/upgrade.md'), 'utf8');
  const [, flags = ''] = /helm upgrade --install \S+((?: --[a-z-]+)+)/.exec(guide) ?? [];

  await installation.helm('upgrade', installation.values(), {
    flags: ['--install', ...flags.trim().split(' '), ...WAIT],
  });
  expect(await columnsOfFleets()).toContain('Suspended');
  await installation.waitForReady(1);
});

test('a release of another name takes over the CRDs that an uninstalled one left, with the documented flag', async () => {
  await installation.helm('uninstall', undefined, { flags: ['--wait'] });
  const other = ['upgrade', 'other', CHART, '--install', '--values', '-'];

  await expect(installation.runHelm(other, installation.values())).rejects.toThrow('invalid ownership metadata');
  await installation.runHelm([...other, '--take-ownership', ...WAIT], installation.values());
  expect(await installation.kubectl('get', 'crd', FLEETS, '-o', 'jsonpath={.metadata.annotations}')).toContain('other');
  await installation.runHelm(['uninstall', 'other', '--wait']);
});
