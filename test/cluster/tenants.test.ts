import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { stringify } from 'yaml';
import { type ControlPlane, startControlPlane } from '../environment/controlPlane.ts';
import { canaryToken, canaryTokensIn } from './canaryTokens.ts';
import { ClusterHarness, eventually, eventuallyReported, fleetOf, OFFICE, VISIO } from './clusterHarness.ts';

/** Control plane of this file, because its operator watches all namespaces. */
let cluster: ControlPlane;

beforeAll(async () => {
  const crdPaths = [join(import.meta.dirname, '../../crds'), join(import.meta.dirname, 'upstream')];
  cluster = await startControlPlane({ crdPaths });
});
afterAll(() => cluster.stop());

/** Applies a policy in a namespace whose readers aren't those of the harness's namespace. */
async function applyIn(namespace: string, name: string, spec: object): Promise<void> {
  const manifest = {
    apiVersion: 'wsap.dev/v1alpha1',
    kind: 'WorkspaceApplicationPolicy',
    metadata: { name, namespace },
    spec: { enforcement: 'Enforce', safeguards: { maxAffectedWorkspaces: '100%' }, ...spec },
  };
  await cluster.kubectl(['apply', '-f', '-'], stringify(manifest));
}

test('statuses, Events, and reports contain no names and no texts of policies in other namespaces', {
  timeout: 300_000,
}, async () => {
  const flags = ['--report-interval', '2s', '--report-results', 'all'];
  const options = { cluster, allNamespaces: true };
  await using harness = await ClusterHarness.start(fleetOf(4, 1), flags, [], options);
  const [excepted = '', allowed = '', pending = '', closing = ''] = [...harness.statesOf(VISIO).keys()].sort();
  const hr = canaryToken('namespace');
  const reason = canaryToken('reason');
  const selecting = (...workspaceIDs: string[]) => ({
    fleetRef: { name: harness.fleetName('own') },
    workspaceSelector: { workspaceIDs },
  });
  const ended = canaryToken('ended');
  await cluster.kubectl(['create', 'namespace', hr]);
  await applyIn(hr, canaryToken('excepting'), {
    ...selecting(excepted),
    applications: { denied: [{ id: VISIO }] },
    exceptions: [{ workspaceIDs: [excepted], application: { id: VISIO }, reason }],
  });
  await applyIn(hr, canaryToken('allowing'), { ...selecting(allowed), applications: { allowed: [{ id: VISIO }] } });
  await applyIn(hr, ended, { ...selecting(closing), applications: { allowed: [{ id: VISIO }] } });
  await applyIn(hr, canaryToken('manual'), {
    ...selecting(pending),
    applications: { denied: [{ id: OFFICE }] },
    rollout: { deploy: 'Manual' },
  });
  await eventually(() => expect(harness.statesOf(OFFICE).get(pending)).toBe('PENDING_UNINSTALL_DEPLOYMENT'));
  await cluster.kubectl(['delete', 'wsap', '-n', hr, ended]);
  await harness.apply('no-visio', { interval: '5s' });

  await eventuallyReported(async () => {
    const { status } = await harness.policy('no-visio');
    const messages = new Map(status?.associations?.map(({ workspaceID, message }) => [workspaceID, message]));
    expect(messages.get(excepted)).toBe('excepted by a policy of another namespace');
    expect(messages.get(allowed)).toContain('denied by this policy, allowed by a policy of another namespace');
    expect(messages.get(closing)).toContain('allowed by a policy of another namespace (deleted or changed, in effect');
    expect(messages.get(pending)).toContain('a change that a policy of another namespace requests');
  });
  const written = async () => {
    const [policies = '', ...others] = await Promise.all(
      ['wsap', 'events', 'reports', 'policyreports'].map((kind) => harness.kubectl('get', kind, '-o', 'json')),
    );
    return [policies, ...others].join('\n');
  };
  await eventuallyReported(async () => expect(await written()).toContain('stays unchanged: excepted by'));
  const text = await written();
  expect(text).toContain('"reason": "Conflict"');
  expect(canaryTokensIn(text)).toEqual([]);

  expect(await cluster.kubectl(['get', 'wsap', '-n', hr, '-o', 'jsonpath={.items[*].status}'])).toContain(reason);
  await eventually(() => {
    expect(harness.operator.log).toContain(`excepted by ${hr}/`);
    expect(harness.operator.log).toContain(reason);
  });
  expect(harness.changes().filter((change) => change.includes(VISIO))).toEqual([]);
});
