import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parse, stringify } from 'yaml';
import type { ReportResult } from '../../src/reports/results.ts';
import { type ControlPlane, startControlPlane } from '../environment/controlPlane.ts';
import { ClusterHarness, eventually, eventuallyReported, fleetOf, OFFICE, VISIO } from './clusterHarness.ts';

interface Report {
  readonly metadata: { readonly name: string; readonly resourceVersion: string };
  readonly results: ReportResult[];
  readonly summary: Record<string, number>;
}

const CRDS = {
  reports: join(import.meta.dirname, 'upstream/reports.openreports.io.yaml'),
  policyreports: join(import.meta.dirname, 'upstream/policyreports.wgpolicyk8s.io.yaml'),
};
/** Control plane of this file, because CRDs apply to a whole cluster. */
let cluster: ControlPlane;
let directory: string;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'wsap-reports-'));
  cluster = await startControlPlane({ crdPaths: [join(import.meta.dirname, '../../crds')] });
});
afterAll(async () => {
  await cluster.stop();
  await rm(directory, { recursive: true });
});

function begin(
  fleet: Parameters<typeof ClusterHarness.start>[0],
  flags: readonly string[] = [],
): Promise<ClusterHarness> {
  return ClusterHarness.start(fleet, ['--log-level', 'debug', '--report-interval', '3s', ...flags], [], { cluster });
}

async function reportsIn(harness: ClusterHarness, kind: keyof typeof CRDS = 'reports'): Promise<Report[]> {
  return JSON.parse(await harness.kubectl('get', kind, '-o', 'json')).items;
}

/** Returns the IDs of the WorkSpaces in the reports. */
async function named(harness: ClusterHarness, kind?: keyof typeof CRDS): Promise<string[]> {
  const reports = await reportsIn(harness, kind);
  return reports.flatMap(({ results }) => results.map((one) => one.resources[0].name)).sort();
}

interface Line {
  readonly level: string;
  readonly msg: string;
  readonly outcome?: unknown;
}

function linesOf(harness: ClusterHarness): Line[] {
  return harness.operator.log.split('\n').flatMap((line) => (line.startsWith('{') ? [JSON.parse(line) as Line] : []));
}

/** Returns the outcome of each pass over the reports so far. */
function reportOutcomes(harness: ClusterHarness): unknown[] {
  return linesOf(harness).flatMap(({ msg, outcome }) => (msg === 'reports synced' ? [outcome] : []));
}

/** Returns the warnings about reports. */
function warningsOf(harness: ClusterHarness): Line[] {
  return linesOf(harness).filter(({ level, msg }) => level === 'warn' && msg.includes('reports'));
}

const AUDIT = { enforcement: 'Audit', interval: '5s' } as const;

test('the operator writes reports of whichever CRD is installed, while CRDs are added and removed', {
  timeout: 400_000,
}, async () => {
  await using harness = await begin(fleetOf(6, 2));
  const having = [...harness.statesOf(VISIO).keys()].sort();
  const [exempt = ''] = having;
  await harness.apply('no-visio', AUDIT);
  await eventually(() => expect(reportOutcomes(harness)).toContain('NotInstalled'));
  await harness.waitForCondition('no-visio', 'Ready', 'True');

  await cluster.kubectl(['apply', '-f', CRDS.policyreports]);
  await eventuallyReported(async () => expect(await named(harness, 'policyreports')).toEqual(having));
  await harness.apply('no-visio', { ...AUDIT, workspaceSelector: { all: true, exclude: { workspaceIDs: [exempt] } } });
  await eventuallyReported(async () => expect(await named(harness, 'policyreports')).toEqual(having.slice(1)));

  await cluster.kubectl(['apply', '-f', CRDS.reports]);
  await eventuallyReported(async () => expect(await named(harness, 'reports')).toEqual(having.slice(1)));
  await eventuallyReported(async () => expect(await reportsIn(harness, 'policyreports')).toEqual([]));

  await cluster.kubectl(['delete', '-f', CRDS.reports]);
  await eventuallyReported(async () => expect(await named(harness, 'policyreports')).toEqual(having.slice(1)));
  await harness.apply('no-visio', { interval: '5s' });
  await eventuallyReported(async () => expect(await reportsIn(harness, 'policyreports')).toEqual([]));
  await harness.waitForCondition('no-visio', 'Compliant', 'True');
  expect(warningsOf(harness)).toEqual([]);
});

describe('with the Report CRD', { concurrent: true, timeout: 300_000 }, () => {
  beforeAll(async () => {
    await cluster.kubectl(['apply', '-f', CRDS.reports]);
    await cluster.kubectl(['wait', '--for=condition=Established', '-f', CRDS.reports]);
  });

  test('1,200 violations are split into reports of at most 500, and only changed reports are written', async () => {
    await using harness = await begin(fleetOf(1_200, 1));
    const having = [...harness.statesOf(VISIO).keys()].sort();
    await harness.apply('no-visio', AUDIT);
    await eventuallyReported(async () => expect(await named(harness)).toEqual(having));
    const reports = await reportsIn(harness);
    expect(Math.max(...reports.map(({ results }) => results.length))).toBeLessThanOrEqual(500);
    expect(reports.reduce((sum, { summary }) => sum + (summary.fail ?? 0), 0)).toBe(1_200);
    expect((await harness.policy('no-visio')).status?.compliance?.drifted).toBe(1_200);

    const versionsOf = (all: Report[]) => all.map(({ metadata }) => `${metadata.name} ${metadata.resourceVersion}`);
    const before = reportOutcomes(harness).length;
    await eventually(() => expect(reportOutcomes(harness).length).toBeGreaterThan(before));
    expect(reportOutcomes(harness).slice(before)).toEqual(
      reportOutcomes(harness).slice(before).fill({ written: 0, deleted: 0 }),
    );
    expect(versionsOf(await reportsIn(harness))).toEqual(versionsOf(reports));

    harness.simulator.simulated.putAssociation(having[0] ?? '', VISIO, { state: 'REMOVED' });
    await eventuallyReported(async () => expect(await named(harness)).toEqual(having.slice(1)));
    const after = versionsOf(await reportsIn(harness));
    expect(after.filter((version) => !versionsOf(reports).includes(version))).toHaveLength(1);
  });

  test('an operator without permission for reports works, reports the missing permission once, and writes reports after it is granted', async () => {
    const user = 'system:serviceaccount:default:limited';
    await cluster.kubectl(['create', 'serviceaccount', 'limited']);
    await allow(user, 'limited', [
      { apiGroups: ['wsap.dev'], resources: ['*'], verbs: ['get', 'list', 'watch', 'patch'] },
      { apiGroups: [''], resources: ['namespaces', 'events'], verbs: ['list', 'watch', 'create', 'patch'] },
      {
        apiGroups: ['coordination.k8s.io'],
        resources: ['leases'],
        verbs: ['get', 'list', 'watch', 'create', 'update', 'delete'],
      },
    ]);
    const operatorKubeconfigPath = await kubeconfigOf('limited');
    await using harness = await ClusterHarness.start(fleetOf(6, 2), ['--report-interval', '3s'], [], {
      cluster,
      operatorKubeconfigPath,
    });
    await harness.apply('no-visio', AUDIT);
    await harness.apply('no-office', { ...AUDIT, applications: { denied: [{ id: OFFICE }] } });
    await eventuallyReported(async () => {
      const events = (await harness.events()).filter(({ reason }) => reason === 'ReportNotWritten');
      expect(events.length).toBe(2);
      expect(events[0]?.message).toContain('grant the verb "list" on reports.openreports.io');
    });
    await harness.waitForCondition('no-visio', 'Ready', 'True');
    await harness.apply('enforced');
    await harness.waitForCondition('enforced', 'Compliant', 'True');
    expect(warningsOf(harness)).toHaveLength(1);

    const verbs = ['get', 'list', 'create', 'patch', 'delete'];
    await allow(user, 'reporting', [{ apiGroups: ['openreports.io'], resources: ['reports'], verbs }]);
    const everywhere = [...harness.statesOf(OFFICE).keys()].sort();
    await eventuallyReported(async () => expect(await named(harness)).toEqual(everywhere));
  });

  test('reports contain all results and user names on request, and --reports off writes none', async () => {
    await using silent = await begin(fleetOf(4, 2), ['--reports', 'off']);
    await silent.apply('no-visio', AUDIT);
    await silent.waitForCondition('no-visio', 'Ready', 'True');
    await using harness = await begin(fleetOf(4, 2), ['--report-results', 'all', '--report-user-names', 'true']);
    await harness.apply('office', { ...AUDIT, applications: { required: [{ id: OFFICE }], denied: [{ id: VISIO }] } });
    const [report] = await eventuallyReported(async () => {
      const reports = await reportsIn(harness);
      expect(reports).toHaveLength(1);
      return reports;
    });
    expect(report?.summary).toEqual({ pass: 4, fail: 2, warn: 0, error: 0, skip: 0 });
    expect(report?.results.map(({ properties }) => properties.userName)).toContain('user0001');
    expect(await reportsIn(silent)).toEqual([]);
  });
});

/** Grants permissions to a user in the whole cluster. */
async function allow(user: string, name: string, rules: readonly object[]): Promise<void> {
  const rbac = { apiVersion: 'rbac.authorization.k8s.io/v1', metadata: { name } };
  const subjects = [{ apiGroup: 'rbac.authorization.k8s.io', kind: 'User', name: user }];
  const roleRef = { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name };
  for (const object of [
    { ...rbac, kind: 'ClusterRole', rules },
    { ...rbac, kind: 'ClusterRoleBinding', subjects, roleRef },
  ]) {
    await cluster.kubectl(['apply', '-f', '-'], stringify(object));
  }
}

/** Returns the path of a kubeconfig of a ServiceAccount in the namespace `default`. */
async function kubeconfigOf(serviceAccount: string): Promise<string> {
  const token = (await cluster.kubectl(['create', 'token', serviceAccount])).trim();
  const { users, ...config } = parse(cluster.kubeconfig) as { users: { name: string }[] };
  const path = join(directory, `${serviceAccount}.yaml`);
  await writeFile(path, stringify({ ...config, users: users.map(({ name }) => ({ name, user: { token } })) }));
  return path;
}
