import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { stringify } from 'yaml';
import type { KubeObject, ObjectMeta } from '../../src/kube/resource.ts';
import { BUILD_TIME, KUSTOMIZE, objectsIn, renderChart, renderers, renderKustomization, titleOf } from './rendering.ts';

beforeAll(() => renderers(), BUILD_TIME);

const SPREAD = { maxSkew: 1, matchLabelKeys: ['pod-template-hash'] };

/** Each overlay, and the values with which the chart renders the same. */
const OVERLAYS: readonly (readonly [overlay: string, values: object])[] = [
  ['default', {}],
  ['approval-policy', { approvalPolicy: { enabled: true } }],
  [
    'high-availability',
    {
      replicaCount: 2,
      podDisruptionBudget: { create: true },
      topologySpreadConstraints: [
        { ...SPREAD, topologyKey: 'kubernetes.io/hostname', whenUnsatisfiable: 'DoNotSchedule' },
        { ...SPREAD, topologyKey: 'topology.kubernetes.io/zone', whenUnsatisfiable: 'ScheduleAnyway' },
      ],
    },
  ],
  [
    'monitoring',
    { metrics: { serviceMonitor: { create: true }, prometheusRule: { create: true }, dashboard: { create: true } } },
  ],
  ['network-policy', { networkPolicy: { create: true } }],
  ['notifications', { notifications: { enabled: true, secretNames: ['wsap-notifications'] } }],
  ['one-namespace', { operator: { namespace: 'desktops' } }],
];

/** Labels that Helm requires on installed objects, or that charts have by convention. */
const LABELS_OF_HELM = ['app.kubernetes.io/managed-by', 'app.kubernetes.io/version', 'helm.sh/chart'];
/** Annotations with which Helm, Flux, and Argo CD keep an object. */
const KEPT = {
  'argocd.argoproj.io/sync-options': 'Prune=false,Delete=false',
  'helm.sh/resource-policy': 'keep',
  'kustomize.toolkit.fluxcd.io/prune': 'disabled',
};
/** Helm creates the namespace with `--create-namespace`. */
const NOT_IN_CHART = 'Namespace wsap-system';

describe.each(OVERLAYS)('the overlay %s', (overlay, values) => {
  test('the overlay renders the same objects as the chart', async () => {
    const kustomized = objectsIn(await renderKustomization(overlay)).filter((one) => titleOf(one) !== NOT_IN_CHART);
    // Names of cluster-scoped objects of the chart contain the namespace of the release.
    const rendered = (await renderChart(values)).replaceAll('wsap-wsap-system', 'wsap');
    const charted = objectsIn(rendered).map(withoutHelm);
    expect(byTitle(kustomized.map(withSortedVariables))).toEqual(byTitle(charted.map(withSortedVariables)));
  });
});

/** Sorts environment variables by name: kustomize puts those of a patch first. No variable refers to another one. */
function withSortedVariables<T>(object: T): T {
  return JSON.parse(JSON.stringify(object), (key, value) =>
    key === 'env' && Array.isArray(value) ? value.toSorted((a, b) => a.name.localeCompare(b.name)) : value,
  );
}

test('the namespace of the default overlay enforces Pod Security restricted', async () => {
  const namespace = objectsIn(await renderKustomization('default')).find((one) => titleOf(one) === NOT_IN_CHART);
  expect(namespace?.metadata.labels).toMatchObject({ 'pod-security.kubernetes.io/enforce': 'restricted' });
});

test('the chart adds the labels of Helm', async () => {
  for (const { metadata } of objectsIn(await renderChart())) {
    expect(Object.keys(metadata.labels ?? {})).toEqual(expect.arrayContaining(LABELS_OF_HELM));
  }
});

test.each([
  ['the chart', () => renderChart()],
  ['kustomize', () => renderKustomization('default')],
])('with %s, Helm, Flux, and Argo CD keep the CRDs, because deleting them deletes all policies', async (_, render) => {
  const crds = objectsIn(await render()).filter(({ kind }) => kind === 'CustomResourceDefinition');
  expect(crds.map(({ metadata }) => metadata.annotations)).toEqual([KEPT, KEPT, KEPT]);
});

test('the chart lets tools delete the CRDs if crds.keep is false', async () => {
  const crds = objectsIn(
    await renderChart({ crds: { keep: false, annotations: { 'example.com/owner': 'x' } } }),
  ).filter(({ kind }) => kind === 'CustomResourceDefinition');
  expect(crds.map(({ metadata }) => metadata.annotations)).toEqual(Array(3).fill({ 'example.com/owner': 'x' }));
});

describe('a kustomization with its own names', () => {
  const REQUESTS = [
    ['namespace: platform', 'platform', 'wsap'],
    ['namePrefix: a-\nnameSuffix: -z', 'wsap-system', 'a-wsap-z'],
    ['namespace: platform\nnamePrefix: a-\nnameSuffix: -z', 'platform', 'a-wsap-z'],
  ] as const;

  test.each(OVERLAYS.flatMap(([overlay]) => REQUESTS.map((request) => [overlay, ...request] as const)))(
    'over the overlay %s moves the subjects of all bindings: %j',
    async (overlay, request, namespace, name) => {
      const objects = objectsIn(await renderOver([overlay], request));
      const subjects = bindingsIn(objects).flatMap((binding) => binding.subjects);
      expect(subjects.length).toBeGreaterThan(1);
      expect(subjects).toEqual(subjects.map(() => ({ kind: 'ServiceAccount', name, namespace })));
      const roles = objects.filter(({ kind = '' }) => kind.endsWith('Role')).map(({ metadata }) => metadata.name);
      expect(roles).toEqual(expect.arrayContaining(bindingsIn(objects).map(({ roleRef }) => roleRef.name)));
      expect(objects.find(({ kind }) => kind === 'Deployment')).toMatchObject({
        metadata: { name, namespace },
        spec: { template: { spec: { serviceAccountName: name } } },
      });
    },
  );

  test('can watch one namespace and run in another one with the component', async () => {
    const operator = `namespace: platform\nnamePrefix: a-`;
    const objects = objectsIn(await renderOver(['default'], operator, ['one-namespace']));
    const bindings = bindingsIn(objects).map(({ metadata, subjects }) => [
      metadata.namespace,
      subjects.map((subject) => `${subject.namespace}/${subject.name}`),
    ]);
    expect(bindings).toEqual([
      ['default', ['platform/a-wsap']],
      ['desktops', ['platform/a-wsap']],
      ['platform', ['platform/a-wsap']],
      [undefined, ['platform/a-wsap']],
    ]);
  });
});

test('the patch of the component notifications allows another Secret', async () => {
  const component = await readFile(join(KUSTOMIZE, 'components/notifications/roles.yaml'), 'utf8');
  const [, commented = ''] = /Example:\n((?:# .*\n)+)/.exec(component) ?? [];
  const patches = commented.replace(/^# /gm, '');
  expect(patches).toContain('patches:');
  const objects = objectsIn(await renderOver(['notifications'], patches));
  expect(objects.find((one) => titleOf(one) === 'Role wsap-system/wsap-notifications')).toMatchObject({
    rules: [{ apiGroups: [''], resources: ['secrets'], resourceNames: ['slack-desktops'], verbs: ['get'] }],
  });
});

interface Binding extends KubeObject {
  readonly roleRef: { readonly name: string };
  readonly subjects: readonly { readonly name: string; readonly namespace: string }[];
}

function bindingsIn(objects: readonly KubeObject[]): Binding[] {
  return objects.filter(({ kind = '' }) => kind.endsWith('RoleBinding')) as Binding[];
}

/** Returns the output of a kustomization over overlays, and of another one over it with components. */
async function renderOver(
  overlays: readonly string[],
  fields: string,
  components: readonly string[] = [],
): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'wsap-kustomize-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  // kustomize reads only files below the folder of the repository.
  await cp(join(KUSTOMIZE, '../../crds'), join(folder, 'crds'), { recursive: true });
  await cp(KUSTOMIZE, join(folder, 'deploy/kustomize'), { recursive: true });
  const inner = { resources: overlays.map((overlay) => `../deploy/kustomize/${overlay}`) };
  const outer = {
    resources: ['../inner'],
    components: components.map((component) => `../deploy/kustomize/components/${component}`),
  };
  for (const [name, content] of Object.entries({ inner: `${stringify(inner)}${fields}\n`, outer: stringify(outer) })) {
    await mkdir(join(folder, name));
    await writeFile(join(folder, name, 'kustomization.yaml'), content);
  }
  return renderKustomization(join(folder, 'outer'));
}

function byTitle(objects: readonly KubeObject[]): Record<string, KubeObject> {
  const titles = objects.map(titleOf);
  expect(titles).toEqual([...new Set(titles)]);
  return Object.fromEntries(objects.map((object) => [titleOf(object), object]));
}

function withoutHelm(object: KubeObject): KubeObject {
  const labels = without(object.metadata.labels, LABELS_OF_HELM);
  const { labels: _labels, ...rest } = object.metadata;
  const metadata: ObjectMeta = { ...rest, ...(labels && { labels }) };
  return { ...object, metadata };
}

function without(map: Record<string, string> | undefined, keys: readonly string[]): Record<string, string> | undefined {
  const left = Object.entries(map ?? {}).filter(([key]) => !keys.includes(key));
  return left.length === 0 ? undefined : Object.fromEntries(left);
}
