import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { operatorCommand } from '../../src/cli/commands/operator.ts';
import { version } from '../../src/cli/version.ts';
import { locateHelm } from '../environment/helm.ts';
import { type ChartValue, type ValueSchema, valuesIn } from '../generate/chart.ts';
import { BUILD_TIME, CHART, objectsIn, type Release, renderChart, renderers, run, titleOf } from './rendering.ts';

beforeAll(() => renderers(), BUILD_TIME);

const schema: ValueSchema = JSON.parse(readFileSync(join(CHART, 'values.schema.json'), 'utf8'));
const values = valuesIn(schema);

/** Values that install all optional objects. */
const EVERYTHING = {
  approvalPolicy: { enabled: true },
  podDisruptionBudget: { create: true },
  networkPolicy: { create: true },
  metrics: { serviceMonitor: { create: true }, prometheusRule: { create: true }, dashboard: { create: true } },
};

/** Default values, except for the name of the service account. */
const NAMED = { serviceAccount: { name: 'given' } };

let renderedEverything: Promise<string>;
let renderedNamed: Promise<string>;
beforeAll(() => {
  renderedEverything = renderChart(EVERYTHING);
  renderedNamed = renderChart(NAMED);
});

/** Returns the values with one value set. */
function withValue(object: object, [name = '', ...below]: readonly string[], value: unknown): object {
  const child = (object as Record<string, object>)[name] ?? {};
  return { ...object, [name]: below.length === 0 ? value : withValue(child, below, value) };
}

const pathOf = ({ path }: ChartValue) => path.join('.');

interface Container {
  readonly image: string;
  readonly args: readonly string[];
  readonly env: readonly { readonly name: string; readonly value?: string }[];
  readonly startupProbe: object;
  readonly livenessProbe: object;
  readonly readinessProbe: object;
}
interface Rendered {
  readonly spec: {
    readonly template: {
      readonly spec: { readonly containers: readonly [Container]; readonly serviceAccountName: string };
    };
  };
}

async function render(given: object, release?: Release): Promise<Map<string, unknown>> {
  return new Map(objectsIn(await renderChart(given, release)).map((object) => [titleOf(object), object]));
}

async function containerOf(given: object): Promise<Container> {
  const deployment = (await render(given)).get('Deployment wsap-system/wsap') as Rendered;
  return deployment.spec.template.spec.containers[0];
}

test('the chart passes helm lint, with and without optional objects', async () => {
  const lint = async (given: object) =>
    run(await locateHelm(), ['lint', '--strict', CHART, '--values', '-'], JSON.stringify(given));
  expect(await lint({})).toContain('1 chart(s) linted, 0 chart(s) failed');
  expect(await lint(EVERYTHING)).toContain('1 chart(s) linted, 0 chart(s) failed');
});

describe('the values', () => {
  test('every value has a description, a default, and an example that differs from the default', () => {
    expect(values.length).toBeGreaterThan(60);
    expect(values.filter(({ description }) => !/^[A-Z].*\.$/s.test(description)).map(pathOf)).toEqual([]);
    const same = values.filter((value) => JSON.stringify(value.default) === JSON.stringify(value.example));
    expect(same.map(pathOf)).toEqual([]);
  });

  test.each(values.map((value) => [pathOf(value), value] as const))(
    'the value %s changes the rendered manifests',
    async (_, value) => {
      const isSwitch = ['create', 'enabled'].includes(value.path.at(-1) ?? '');
      const base = isSwitch ? NAMED : EVERYTHING;
      const before = await (isSwitch ? renderedNamed : renderedEverything);
      expect(await renderChart(withValue(base, value.path, value.example))).not.toBe(before);
    },
  );

  test.each([
    ['an unknown value', { replicaCount: 3 }, "additional properties 'replicaCount' not allowed"],
    ['an unknown nested value', { image: { name: 'wsap' } }, "additional properties 'name' not allowed"],
    ['a string instead of a number', { replicas: 'three' }, '/replicas'],
    ['a negative number of replicas', { replicas: -1 }, '/replicas'],
    ['a string instead of a boolean', { operator: { ambientFleet: 'no' } }, '/operator/ambientFleet'],
    ['an invalid digest', { image: { digest: 'sha256:abc' } }, '/image/digest'],
    ['an unknown pull policy', { image: { pullPolicy: 'Sometimes' } }, '/image/pullPolicy'],
    ['a duration without a unit', { operator: { leaseDuration: '15' } }, '/operator/leaseDuration'],
    ['an invalid region', { aws: { region: 'Frankfurt' } }, '/aws/region'],
    ['an unknown log level', { operator: { logLevel: 'loud' } }, '/operator/logLevel'],
    ['a privileged port', { metrics: { port: 80 } }, '/metrics/port'],
    ['an annotation that is not a string', { podAnnotations: { scan: true } }, '/podAnnotations/scan'],
    [
      'an invalid percentage',
      { podDisruptionBudget: { maxUnavailable: 'half' } },
      '/podDisruptionBudget/maxUnavailable',
    ],
  ])('the schema of the values rejects %s', async (_, given, named) => {
    await expect(renderChart(given)).rejects.toThrow(named);
  });

  test.each([
    ['no namespace', { operator: { namespace: '' } }, '/operator/namespace'],
    [
      'no service account',
      { serviceAccount: { create: false, name: '' } },
      'set serviceAccount.name to an existing service account',
    ],
    ['an empty peer', { networkPolicy: { metricsFrom: [{}] } }, '/networkPolicy/metricsFrom/0'],
    ['an empty selector', { networkPolicy: { metricsFrom: [{ podSelector: {} }] } }, '/podSelector'],
    ['an empty rule', { networkPolicy: { extraEgress: [{}] } }, '/networkPolicy/extraEgress/0'],
    [
      'a rule without destinations',
      { networkPolicy: { extraEgress: [{ to: [] }] } },
      '/networkPolicy/extraEgress/0/to',
    ],
  ])('the schema of the values rejects %s, which would otherwise match everything', async (_, given, named) => {
    await expect(renderChart(given)).rejects.toThrow(named);
  });

  test('a NetworkPolicy with empty lists allows no traffic', async () => {
    const nothing = { metricsFrom: [], dnsTo: [], tlsPorts: [], podIdentityAgent: false };
    const objects = await render({ networkPolicy: { create: true, ...nothing } });
    const { spec } = objects.get('NetworkPolicy wsap-system/wsap') as { spec: object };
    expect(spec).toEqual({ podSelector: expect.anything(), policyTypes: ['Ingress', 'Egress'] });
  });
});

/** Default of each flag of `wsap operator`, by its environment variable. */
const flags = new Map(
  operatorCommand()
    .options.filter(({ envVar }) => envVar !== undefined)
    .map(({ envVar = '', defaultValue, defaultValueDescription }) => [
      envVar,
      defaultValueDescription ?? (defaultValue === undefined ? undefined : String(defaultValue)),
    ]),
);
describe('the container', () => {
  test('the container has exactly one variable for each flag of the operator', async () => {
    const { env, args } = await containerOf({ operator: { namespace: 'desktops' } });
    expect(args).toEqual(['operator']);
    const given = env.map(({ name }) => name);
    expect(given.sort()).toEqual([...flags.keys()].sort());
  });

  test('the container has the defaults of the operator', async () => {
    const { env } = await containerOf({});
    const given = env.filter(({ value }) => value !== undefined);
    expect(Object.fromEntries(given.map(({ name, value }) => [name, value]))).toEqual(
      Object.fromEntries([...flags].filter(([, value]) => value !== undefined)),
    );
  });

  test.each([
    [{}, `wsap:${version}`],
    [{ tag: '1.2.3' }, 'wsap:1.2.3'],
    [
      { repository: 'registry.example.com/wsap', tag: '1.2.3', digest: `sha256:${'a'.repeat(64)}` },
      `registry.example.com/wsap@sha256:${'a'.repeat(64)}`,
    ],
  ])('of %o is of the image %s', async (image, expected) => {
    expect((await containerOf({ image })).image).toBe(expected);
  });

  test('the container is probed as the documentation recommends', async () => {
    const guide = readFileSync(join(CHART, '../../../docs/how-to/monitor.md'), 'utf8');
    const [, block = ''] = /```yaml\n(startupProbe:\n.*?)```/s.exec(guide) ?? [];
    const { startupProbe, livenessProbe, readinessProbe } = await containerOf({});
    expect({ startupProbe, livenessProbe, readinessProbe }).toEqual(parse(block));
  });

  test('a busy process has a minute to answer the liveness probe, and a hung one ends quickly', async () => {
    const { startupProbe, livenessProbe, readinessProbe } = await containerOf({});
    expect(livenessProbe).toMatchObject({ timeoutSeconds: 10, failureThreshold: 6, terminationGracePeriodSeconds: 10 });
    expect(readinessProbe).toMatchObject({ timeoutSeconds: 10, failureThreshold: 6 });
    // Five minutes.
    expect(startupProbe).toMatchObject({ periodSeconds: 2, timeoutSeconds: 10, failureThreshold: 150 });
  });

  test('a value changes one field of a probe', async () => {
    const { livenessProbe } = await containerOf({ livenessProbe: { periodSeconds: 30 } });
    expect(livenessProbe).toEqual({ ...(await containerOf({})).livenessProbe, periodSeconds: 30 });
  });

  test('disabled metrics are neither served nor scraped', async () => {
    const off = { metrics: { enabled: false } };
    expect((await containerOf(off)).env).toContainEqual({ name: 'WSAP_METRICS_BIND_ADDRESS', value: '0' });
    expect([...(await render(off)).keys()]).not.toContain('Service wsap-system/wsap');
    await expect(renderChart({ metrics: { enabled: false, serviceMonitor: { create: true } } })).rejects.toThrow(
      'metrics.serviceMonitor.create needs metrics.enabled',
    );
  });
});

test('two releases share only the CRDs', async () => {
  const one = await render(EVERYTHING, { name: 'one', namespace: 'platform' });
  const two = await render(EVERYTHING, { name: 'two', namespace: 'platform' });
  const shared = [...one.keys()].filter((title) => two.has(title));
  expect(shared).toEqual([
    'CustomResourceDefinition workspaceapplicationpolicies.wsap.dev',
    'CustomResourceDefinition workspacefleets.wsap.dev',
  ]);
  expect([...one.keys()]).toContain('Deployment platform/one-wsap');
});

describe('the approval policy', () => {
  const binding = 'ValidatingAdmissionPolicyBinding wsap-approval';
  const role = 'ClusterRole wsap-approve';

  test('is absent by default', async () => {
    const titles = [...(await render({})).keys()];
    expect(titles.filter((title) => /approv|Admission/.test(title))).toEqual([]);
  });

  test('restricts approvals in all namespaces and extends no other role', async () => {
    const objects = await render({ approvalPolicy: { enabled: true } });
    expect(objects.get(binding)).toMatchObject({
      spec: { policyName: 'wsap-approval', validationActions: ['Deny'] },
    });
    expect(objects.get(binding)).not.toHaveProperty('spec.matchResources');
    expect(labelsOf(objects.get(role))).not.toMatch('aggregate-to');
  });

  test('restricts approvals only in the namespace that the operator watches', async () => {
    const objects = await render({ approvalPolicy: { enabled: true }, operator: { namespace: 'desktops' } });
    expect(objects.get(binding)).toHaveProperty('spec.matchResources.namespaceSelector', {
      matchLabels: { 'kubernetes.io/metadata.name': 'desktops' },
    });
  });

  test('names the ClusterRole of the release in its messages', async () => {
    const objects = await render({ approvalPolicy: { enabled: true }, fullnameOverride: 'emea' });
    const { spec } = objects.get('ValidatingAdmissionPolicy emea-approval') as {
      spec: { validations: readonly { message: string; messageExpression: string }[] };
    };
    expect([...objects.keys()]).toContain('ClusterRole emea-approve');
    for (const { message, messageExpression } of spec.validations) {
      expect(message).toContain('ClusterRole emea-approve');
      expect(messageExpression).toContain('ClusterRole emea-approve');
    }
  });

  test('extends only the ClusterRole admin with aggregate', async () => {
    const objects = await render({ approvalPolicy: { enabled: true, aggregate: true } });
    expect(labelsOf(objects.get(role)).match(/aggregate-to-\w+/g)).toEqual(['aggregate-to-admin']);
  });

  function labelsOf(object: unknown): string {
    return JSON.stringify((object as { metadata: { labels: object } }).metadata.labels);
  }
});

test('the alerts and the dashboard are the ones in deploy', async () => {
  const objects = await render(EVERYTHING);
  const { spec } = objects.get('PrometheusRule wsap-system/wsap') as { spec: unknown };
  const { data } = objects.get('ConfigMap wsap-system/wsap-dashboard') as { data: Record<string, string> };
  const read = (path: string) => readFileSync(join(CHART, '../..', path), 'utf8');
  expect(spec).toEqual(objectsIn(read('prometheus/rules.yaml'))[0]);
  expect(JSON.parse(data['wsap.json'] ?? '')).toEqual(JSON.parse(read('grafana/wsap.json')));
});
