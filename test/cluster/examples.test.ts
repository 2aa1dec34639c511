import { readFileSync } from 'node:fs';
import { cp } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { KubeObject } from '../../src/kube/resource.ts';
import { BUILD_TIME, CHART, objectsIn, renderChart, renderers, run } from '../deploy/rendering.ts';
import { locateHelm } from '../environment/helm.ts';
import { crdFor } from './installationFixtures.ts';
import { InstallationHarness, restrictedNamespace } from './installationHarness.ts';

const EXAMPLES = join(import.meta.dirname, '../../deploy/examples');

let installation: InstallationHarness;
beforeAll(async () => {
  await renderers();
  installation = await InstallationHarness.start();
  await installation.apply(
    ['flux-system', 'argocd', 'wsap-system', 'platform', 'desktops-production'].map(restrictedNamespace),
  );
}, BUILD_TIME);
afterAll(() => installation[Symbol.asyncDispose]());

const examplesIn = (path: string) => objectsIn(readFileSync(join(EXAMPLES, path), 'utf8'));

/** The values that an example passes to the chart, with the namespace that it installs the chart into. */
interface ChartExample {
  readonly values: object;
  readonly namespace: string;
}

function inFlux(): ChartExample {
  const release = examplesIn('flux/operator.yaml').find(({ kind }) => kind === 'HelmRelease') as unknown as {
    spec: { values: object; targetNamespace: string };
  };
  return { values: release.spec.values, namespace: release.spec.targetNamespace };
}

function inArgoCd(): ChartExample {
  const [application] = examplesIn('argocd/operator.yaml') as unknown as {
    spec: { source: { helm: { valuesObject: object } }; destination: { namespace: string } };
  }[];
  const { source, destination } = application?.spec ?? {};
  return { values: source?.helm.valuesObject ?? {}, namespace: destination?.namespace ?? '' };
}

test('the objects of the examples for Flux and Argo CD apply', async () => {
  const objects = [
    'flux/operator.yaml',
    'flux/policies.yaml',
    'argocd/operator.yaml',
    'argocd/application.yaml',
  ].flatMap(examplesIn);
  expect(new Set(objects.map(({ kind }) => kind))).toEqual(
    new Set(['OCIRepository', 'HelmRelease', 'GitRepository', 'Kustomization', 'Application']),
  );
  const crds = new Map(objects.map((object) => [object.kind, crdFor(object)]));
  await installation.apply([...crds.values()]);
  await installation.kubectl('wait', '--for=condition=Established', 'crd', '--all', '--timeout=180s');
  await installation.apply(objects);
});

test('Argo CD applies the chart of its example, at first without and then with the CRDs', async () => {
  const { values, namespace } = inArgoCd();
  const sync = async (apiVersions: readonly string[]) => {
    const objects = objectsIn(await renderChart(values, { namespace, apiVersions }));
    // Argo CD applies hooks after all other objects.
    const isHook = ({ metadata }: KubeObject) => metadata.annotations?.['helm.sh/hook'] !== undefined;
    await installation.apply(objects.filter((object) => !isHook(object)));
    await installation.kubectl('wait', '--for=condition=Established', 'crd', '--all', '--timeout=180s');
    const hooks = objects.filter(isHook);
    if (hooks.length > 0) {
      await installation.apply(hooks);
    }
    return hooks.length;
  };
  expect(await sync([])).toBe(1);
  expect(await sync(['wsap.dev/v1alpha1/WorkspaceFleet'])).toBe(0);
  expect(await installation.kubectl('get', 'wsfleet', '-o', 'name')).toBe('workspacefleet.wsap.dev/default\n');
});

test('Flux installs the chart of its example', async () => {
  await installation.kubectl('delete', 'wsfleet', '--all');
  const { values, namespace } = inFlux();
  await installation.apply(objectsIn(await renderChart(values, { namespace })));
  expect(await installation.kubectl('get', 'wsfleet', '-o', 'name')).toBe('workspacefleet.wsap.dev/default\n');
});

test('the paths of the examples for Flux and Argo CD exist in the example repository, and apply', async () => {
  const paths = [...examplesIn('flux/policies.yaml'), ...examplesIn('argocd/application.yaml')].flatMap((object) => {
    const { path, source } = Object(Object(object).spec) as { path?: string; source?: { path?: string } };
    return path ?? source?.path ?? [];
  });
  expect(paths).toEqual(['./fleets', './environments/production', 'environments/production']);
  await installation.kubectl('label', 'namespace', 'desktops-production', 'wsap.dev/fleet=emea');
  await installation.kubectl('apply', '-f', join(EXAMPLES, 'gitops/fleets'));
  await installation.kubectl('apply', '-k', join(EXAMPLES, 'gitops/environments/production'));
  const enforcement = ['get', 'wsap', '-n', 'desktops-production', 'no-visio', '-o', 'jsonpath={.spec.enforcement}'];
  expect(await installation.kubectl(...enforcement)).toBe('Enforce');
});

test('a parent chart installs the chart, upgrades it, and disables it', async () => {
  const plurals = ['workspaceapplicationpolicies', 'workspacefleets', 'notificationproviders'];
  await installation.kubectl('delete', 'crd', ...plurals.map((plural) => `${plural}.wsap.dev`));
  const folder = join(installation.directory, 'umbrella');
  await cp(join(EXAMPLES, 'umbrella'), folder, { recursive: true });
  await cp(CHART, join(folder, 'charts/wsap'), { recursive: true });
  const helm = async (...args: string[]) =>
    run(
      await locateHelm(),
      [...args, '--namespace', 'platform', '--kubeconfig', installation.controlPlane.kubeconfigPath],
      '',
      { PATH: process.env.PATH, HOME: installation.directory },
    );
  await helm('install', 'platform', folder);
  expect(await installation.kubectl('get', 'wsfleet,deployment', '-n', 'platform', '-o', 'name')).toBe(
    'workspacefleet.wsap.dev/default\ndeployment.apps/platform-wsap\n',
  );
  await helm('upgrade', 'platform', folder, '--set', 'wsap.fleets.default.suspend=true');
  expect(await installation.kubectl('get', 'wsfleet', 'default', '-o', 'jsonpath={.spec.suspend}')).toBe('true');
  await helm('upgrade', 'platform', folder, '--set', 'wsap.enabled=false');
  expect(await installation.kubectl('get', 'deployment', '-n', 'platform', '-o', 'name')).toBe('');
  // Disabling the chart keeps the CRDs, and with them all policies.
  expect(await installation.kubectl('get', 'crd', '-o', 'name')).toContain('workspacefleets.wsap.dev');
});
