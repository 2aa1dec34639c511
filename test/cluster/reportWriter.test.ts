import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { KubeConfig } from '@kubernetes/client-node';
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { systemClock } from '../../src/clock.ts';
import { ApiClient } from '../../src/kube/apiClient.ts';
import { KubeConfigFile } from '../../src/kube/kubeconfig/kubeConfigFile.ts';
import type { KubeObject, ObjectMeta } from '../../src/kube/resource.ts';
import { NAMESPACES, POLICIES } from '../../src/kube/resources.ts';
import { POLICY_REPORTS, REPORTS } from '../../src/reports/reportKinds.ts';
import { type ReportOwner, ReportWriter } from '../../src/reports/reportWriter.ts';
import { chunksOf } from '../../src/reports/resultChunks.ts';
import { type ReportResult, resultOf } from '../../src/reports/results.ts';
import {
  association,
  FLEET_LOCATION,
  guardedPlan,
  policy,
  policyObject,
  snapshot,
  VISIO,
  workspace,
  ws,
} from '../builders.ts';
import { assess } from '../completed.ts';
import { type ControlPlane, startControlPlane } from '../environment/controlPlane.ts';

interface WrittenReport extends KubeObject {
  readonly metadata: ObjectMeta & { ownerReferences: object[]; managedFields: { manager: string }[] };
  readonly results: (ReportResult & { timestamp: { seconds: number; nanos: number } })[];
  readonly summary: Record<string, number>;
}

const signal = new AbortController().signal;
let controlPlane: ControlPlane;
let client: ApiClient;
let namespace: string;

beforeAll(async () => {
  const crdPaths = [join(import.meta.dirname, '../../crds'), join(import.meta.dirname, 'upstream')];
  controlPlane = await startControlPlane({ crdPaths });
  const config = new KubeConfig();
  config.loadFromString(controlPlane.kubeconfig);
  client = new ApiClient(new KubeConfigFile(config), { clock: systemClock });
  // A CRD is established before its storage is ready. Until then, the API server responds with 429.
  for (const resource of [REPORTS, POLICY_REPORTS, POLICIES]) {
    await vi.waitFor(() => client.request({ verb: 'list', resource }), { timeout: 120_000 });
  }
});
afterAll(() => controlPlane.stop());

beforeEach(async () => {
  namespace = `reports-${randomUUID().slice(0, 8)}`;
  await client.request({ verb: 'create', resource: NAMESPACES, body: { metadata: { name: namespace } } });
});

/** Policy with its reports of one kind. */
class PolicyReports {
  readonly #owner: ReportOwner;
  readonly #kind: typeof REPORTS;
  now = new Date('2026-11-02T12:00:00.900Z');
  #writer = this.#newWriter();

  private constructor(owner: ReportOwner, kind: typeof REPORTS) {
    this.#owner = owner;
    this.#kind = kind;
  }

  static async start(kind = REPORTS, name = 'no-visio'): Promise<PolicyReports> {
    const body = { ...policyObject(name), metadata: { name } };
    const { metadata } = await client.request<KubeObject>({ verb: 'create', resource: POLICIES, namespace, body });
    return new PolicyReports({ resource: POLICIES, metadata: { name, namespace, uid: metadata.uid ?? '' } }, kind);
  }

  /** Reports Visio on these WorkSpaces, by number. */
  write(numbers: readonly number[]) {
    const first = policy();
    const fleet = snapshot(
      numbers.map((n) => workspace(ws(n))),
      numbers.map((n) => association(ws(n), VISIO)),
    );
    const rows = assess(guardedPlan(first, [first], fleet, this.now));
    const context = { policy: first, location: FLEET_LOCATION, userNames: false };
    return this.#writer.write(this.#kind, this.#owner, () => chunksOf(rows, (row) => resultOf(row, context)), signal);
  }

  /** Forgets everything that the process knew. */
  restart(): void {
    this.#writer = this.#newWriter();
  }

  remove(): Promise<void> {
    return this.#writer.remove(this.#kind, this.#owner, signal);
  }

  async reports(): Promise<WrittenReport[]> {
    const access = { verb: 'list', resource: this.#kind, namespace } as const;
    return (await client.request<{ items: WrittenReport[] }>(access)).items;
  }

  /** Returns the resource versions of the reports by name. */
  async versions(): Promise<Map<string, string | undefined>> {
    return new Map((await this.reports()).map(({ metadata }) => [metadata.name, metadata.resourceVersion]));
  }

  /** Returns the WorkSpaces in the reports. */
  async named(): Promise<string[]> {
    return (await this.reports()).flatMap(({ results }) => results.map((one) => one.resources[0].name)).sort();
  }

  #newWriter(): ReportWriter {
    return new ReportWriter(client, { ...systemClock, now: () => this.now });
  }
}

const upTo = (count: number) => Array.from({ length: count }, (_, n) => n);
const ids = (numbers: readonly number[]) => numbers.map(ws).sort();

describe.each([REPORTS, POLICY_REPORTS])('$kind', (kind) => {
  test('a report conforms to its schema, and the policy owns it', async () => {
    const reported = await PolicyReports.start(kind);
    expect(await reported.write([1, 2])).toEqual({ written: 1, deleted: 0 });
    const [report] = await reported.reports();
    expect(report?.metadata.name).toMatch(/^wsap-no-visio-[0-9a-f]{8}$/);
    expect(report?.metadata.labels).toMatchObject({
      'app.kubernetes.io/managed-by': 'wsap',
      'wsap.dev/policy': 'no-visio',
    });
    expect(report?.metadata.ownerReferences).toEqual([
      expect.objectContaining({ kind: 'WorkspaceApplicationPolicy', name: 'no-visio', controller: true }),
    ]);
    expect(report?.metadata.managedFields.map(({ manager }) => manager)).toEqual(['wsap-operator']);
    expect(report?.summary).toEqual({ pass: 0, fail: 2, warn: 0, error: 0, skip: 0 });
    expect(report?.results[0]).toMatchObject({
      policy: 'desktops/no-visio',
      result: 'fail',
      resources: [{ kind: 'Workspace', name: ws(1) }],
      properties: { applicationID: VISIO, action: 'Disassociate' },
      timestamp: { seconds: Date.parse('2026-11-02T12:00:00Z') / 1000, nanos: 0 },
    });
  });

  test('a report without results is deleted', async () => {
    const reported = await PolicyReports.start(kind);
    await reported.write([1]);
    expect(await reported.write([])).toEqual({ written: 0, deleted: 1 });
    expect(await reported.reports()).toEqual([]);
  });
});

test('unchanged reports are not written again, even after a restart', async () => {
  const reported = await PolicyReports.start();
  await reported.write(upTo(1_200));
  const versions = await reported.versions();
  expect(versions.size).toBeGreaterThan(2);
  reported.now = new Date('2026-11-03T12:00:00Z');
  expect(await reported.write(upTo(1_200))).toEqual({ written: 0, deleted: 0 });
  reported.restart();
  expect(await reported.write(upTo(1_200))).toEqual({ written: 0, deleted: 0 });
  expect(await reported.versions()).toEqual(versions);
});

test('removing a WorkSpace writes one report, and each result keeps its time', async () => {
  const reported = await PolicyReports.start();
  await reported.write(upTo(1_200));
  const before = await reported.versions();
  reported.now = new Date('2026-11-03T12:00:00Z');
  expect(await reported.write(upTo(1_199))).toEqual({ written: 1, deleted: 0 });
  const after = await reported.versions();
  expect([...after].filter(([name, version]) => before.get(name) !== version)).toHaveLength(1);
  expect(await reported.named()).toEqual(ids(upTo(1_199)));
  const times = (await reported.reports()).flatMap(({ results }) => results.map(({ timestamp }) => timestamp.seconds));
  expect(new Set(times)).toEqual(new Set([Date.parse('2026-11-02T12:00:00Z') / 1000]));
});

test('a full report splits and merges again without losing a result or its time', async () => {
  const reported = await PolicyReports.start();
  await reported.write(upTo(500));
  const whole = await reported.versions();
  reported.now = new Date('2026-11-03T12:00:00Z');
  expect(await reported.write(upTo(501))).toEqual({ written: 2, deleted: 1 });
  expect([...(await reported.versions()).keys()].map((name) => name.slice(-2))).toEqual(['-0', '-1']);
  expect(await reported.named()).toEqual(ids(upTo(501)));
  const times = (await reported.reports()).flatMap(({ results }) => results.map(({ timestamp }) => timestamp.seconds));
  expect(times.filter((time) => time === Date.parse('2026-11-03T12:00:00Z') / 1000)).toHaveLength(1);
  expect(await reported.write(upTo(500))).toEqual({ written: 1, deleted: 2 });
  expect([...(await reported.versions()).keys()]).toEqual([...whole.keys()]);
  expect(await reported.named()).toEqual(ids(upTo(500)));
});

describe('changes by others to a report are reverted', () => {
  test('a deleted report is created again', async () => {
    const reported = await PolicyReports.start();
    await reported.write([1]);
    await reported.remove();
    expect(await reported.write([1])).toEqual({ written: 1, deleted: 0 });
    expect(await reported.named()).toEqual([ws(1)]);
  });

  test.each([
    ['results', { results: [] }],
    ['counts', { summary: { fail: 0 } }],
    ['labels', { metadata: { labels: { 'wsap.dev/policy': null } } }],
    ['managed-by label', { metadata: { labels: { 'app.kubernetes.io/managed-by': null } } }],
    ['owners', { metadata: { ownerReferences: [] } }],
  ])('a report is restored after its %s have changed', async (_, patch) => {
    const reported = await PolicyReports.start();
    await reported.write([1]);
    const [before] = await reported.reports();
    const { name = '', labels } = before?.metadata ?? {};
    const edit = ['-n', namespace, 'patch', 'reports', name, '--type=merge', '-p', JSON.stringify(patch)];
    await controlPlane.kubectl(edit);
    expect(await reported.write([1])).toEqual({ written: 1, deleted: 0 });
    const [report] = await reported.reports();
    expect(report?.metadata.labels).toEqual(labels);
    expect(report?.metadata.ownerReferences).toHaveLength(1);
    expect(report?.results).toHaveLength(1);
    expect(report?.summary.fail).toBe(1);
  });
});

test('policies with similar names have separate reports', async () => {
  const long = `${'a'.repeat(120)}.${'b'.repeat(120)}`;
  const names = ['a', 'a-0', 'a.0', long, `${long}b`];
  for (const [n, name] of names.entries()) {
    const one = await PolicyReports.start(REPORTS, name);
    await one.write([n]);
  }
  const all = await PolicyReports.start();
  expect(await all.named()).toEqual(ids(upTo(names.length)));
  const reports = await all.reports();
  expect(new Set(reports.map(({ metadata }) => metadata.ownerReferences)).size).toBe(names.length);
});
