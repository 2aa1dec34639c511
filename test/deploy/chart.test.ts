import { readFileSync } from 'node:fs';
import { cp, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { parse } from 'yaml';
import { operatorCommand } from '../../src/cli/commands/operator.ts';
import { version } from '../../src/cli/version.ts';
import type { ObjectMeta } from '../../src/kube/resource.ts';
import { schemaOf } from '../../src/policy/schema.ts';
import { locateHelm } from '../environment/helm.ts';
import { type ChartValue, type ValueSchema, valuesIn } from '../generate/chart.ts';
import {
  BUILD_TIME,
  CHART,
  EVERYTHING,
  NAMED,
  objectsIn,
  type Release,
  renderChart,
  renderers,
  run,
  titleOf,
  withValue,
} from './rendering.ts';

beforeAll(() => renderers(), BUILD_TIME);

const schema: ValueSchema = JSON.parse(readFileSync(join(CHART, 'values.schema.json'), 'utf8'));
const values = valuesIn(schema);

let renderedEverything: Promise<string>;
let renderedNamed: Promise<string>;
beforeAll(() => {
  renderedEverything = renderChart(EVERYTHING);
  renderedNamed = renderChart(NAMED);
});

const FLEET = { region: 'eu-central-1', allowedNamespaces: { from: 'All' } };

const pathOf = ({ path }: ChartValue) => path.join('.');

interface Container {
  readonly image: string;
  readonly args: readonly string[];
  readonly env: readonly { readonly name: string; readonly value?: string }[];
  readonly startupProbe: object;
  readonly livenessProbe: object;
  readonly readinessProbe: object;
}
interface PodTemplate {
  readonly metadata: ObjectMeta;
  readonly spec: { readonly imagePullSecrets?: unknown } & object;
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
    ['an unknown value', { replicas: 3 }, "additional properties 'replicas' not allowed"],
    ['an unknown nested value', { image: { pullSecrets: [] } }, "additional properties 'pullSecrets' not allowed"],
    ['a string instead of a number', { replicaCount: 'three' }, '/replicaCount'],
    ['a negative number of replicas', { replicaCount: -1 }, '/replicaCount'],
    ['a string instead of a boolean', { reports: { enabled: 'no' } }, '/reports/enabled'],
    [
      'a value that was removed',
      { operator: { ambientFleet: true } },
      "value must be 'removed; name namespaces in operator.ambientFleetNamespaces'",
    ],
    [
      'a pattern instead of a namespace',
      { operator: { ambientFleetNamespaces: ['*'] } },
      '/operator/ambientFleetNamespaces/0',
    ],
    ['an invalid digest', { image: { digest: 'sha256:abc' } }, '/image/digest'],
    ['an unknown pull policy', { image: { pullPolicy: 'Sometimes' } }, '/image/pullPolicy'],
    ['a duration without a unit', { operator: { leaseDuration: '15' } }, '/operator/leaseDuration'],
    ['an invalid region', { aws: { region: 'Frankfurt' } }, '/aws/region'],
    ['an unknown log level', { operator: { logLevel: 'loud' } }, '/operator/logLevel'],
    ['a privileged port', { metrics: { port: 80 } }, '/metrics/port'],
    ['a name in capitals', { fullnameOverride: 'Bad_Name' }, '/fullnameOverride'],
    ['a namespace with a dot', { namespaceOverride: 'a.b' }, '/namespaceOverride'],
    ['a label with blanks', { commonLabels: { owner: 'Jane Doe' } }, '/commonLabels/owner'],
    ['a common label of the selector', { commonLabels: { 'app.kubernetes.io/name': 'x' } }, '/commonLabels'],
    ['a pod label of the selector', { podLabels: { 'app.kubernetes.io/instance': 'x' } }, '/podLabels'],
    ['a second container with the name of the first', { extraContainers: [{ name: 'operator', image: 'x' }] }, 'name'],
    [
      'a fleet without namespaces',
      { fleets: { emea: { region: 'eu-central-1' } } },
      "missing property 'allowedNamespaces'",
    ],
    ['a misspelled field of a fleet', { fleets: { emea: { ...FLEET, freeze: true } } }, "'freeze' not allowed"],
    ['an empty list of directories', { fleets: { emea: { ...FLEET, directoryIDs: [] } } }, '/directoryIDs'],
    [
      'an empty selector of namespaces',
      { fleets: { emea: { ...FLEET, allowedNamespaces: { from: 'Selector', selector: {} } } } },
      '/selector',
    ],
    ['equal ports', { health: { port: 8080 } }, 'health.port and metrics.port must differ'],
    ['an annotation that is not a string', { podAnnotations: { scan: true } }, '/podAnnotations/scan'],
    ['a budget that blocks each drain', { podDisruptionBudget: { maxUnavailable: 0 } }, '/maxUnavailable'],
    ['a budget of no percent', { podDisruptionBudget: { maxUnavailable: '0%' } }, '/maxUnavailable'],
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

  test('a NetworkPolicy lets the pod reach the Pod Identity Agent over IPv4 and IPv6', async () => {
    const objects = await render({ networkPolicy: { create: true } });
    const { spec } = objects.get('NetworkPolicy wsap-system/wsap') as { spec: { egress: unknown[] } };
    expect(spec.egress).toContainEqual({
      ports: [{ port: 80, protocol: 'TCP' }],
      to: [{ ipBlock: { cidr: '169.254.170.23/32' } }, { ipBlock: { cidr: 'fd00:ec2::23/128' } }],
    });
  });
});

/** Default of each flag of `wsap operator`, by its environment variable. */
const flags = new Map(
  operatorCommand()
    .options.filter(({ envVar }) => envVar !== undefined)
    .map(({ envVar = '', defaultValue, defaultValueDescription }) => [
      envVar,
      Array.isArray(defaultValue)
        ? defaultValue.join(',')
        : (defaultValueDescription ?? (defaultValue === undefined ? undefined : String(defaultValue))),
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
    [{ registry: 'registry.example.com', tag: '1.2.3' }, 'registry.example.com/wsap:1.2.3'],
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

test.each<[string, Release, Release]>([
  ['in one namespace', { name: 'one', namespace: 'platform' }, { name: 'two', namespace: 'platform' }],
  ['of the same name', { name: 'one', namespace: 'platform' }, { name: 'one', namespace: 'elsewhere' }],
])('two releases %s share only the CRDs', async (_, first, second) => {
  const watching = { ...EVERYTHING, operator: { namespace: 'desktops' } };
  const one = await render(watching, first);
  const two = await render(watching, second);
  const shared = [...one.keys()].filter((title) => two.has(title));
  expect(shared).toEqual([
    'CustomResourceDefinition notificationproviders.wsap.dev',
    'CustomResourceDefinition workspaceapplicationpolicies.wsap.dev',
    'CustomResourceDefinition workspacefleets.wsap.dev',
  ]);
  expect([...one.keys()]).toContain('Deployment platform/one-wsap');
});

describe('an audit log with the name of the pod in its path', () => {
  const operator = { auditLog: '/var/log/wsap/$(POD_NAME).log' };

  test('gets the name before the path, so that Kubernetes expands it', async () => {
    const { env } = await containerOf({ operator });
    const names = env.map(({ name }) => name);
    expect(names.indexOf('POD_NAME')).toBeGreaterThanOrEqual(0);
    expect(names.indexOf('WSAP_AUDIT_LOG')).toBeGreaterThan(names.indexOf('POD_NAME'));
    expect(env.find(({ name }) => name === 'POD_NAME')).toEqual({
      name: 'POD_NAME',
      valueFrom: { fieldRef: { fieldPath: 'metadata.name' } },
    });
  });

  test('allows no other POD_NAME', async () => {
    const extraEnv = [{ name: 'POD_NAME', value: 'other' }];
    await expect(renderChart({ operator, extraEnv })).rejects.toThrow('remove it from extraEnv');
  });
});

describe('a variable of extraEnv', () => {
  test('replaces the variable of the chart with the same name', async () => {
    const extraEnv = [
      { name: 'WSAP_LOG_LEVEL', value: 'debug' },
      { name: 'AWS_REGION', valueFrom: { configMapKeyRef: { name: 'aws', key: 'region' } } },
    ];
    const { env } = await containerOf({ aws: { region: 'eu-central-1' }, extraEnv });
    expect(env.filter(({ name }) => ['WSAP_LOG_LEVEL', 'AWS_REGION'].includes(name))).toEqual(extraEnv);
    expect(new Set(env.map(({ name }) => name)).size).toBe(env.length);
  });

  test('can occur only once', async () => {
    const extraEnv = [
      { name: 'A', value: '1' },
      { name: 'A', value: '2' },
    ];
    await expect(renderChart({ extraEnv })).rejects.toThrow('extraEnv contains the variable A twice');
  });
});

describe('common metadata', () => {
  const everywhere = { ...EVERYTHING, fleets: { emea: FLEET }, operator: { namespace: 'desktops' } };

  test('is on all objects, and labels are on the pods', async () => {
    const common = { commonLabels: { team: 'x' }, commonAnnotations: { 'example.com/owner': 'Jane Doe (IT)' } };
    const objects = objectsIn(await renderChart({ ...everywhere, ...common }));
    const lacking = objects.filter(
      ({ metadata }) =>
        metadata.labels?.team !== 'x' || metadata.annotations?.['example.com/owner'] !== 'Jane Doe (IT)',
    );
    expect(objects.length).toBeGreaterThan(15);
    expect(lacking.map(titleOf)).toEqual([]);
    const { spec } = objects.find(({ kind }) => kind === 'Deployment') as unknown as {
      spec: { template: PodTemplate; selector: { matchLabels: object } };
    };
    expect(spec.template.metadata.labels).toMatchObject({ team: 'x', ...spec.selector.matchLabels });
    expect(spec.selector.matchLabels).not.toHaveProperty('team');
  });

  test('moves all objects to another namespace', async () => {
    const namespaces = async (values: object) =>
      [...(await render(values, { namespace: 'wsap-system' })).keys()].map((title) => / (.*)\//.exec(title)?.[1]);
    expect(new Set(await namespaces({ ...everywhere, namespaceOverride: 'platform' }))).toEqual(
      new Set([undefined, 'platform', 'desktops', 'default']),
    );
  });
});

describe('in a parent chart', () => {
  test('the chart accepts the values with which a parent enables it, and values for other charts', async () => {
    const values = { enabled: true, tags: { desktops: true }, global: { storageClass: 'gp3' } };
    expect(await renderChart(values)).toBe(await renderChart());
    // A parent chart removes the default of a value with null.
    expect(await renderChart({ global: null })).toBe(await renderChart());
  });

  test('global values select the registry and its credentials', async () => {
    const global = { imageRegistry: 'mirror.example.com/', imagePullSecrets: ['shared', { name: 'other' }] };
    const values = { global, image: { registry: 'ignored' }, imagePullSecrets: [{ name: 'own' }] };
    const deployment = (await render(values)).get('Deployment wsap-system/wsap') as { spec: { template: PodTemplate } };
    expect(deployment.spec.template.spec.imagePullSecrets).toEqual([
      { name: 'own' },
      { name: 'shared' },
      { name: 'other' },
    ]);
    expect((await containerOf(values)).image).toBe(`mirror.example.com/wsap:${version}`);
  });

  test('a parent chart that enables, disables, and configures the chart renders', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'wsap-umbrella-'));
    onTestFinished(() => rm(folder, { recursive: true }));
    const example = join(CHART, '../../examples/umbrella');
    await cp(example, folder, { recursive: true });
    await cp(CHART, join(folder, 'charts/wsap'), { recursive: true });
    const helm = await locateHelm();
    const titles = async (...args: string[]) =>
      objectsIn(await run(helm, ['template', 'platform', folder, '--namespace', 'platform', ...args])).map(titleOf);
    expect(await titles()).toEqual(
      expect.arrayContaining(['Deployment platform/platform-wsap', 'WorkspaceFleet default']),
    );
    expect(await titles('--set', 'wsap.enabled=false')).toEqual([]);
  });
});

describe('the fleets', () => {
  const TITLE = 'WorkspaceFleet emea';
  const values = { fleets: { emea: { ...FLEET, rateLimit: { requestsPerMinute: 60_000 } } } };

  test('are objects of the release if the cluster has the CRDs', async () => {
    const apiVersions = ['wsap.dev/v1alpha1/WorkspaceFleet'];
    const fleet = (await render(values, { apiVersions })).get(TITLE);
    expect(fleet).toMatchObject({ spec: values.fleets.emea });
    expect(fleet).not.toHaveProperty('metadata.annotations');
  });

  test('are created after the CRDs otherwise, such that the release can adopt them', async () => {
    expect((await render(values, { name: 'one', namespace: 'platform' })).get(TITLE)).toMatchObject({
      metadata: {
        labels: { 'app.kubernetes.io/managed-by': 'Helm' },
        annotations: {
          'helm.sh/hook': 'post-install,post-upgrade,post-rollback',
          'helm.sh/hook-delete-policy': 'hook-failed',
          'meta.helm.sh/release-name': 'one',
          'meta.helm.sh/release-namespace': 'platform',
        },
      },
    });
  });

  test('can have all fields of a WorkspaceFleet', () => {
    const { fleet } = (schema as unknown as { definitions: { fleet: { properties: object; required: string[] } } })
      .definitions;
    const { spec } = (
      schemaOf('WorkspaceFleet') as { properties: { spec: { properties: object; required: string[] } } }
    ).properties;
    expect(Object.keys(fleet.properties).sort()).toEqual(Object.keys(spec.properties).sort());
    expect(fleet.required).toEqual(spec.required);
  });
});

describe('the roles of users', () => {
  const labelsOf = async (values: object) => {
    const objects = await render(values);
    return ['view', 'edit'].map((role) => {
      const { metadata } = objects.get(`ClusterRole wsap-wsap-system-${role}`) as { metadata: ObjectMeta };
      return Object.keys(metadata.labels ?? {}).flatMap((key) => /aggregate-to-(\w+)$/.exec(key)?.[1] ?? []);
    });
  };

  test.each([
    ['only reading by default', {}, ['admin', 'edit', 'view'], []],
    ['nothing', { view: false }, [], []],
    ['writing if the installation says so', { edit: true }, ['admin', 'edit', 'view'], ['admin', 'edit']],
  ])('extend the roles of Kubernetes with %s', async (_, aggregate, view, edit) => {
    expect(await labelsOf({ rbac: { aggregate } })).toEqual([view, edit]);
  });
});

test('extra objects can be maps and text, and contain templates', async () => {
  const map = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: '{{ .Release.Name }}-a' } };
  const text = 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: "{{ include "wsap.fullname" . }}-b"}\n';
  const titles = [...(await render({ extraObjects: [map, text] })).keys()];
  expect(titles).toEqual(expect.arrayContaining(['ConfigMap wsap-a', 'ConfigMap wsap-b']));
});

describe('notifications', () => {
  const secretRules = async (notifications: object, more: object = {}) =>
    objectsIn(await renderChart({ notifications, ...more }))
      .filter(({ kind = '' }) => kind.endsWith('Role'))
      .flatMap((role) => (role as unknown as { rules: { resources: string[] }[] }).rules)
      .filter(({ resources }) => resources.includes('secrets'));

  test.each([
    ['notifications are disabled', { enabled: false, secretNames: ['slack-desktops'] }],
    ['no Secret is named', { enabled: true }],
    ['the list of Secrets is empty', { enabled: true, secretNames: [] }],
    ['the list of Secrets is null', { enabled: true, secretNames: null }],
  ])('grant no permission for Secrets if %s', async (_, notifications) => {
    expect(await secretRules(notifications)).toEqual([]);
    expect(await secretRules(notifications, { operator: { namespace: 'desktops' } })).toEqual([]);
  });

  test('grant the permission to get exactly the named Secrets, in the namespace of the release', async () => {
    const secretNames = ['slack-desktops', 'ticket-system'];
    const objects = await render({ notifications: { enabled: true, secretNames } });
    expect(objects.get('Role wsap-system/wsap-notifications')).toMatchObject({
      rules: [{ apiGroups: [''], resources: ['secrets'], resourceNames: secretNames, verbs: ['get'] }],
    });
    expect(await secretRules({ enabled: true, secretNames })).toHaveLength(1);
  });

  test('without Secrets keep the permissions for providers of Amazon SNS', async () => {
    const titles = [...(await render({ notifications: { enabled: true } })).keys()];
    expect(titles).toContain('ClusterRoleBinding wsap-wsap-system-notifications');
    expect(titles.filter((title) => title.endsWith('/wsap-notifications'))).toEqual([]);
  });
});

describe('the approval policy', () => {
  const binding = 'ValidatingAdmissionPolicyBinding wsap-wsap-system-approval';
  const role = 'ClusterRole wsap-wsap-system-approve';

  test('is absent by default', async () => {
    const titles = [...(await render({})).keys()];
    expect(titles.filter((title) => /approv|Admission/.test(title))).toEqual([]);
  });

  test('restricts approvals in all namespaces and extends no other role', async () => {
    const objects = await render({ approvalPolicy: { enabled: true } });
    expect(objects.get(binding)).toMatchObject({
      spec: { policyName: 'wsap-wsap-system-approval', validationActions: ['Deny'] },
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
    const { spec } = objects.get('ValidatingAdmissionPolicy emea-wsap-system-approval') as {
      spec: { validations: readonly { message: string; messageExpression: string }[] };
    };
    expect([...objects.keys()]).toContain('ClusterRole emea-wsap-system-approve');
    for (const { message, messageExpression } of spec.validations) {
      expect(message).toContain('ClusterRole emea-wsap-system-approve');
      expect(messageExpression).toContain('ClusterRole emea-wsap-system-approve');
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
