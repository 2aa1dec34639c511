import { beforeAll, describe, expect, test } from 'vitest';
import type { KubeObject, ObjectMeta } from '../../src/kube/resource.ts';
import { BUILD_TIME, objectsIn, renderChart, renderers, renderKustomization, titleOf } from './rendering.ts';

beforeAll(() => renderers(), BUILD_TIME);

const SPREAD = { maxSkew: 1, matchLabelKeys: ['pod-template-hash'] };

/** Each overlay, and the values with which the chart renders the same. */
const OVERLAYS: readonly (readonly [overlay: string, values: object])[] = [
  ['default', {}],
  ['approval-policy', { approvalPolicy: { enabled: true } }],
  [
    'high-availability',
    {
      replicas: 2,
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
  ['one-namespace', { operator: { namespace: 'desktops' } }],
];

/** Labels that Helm requires on installed objects, or that charts have by convention. */
const LABELS_OF_HELM = ['app.kubernetes.io/managed-by', 'app.kubernetes.io/version', 'helm.sh/chart'];
/** Keeps an object when the chart is uninstalled. It has no meaning for `kubectl delete -k`. */
const ANNOTATION_OF_HELM = 'helm.sh/resource-policy';
/** Helm creates the namespace with `--create-namespace`. */
const NOT_IN_CHART = 'Namespace wsap-system';

describe.each(OVERLAYS)('the overlay %s', (overlay, values) => {
  test('the overlay renders the same objects as the chart', async () => {
    const kustomized = objectsIn(await renderKustomization(overlay)).filter((one) => titleOf(one) !== NOT_IN_CHART);
    const charted = objectsIn(await renderChart(values)).map(withoutHelm);
    expect(byTitle(kustomized)).toEqual(byTitle(charted));
  });
});

test('the namespace of the default overlay enforces Pod Security restricted', async () => {
  const namespace = objectsIn(await renderKustomization('default')).find((one) => titleOf(one) === NOT_IN_CHART);
  expect(namespace?.metadata.labels).toMatchObject({ 'pod-security.kubernetes.io/enforce': 'restricted' });
});

test('the chart adds the labels of Helm and keeps the CRDs', async () => {
  const objects = objectsIn(await renderChart());
  for (const { metadata } of objects) {
    expect(Object.keys(metadata.labels ?? {})).toEqual(expect.arrayContaining(LABELS_OF_HELM));
  }
  const kept = objects.filter(({ metadata }) => metadata.annotations?.[ANNOTATION_OF_HELM] === 'keep');
  expect(kept.map(({ kind }) => kind)).toEqual(['CustomResourceDefinition', 'CustomResourceDefinition']);
});

function byTitle(objects: readonly KubeObject[]): Record<string, KubeObject> {
  const titles = objects.map(titleOf);
  expect(titles).toEqual([...new Set(titles)]);
  return Object.fromEntries(objects.map((object) => [titleOf(object), object]));
}

function withoutHelm(object: KubeObject): KubeObject {
  const labels = without(object.metadata.labels, LABELS_OF_HELM);
  const annotations = without(object.metadata.annotations, [ANNOTATION_OF_HELM]);
  const { labels: _labels, annotations: _annotations, ...rest } = object.metadata;
  const metadata: ObjectMeta = { ...rest, ...(labels && { labels }), ...(annotations && { annotations }) };
  return { ...object, metadata };
}

function without(map: Record<string, string> | undefined, keys: readonly string[]): Record<string, string> | undefined {
  const left = Object.entries(map ?? {}).filter(([key]) => !keys.includes(key));
  return left.length === 0 ? undefined : Object.fromEntries(left);
}
