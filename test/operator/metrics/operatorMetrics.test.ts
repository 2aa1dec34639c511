import { beforeEach, describe, expect, test, vi } from 'vitest';
import type { QueueState } from '../../../src/kube/queue.ts';
import { POLICIES } from '../../../src/kube/resources.ts';
import type { OperatorMetrics } from '../../../src/operator/metrics/operatorMetrics.ts';
import { startFleet, WORKSPACE } from '../../aws/harness.ts';
import { exception, ok } from '../../aws/server.ts';
import { VirtualClock } from '../../fakes/clock.ts';
import { metricsOf, policyView, scrape } from './scenery.ts';

let metrics: OperatorMetrics;

beforeEach(() => {
  metrics = metricsOf();
});

describe('every metric', async () => {
  const all = await metricsOf().registry.getMetricsAsJSON();

  test.each(all.map(({ name, ...rest }) => [name, rest] as const))('%s follows the conventions', (name, metric) => {
    expect(name).toMatch(/^(wsap|controller_runtime|workqueue|rest_client|process|nodejs)_[a-z0-9_]+$/);
    expect(metric.help).toMatch(/^[A-Z][^\n]+$/);
    const isCounter = String(metric.type) === 'counter';
    expect(name.endsWith('_total')).toBe(isCounter);
    expect(name).not.toMatch(/_(milliseconds|ms|minutes|hours|percent|kilobytes|count|sum|bucket|gauge)$/);
    if (/(^|_)(duration|time|age|wait|silence|lag)(_|$)/.test(name) && !/per_second/.test(name)) {
      expect(name).toMatch(/_seconds(_total)?$|^wsap_aws_rate_limiter_waiting_requests$/);
    }
  });
});

/** Labels with a bounded number of values: fixed in the code, limited by the resources of the cluster, or single. */
const BOUNDED = new Set([
  ...[
    'action',
    'code',
    'condition',
    'controller',
    'enforcement',
    'event',
    'kind',
    'le',
    'method',
    'operation',
    'phase',
  ],
  ...['priority', 'reason', 'resource', 'result', 'space', 'state', 'status', 'type', 'verb'],
  ...['event', 'fleet', 'name', 'namespace', 'operator_identity', 'operator_namespace', 'provider'],
  ...['account', 'host', 'major', 'minor', 'node_version', 'patch', 'region', 'version'],
]);

test('all labels have a bounded number of values', () => {
  const labels = metrics.registry
    .getMetricsAsArray()
    .flatMap((metric) => (metric as unknown as { labelNames: string[] }).labelNames);
  expect(new Set(labels).difference(BOUNDED)).toEqual(new Set());
});

test('a policy has few series, which disappear with it', async () => {
  const policies = Array.from({ length: 100 }, (_, index) => policyView({ name: `policy-${index}` }));
  metrics = metricsOf({ policies: () => policies });
  const seriesNow = async () => (await scrape(metrics, 'wsap_policy_')).length;
  expect((await seriesNow()) / 100).toBeLessThanOrEqual(30);
  policies.length = 1;
  expect(await seriesNow()).toBeLessThanOrEqual(30);
});

describe('calls to AWS', () => {
  test('are counted by fleet, operation, and result for each attempt', async () => {
    const observer = metrics.aws.observe('emea');
    const script = [exception('ThrottlingException'), ok({ Associations: [] }), exception('AccessDeniedException')];
    await using harness = await startFleet(script, { observer });
    await harness.fleet.describeWorkspaceAssociations(WORKSPACE);
    await expect(harness.fleet.describeWorkspaceAssociations(WORKSPACE)).rejects.toThrow('lacks the IAM action');
    const of = (result: string) =>
      `wsap_aws_api_requests_total{fleet="emea",operation="DescribeWorkspaceAssociations",result="${result}"} 1`;
    expect(await scrape(metrics, 'wsap_aws_api_requests_total')).toEqual([
      of('Throttled'),
      of('Success'),
      of('AccessDenied'),
    ]);
    expect(await scrape(metrics, 'wsap_aws_api_request_duration_seconds_count')).toEqual([
      'wsap_aws_api_request_duration_seconds_count{operation="DescribeWorkspaceAssociations"} 3',
    ]);
    expect(await scrape(metrics, 'wsap_aws_rate_limiter_wait_seconds_count')).toEqual([
      'wsap_aws_rate_limiter_wait_seconds_count{fleet="emea",priority="urgent"} 0',
      'wsap_aws_rate_limiter_wait_seconds_count{fleet="emea",priority="inventory"} 3',
      'wsap_aws_rate_limiter_wait_seconds_count{fleet="emea",priority="background"} 0',
    ]);
  });

  test('of a closed fleet disappear and don’t reappear with pending calls', async () => {
    const observer = metrics.aws.observe('emea');
    observer.onResponse('DescribeTags', 'Success', 100);
    observer.end();
    observer.onWait('urgent', 10);
    observer.onResponse('DescribeTags', 'Canceled', 100);
    expect(await scrape(metrics, 'wsap_aws_api_requests_total')).toEqual([]);
    expect(await scrape(metrics, 'wsap_aws_rate_limiter_wait_seconds')).toEqual([]);
  });

  test('of a reconnected fleet start at zero', async () => {
    const before = metrics.aws.observe('emea');
    before.onResponse('DescribeTags', 'Success', 100);
    before.end();
    metrics.aws.observe('emea').onResponse('DescribeTags', 'Success', 100);
    before.end();
    expect(await scrape(metrics, 'wsap_aws_api_requests_total')).toEqual([
      'wsap_aws_api_requests_total{fleet="emea",operation="DescribeTags",result="Success"} 1',
    ]);
  });
});

test('a queue shows its depth and the processing times of its keys', async () => {
  const clock = new VirtualClock();
  const state: QueueState = {
    depth: 3,
    processing: new Map([
      ['a', 0],
      ['b', 40_000],
    ]),
    slots: new Map(),
    waitingSince: 0,
    nextDue: undefined,
  };
  const idle = { ...state, depth: 0, processing: new Map() };
  metrics = metricsOf({ queue: (name) => (name === 'policy' ? state : idle) }, clock);
  await clock.advance(60_000);
  expect([
    ...(await scrape(metrics, 'workqueue_depth')),
    ...(await scrape(metrics, 'workqueue_unfinished_work_seconds')),
    ...(await scrape(metrics, 'workqueue_longest_running_processor_seconds')),
  ]).toEqual([
    'workqueue_depth{name="policy"} 3',
    'workqueue_depth{name="fleet"} 0',
    'workqueue_unfinished_work_seconds{name="policy"} 80',
    'workqueue_unfinished_work_seconds{name="fleet"} 0',
    'workqueue_longest_running_processor_seconds{name="policy"} 60',
    'workqueue_longest_running_processor_seconds{name="fleet"} 0',
  ]);
});

test('runs are counted by result and while in progress', async () => {
  const observer = metrics.runs.observe('policy', 4);
  observer.onStart();
  observer.onStart();
  observer.onEnd('error', 1_500);
  expect(await scrape(metrics, 'controller_runtime_active_workers')).toEqual([
    'controller_runtime_active_workers{controller="policy"} 1',
  ]);
  expect(await scrape(metrics, 'controller_runtime_reconcile_total{controller="policy"')).toEqual([
    'controller_runtime_reconcile_total{controller="policy",result="success"} 0',
    'controller_runtime_reconcile_total{controller="policy",result="requeue_after"} 0',
    'controller_runtime_reconcile_total{controller="policy",result="error"} 1',
  ]);
  expect(await scrape(metrics, 'controller_runtime_reconcile_errors_total')).toContain(
    'controller_runtime_reconcile_errors_total{controller="policy"} 1',
  );
  expect(await scrape(metrics, 'controller_runtime_reconcile_time_seconds_sum{controller="policy"')).toEqual([
    'controller_runtime_reconcile_time_seconds_sum{controller="policy"} 1.5',
  ]);
});

test('phases of runs are measured', async () => {
  metrics.runs.observePhase('decide', 250);
  expect(await scrape(metrics, 'wsap_reconcile_phase_seconds_sum')).toEqual([
    'wsap_reconcile_phase_seconds_sum{phase="observe"} 0',
    'wsap_reconcile_phase_seconds_sum{phase="decide"} 0.25',
    'wsap_reconcile_phase_seconds_sum{phase="apply"} 0',
    'wsap_reconcile_phase_seconds_sum{phase="report"} 0',
  ]);
});

test('the age of the last contact is shown for resources that had contact', async () => {
  const clock = new VirtualClock();
  const watches = () => [
    { resource: POLICIES, lastContactAt: 0, hasSynced: () => true },
    { resource: { ...POLICIES, plural: 'others' }, lastContactAt: Number.NEGATIVE_INFINITY, hasSynced: () => false },
  ];
  metrics = metricsOf({ watches }, clock);
  await clock.advance(90_000);
  expect(await scrape(metrics, 'wsap_watch_last_contact_age_seconds')).toEqual([
    'wsap_watch_last_contact_age_seconds{resource="workspaceapplicationpolicies.wsap.dev"} 90',
  ]);
  expect(await scrape(metrics, 'wsap_watch_synced')).toEqual([
    'wsap_watch_synced{resource="workspaceapplicationpolicies.wsap.dev"} 1',
    'wsap_watch_synced{resource="others.wsap.dev"} 0',
  ]);
});

test('every series names the namespace that the operator watches, if it watches only one', async () => {
  const policies = () => [policyView()];
  const namespaced = metricsOf({ policies }, new VirtualClock(), 'desktops');
  const lines = (await scrape(namespaced, '')).filter((line) => line !== '' && !line.startsWith('#'));
  expect(lines.length).toBeGreaterThan(50);
  expect(lines.filter((line) => !line.includes('watched_namespace="desktops"'))).toEqual([]);
  expect(await scrape(metricsOf({ policies }), 'wsap_policy_info')).toEqual([
    'wsap_policy_info{namespace="desktops",name="no-visio",fleet="emea",enforcement="Enforce"} 1',
  ]);
});

test('a scrape does not hide a blocked event loop from the next one', async () => {
  const blocked = () => scrape(metrics, 'nodejs_eventloop_delay_seconds_bucket{le="0.25"}');
  const all = () => scrape(metrics, 'nodejs_eventloop_delay_seconds_count');
  const longDelays = async () => Number((await all())[0]?.split(' ')[1]) - Number((await blocked())[0]?.split(' ')[1]);
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 500);
  await vi.waitFor(async () => expect(await longDelays()).toBeGreaterThan(0), { timeout: 30_000 });
  expect(await longDelays()).toBeGreaterThan(0);
  const active = async () => Number((await scrape(metrics, 'nodejs_eventloop_active_seconds_total'))[0]?.split(' ')[1]);
  const before = await active();
  expect(before).toBeGreaterThan(0);
  expect(await active()).toBeGreaterThanOrEqual(before);
});

test('two operators in one process share no metrics', async () => {
  metrics.runs.observe('policy', 4).onEnd('error', 1);
  expect(await scrape(metricsOf(), 'controller_runtime_reconcile_errors_total{controller="policy"}')).toEqual([
    'controller_runtime_reconcile_errors_total{controller="policy"} 0',
  ]);
});
