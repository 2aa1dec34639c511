import { readFileSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import {
  BUILD_TIME,
  CHART,
  EVERYTHING,
  NAMED,
  objectsIn,
  renderChart,
  renderers,
  withValue,
} from '../deploy/rendering.ts';
import { type ValueSchema, valuesIn } from '../generate/chart.ts';
import { crdFor } from './installationFixtures.ts';
import { InstallationHarness, restrictedNamespace } from './installationHarness.ts';

const KNOWN = { apiVersions: ['wsap.dev/v1alpha1/WorkspaceFleet'] };

/** Values without which the API server rejects the example of another value. */
const REQUIRED = { extraVolumes: [{ name: 'authorities', configMap: { name: 'authorities' } }] };

let installation: InstallationHarness;
beforeAll(async () => {
  await renderers();
  installation = await InstallationHarness.start();
  await installation.apply(['wsap-system', 'monitoring', 'platform'].map(restrictedNamespace));
  const objects = objectsIn(await renderChart(EVERYTHING));
  const crds = objects.filter(({ kind }) => kind === 'CustomResourceDefinition');
  const ofPrometheus = objects.filter(({ apiVersion = '' }) => apiVersion.startsWith('monitoring.coreos.com/'));
  await installation.apply([...crds, ...ofPrometheus.map(crdFor)]);
  await installation.kubectl('wait', '--for=condition=Established', 'crd', '--all', '--timeout=180s');
}, BUILD_TIME);
afterAll(() => installation[Symbol.asyncDispose]());

test('every value renders manifests that the API server accepts', { timeout: 300_000 }, async () => {
  const schema: ValueSchema = JSON.parse(readFileSync(join(CHART, 'values.schema.json'), 'utf8'));
  const folder = join(installation.directory, 'values');
  await mkdir(folder);
  for (const [index, { path, example }] of valuesIn(schema).entries()) {
    const isSwitch = ['create', 'enabled'].includes(path.at(-1) ?? '');
    const base = isSwitch ? NAMED : { ...NAMED, ...EVERYTHING, ...REQUIRED };
    // The CRDs exist. Applying them with every value takes minutes.
    const values = withValue(path[0] === 'crds' ? base : { ...base, crds: { install: false } }, path, example);
    const text = await renderChart(values, { ...KNOWN, name: `v${index}` });
    await writeFile(join(folder, `${index}-${path.join('.')}.yaml`), text);
  }
  const applied = await installation.kubectl(
    ...['apply', '--server-side', '--force-conflicts', '--dry-run=server', '-f', folder],
  );
  expect(applied.match(/^deployment\.apps\//gm)?.length).toBe(valuesIn(schema).length);
});
