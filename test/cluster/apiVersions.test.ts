import { readFile } from 'node:fs/promises';
import { delimiter, dirname, join } from 'node:path';
import process from 'node:process';
import { expect, test } from 'vitest';
import { parse, stringify } from 'yaml';
import { runProgram } from '../clients/runProgram.ts';
import { type ControlPlane, startControlPlane } from '../environment/controlPlane.ts';
import { ClusterHarness, eventually, eventuallyReported, fleetOf, VISIO } from './clusterHarness.ts';

const CRDS = join(import.meta.dirname, '../../crds');
const GUIDE = join(import.meta.dirname, '../../docs/how-to/upgrade.md');
const PROVIDER = join(import.meta.dirname, '../../deploy/examples/notifications/sns.yaml');
const PLURALS = ['workspaceapplicationpolicies', 'workspacefleets', 'notificationproviders'] as const;

/** Versions of the CRDs, by the releases of decision 23, and after `v1alpha1` is removed. */
const RELEASES = {
  first: { alpha: { served: true, storage: true, deprecated: true }, beta: { served: true, storage: false } },
  second: { alpha: { served: true, storage: false, deprecated: true }, beta: { served: true, storage: true } },
  third: { alpha: { served: false, storage: false }, beta: { served: true, storage: true } },
  removed: { alpha: undefined, beta: { served: true, storage: true } },
} as const;

async function install(cluster: ControlPlane, release: keyof typeof RELEASES): Promise<void> {
  const { alpha, beta } = RELEASES[release];
  for (const plural of PLURALS) {
    const crd = parse(await readFile(join(CRDS, `${plural}.yaml`), 'utf8'));
    const [version] = crd.spec.versions;
    const versions = [{ ...version, name: 'v1beta1', ...beta }];
    crd.spec.conversion = { strategy: 'None' };
    crd.spec.versions = alpha === undefined ? versions : [{ ...version, ...alpha }, ...versions];
    await cluster.kubectl(['apply', '--server-side', '--force-conflicts', '-f', '-'], stringify(crd));
  }
}

/** Runs the shell commands of a section of the guide that contain a text. */
async function runGuide({ kubectlPath, kubeconfigPath }: ControlPlane, text: string) {
  const guide = await readFile(GUIDE, 'utf8');
  const section = guide.split(/^## /m).find((one) => one.startsWith('Move to a newer API version')) ?? '';
  const [script] = [...section.matchAll(/^ *```sh\n([\s\S]*?)^ *```/gm)]
    .map(([, code = '']) => code.replace(/^ {3}/gm, ''))
    .filter((code) => code.includes(text));
  expect(script, text).toBeDefined();
  const PATH = [dirname(kubectlPath), process.env.PATH].join(delimiter);
  return runProgram('bash', ['-c', script ?? ''], {
    env: { PATH, KUBECONFIG: kubeconfigPath, HOME: dirname(kubeconfigPath) },
  });
}

test('policies, fleets, and providers move from v1alpha1 to v1beta1 without a conversion, and nothing else changes in AWS', {
  timeout: 300_000,
}, async () => {
  await using cluster = await startControlPlane({ crdPaths: [CRDS] });
  await using harness = await ClusterHarness.start(fleetOf(6, 1), [], [], { cluster });
  const ids = [...harness.statesOf(VISIO).keys()].sort();
  const removals = () => harness.changes().filter((change) => change.startsWith('Disassociate'));
  const removalOn = (n: number) => `Disassociate ${ids[n]} ${VISIO}`;
  const manifest = (version: string, name: string, selected: number[], enforcement = 'Enforce') =>
    stringify({
      apiVersion: `wsap.dev/${version}`,
      kind: 'WorkspaceApplicationPolicy',
      metadata: { name, namespace: harness.namespace },
      spec: {
        enforcement,
        interval: '5s',
        workspaceSelector: { workspaceIDs: selected.map((n) => ids[n] ?? '') },
        applications: { denied: [{ id: VISIO }] },
        safeguards: { maxAffectedWorkspaces: '100%' },
        fleetRef: { name: harness.fleetName('emea') },
      },
    });
  const apply = (text: string) => cluster.kubectl(['apply', '-f', '-'], text);
  const applyFromGit = (text: string) =>
    cluster.kubectl(['apply', '--server-side', '--field-manager', 'gitops', '-f', '-'], text);
  const objects = async () => {
    const lists = PLURALS.map((plural) =>
      cluster.kubectl(['get', `${plural}.v1beta1.wsap.dev`, '-A', '-o', 'json', '--show-managed-fields']),
    );
    return (await Promise.all(lists)).flatMap((list) => JSON.parse(list).items);
  };
  const storedVersions = async () =>
    (
      await cluster
        .kubectl(['get', 'crd', ...PLURALS.map((plural) => `${plural}.wsap.dev`), '-o', 'json'])
        .then((list) => JSON.parse(list).items)
    ).map(({ status }: { status: { storedVersions: string[] } }) => status.storedVersions);

  await harness.applyFleet('emea');
  await apply(manifest('v1alpha1', 'applied', [0]));
  await applyFromGit(manifest('v1alpha1', 'from-git', [1]));
  await apply(manifest('v1alpha1', 'approved', [5], 'Approve'));
  await apply(await readFile(PROVIDER, 'utf8'));
  for (const name of ['applied', 'from-git']) {
    await harness.waitForCondition(name, 'Compliant', 'True');
  }
  const waiting = await harness.waitForCondition('approved', 'Compliant', 'False', 'AwaitingApproval');
  const planID = waiting.status?.plan?.id ?? '';
  expect(removals().sort()).toEqual([removalOn(0), removalOn(1)]);

  // First release: manifests of both versions work.
  await install(cluster, 'first');
  await eventuallyReported(() => apply(manifest('v1beta1', 'applied', [0, 2])));
  await harness.waitForCondition('applied', 'Compliant', 'True');
  expect(await storedVersions()).toEqual(PLURALS.map(() => ['v1alpha1']));

  // Second release: new objects are stored as v1beta1, also after a restart of the operator.
  await install(cluster, 'second');
  await harness.operator.kill();
  harness.operator.start();
  await applyFromGit(manifest('v1beta1', 'from-git', [1, 3]));
  await harness.waitForCondition('from-git', 'Compliant', 'True');
  expect(await storedVersions()).toEqual(PLURALS.map(() => ['v1alpha1', 'v1beta1']));
  expect(removals().sort()).toEqual([0, 1, 2, 3].map(removalOn));

  // The migration of the guide, while the operator runs.
  const before = await objects();
  await eventuallyReported(async () => {
    expect(await runGuide(cluster, 'kubectl replace --raw')).toEqual({ code: 0, stdout: '', stderr: '' });
  });
  expect((await runGuide(cluster, 'storedVersions')).code).toBe(0);
  expect(await storedVersions()).toEqual(PLURALS.map(() => ['v1beta1']));
  const after = await objects();
  const identity = ({ metadata: { uid, generation, annotations }, spec }: (typeof after)[number]) => {
    const { 'kubectl.kubernetes.io/last-applied-configuration': _, ...others } = annotations ?? {};
    return { uid, generation, others, spec };
  };
  expect(after.map(identity)).toEqual(before.map(identity));
  // The policies, their fleet, the fleet of the harness, and the provider.
  expect(after).toHaveLength(6);

  // The waiting plan keeps its ID, and its annotation approves it.
  expect((await harness.policy('approved')).status?.plan?.id).toBe(planID);
  await harness.kubectl('annotate', 'wsap', 'approved', `wsap.dev/approved-plan=${planID}`);
  await harness.waitForCondition('approved', 'Compliant', 'True');
  expect((await harness.policy('approved')).status?.lastApprovedPlan).toBe(planID);
  const made = [0, 1, 2, 3, 5].map(removalOn);
  expect(removals().sort()).toEqual(made);

  // Third release: this operator can't read v1alpha1. It changes nothing, even if an application comes back.
  await install(cluster, 'third');
  harness.simulator.simulated.call('AssociateWorkspaceApplication', {
    WorkspaceId: ids[0] ?? '',
    ApplicationId: VISIO,
  });
  await harness.operator.kill();
  const logged = harness.operator.log.length;
  harness.operator.start();
  const failedReads = () => harness.operator.log.slice(logged).match(/install the CRD of Workspace/g)?.length ?? 0;
  await eventually(() => expect(failedReads()).toBeGreaterThan(0));
  const calls = harness.simulator.calls.list().length;
  await eventually(() => expect(failedReads()).toBeGreaterThan(3));
  expect(harness.simulator.calls.list()).toHaveLength(calls);
  expect(removals().sort()).toEqual(made);

  // A rollback to the second release.
  await install(cluster, 'second');
  await harness.waitForCondition('applied', 'Compliant', 'True');
  await eventually(() => expect(removals().sort()).toEqual([removalOn(0), ...made]));

  // Without v1alpha1, everything is readable, and can be applied from Git.
  await harness.operator.stop();
  await eventuallyReported(async () => {
    expect(await runGuide(cluster, 'kubectl replace --raw')).toEqual({ code: 0, stdout: '', stderr: '' });
  });
  await install(cluster, 'removed');
  await eventuallyReported(async () => expect(await objects()).toHaveLength(6));
  expect(JSON.stringify(await objects())).not.toContain('v1alpha1');
  await applyFromGit(manifest('v1beta1', 'from-git', [1]));
  await apply(manifest('v1beta1', 'applied', [0]));
});
