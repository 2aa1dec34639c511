import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { parse, stringify } from 'yaml';
import { type ControlPlane, startControlPlane } from '../environment/controlPlane.ts';
import { ClusterHarness, eventually, eventuallyReported, fleetOf, VISIO } from './clusterHarness.ts';

const CRDS = join(import.meta.dirname, '../../crds');
const PREVIOUS_CRDS = join(import.meta.dirname, 'manifests/v0.1.0');

type Schema = { properties: Record<string, Schema>; default?: unknown; type: string };

/** Replaces a CRD by one whose spec has more fields, like a newer release. */
async function upgrade(cluster: ControlPlane, plural: string, addTo: (spec: Schema) => void): Promise<void> {
  const crd = parse(await readFile(join(CRDS, `${plural}.yaml`), 'utf8'));
  addTo(crd.spec.versions[0].schema.openAPIV3Schema.properties.spec);
  await cluster.kubectl(['apply', '--server-side', '--force-conflicts', '-f', '-'], stringify(crd));
}

async function messageOf(harness: ClusterHarness, name: string): Promise<string | undefined> {
  const { status } = await harness.policy(name);
  return status?.conditions?.find(({ type }) => type === 'Ready')?.message;
}

test('the operator works with a newer CRD, and changes nothing for resources that use its fields', {
  timeout: 300_000,
}, async () => {
  await using cluster = await startControlPlane({ crdPaths: [CRDS] });
  await using harness = await ClusterHarness.start(fleetOf(5, 1), [], [], { cluster });
  const ids = [...harness.statesOf(VISIO).keys()].sort();
  const on = (n: number, more: object = {}) =>
    ({ interval: '5s', workspaceSelector: { workspaceIDs: [ids[n]] }, ...more }) as object;
  const removals = () => harness.changes().filter((change) => change.startsWith('Disassociate'));
  const removalOn = (n: number) => `Disassociate ${ids[n]} ${VISIO}`;
  await harness.apply('before', on(0));
  await harness.waitForCondition('before', 'Compliant', 'True');
  await upgrade(cluster, 'workspaceapplicationpolicies', ({ properties }) => {
    const { rollout } = properties;
    Object.assign(rollout?.properties ?? {}, {
      order: { type: 'string', default: 'None' },
      note: { type: 'string' },
    });
  });
  await upgrade(cluster, 'workspacefleets', ({ properties }) => {
    Object.assign(properties, { partition: { type: 'string', default: 'aws' }, note: { type: 'string' } });
  });
  await eventuallyReported(async () =>
    expect(await harness.kubectl('get', 'wsap', 'before', '-o', 'jsonpath={.spec.rollout.order}')).toBe('None'),
  );

  await harness.operator.kill();
  harness.operator.start();
  await harness.apply('before', on(1));
  await harness.waitForCondition('before', 'Compliant', 'True');
  expect(removals()).toEqual([removalOn(0), removalOn(1)]);
  expect((await harness.events()).filter(({ reason }) => reason === 'UnknownFields')).toEqual([]);

  await harness.apply('noted', on(2, { rollout: { note: 'x' } }));
  await harness.apply('ordered', on(3, { rollout: { order: 'ByUser' } }));
  for (const [name, field] of [
    ['noted', 'spec.rollout.note'],
    ['ordered', 'spec.rollout.order'],
  ] as const) {
    await harness.waitForCondition(name, 'Ready', 'False', 'UnknownFields');
    await harness.waitForCondition(name, 'Stalled', 'True', 'UnknownFields');
    expect(await messageOf(harness, name)).toContain(`doesn't know: ${field}; `);
  }
  await harness.applyFleet('plain');
  await harness.applyFleet('noted', { note: 'x' } as object);
  await harness.apply('in-noted', on(4, { fleetRef: { name: harness.fleetName('noted') } }));
  await harness.waitForFleetCondition('noted', 'Ready', 'False', 'UnknownFields');
  await harness.waitForCondition('in-noted', 'Ready', 'False', 'FleetNotReady');
  await eventually(() => expect(harness.operator.log).toContain('"msg":"fleet not usable"'));
  await harness.apply('in-plain', on(0, { fleetRef: { name: harness.fleetName('plain') } }));
  await harness.waitForCondition('in-plain', 'Compliant', 'True');
  expect(removals()).toEqual([removalOn(0), removalOn(1)]);

  await harness.apply('ordered', on(3, { rollout: { order: 'None' } }));
  await harness.waitForCondition('ordered', 'Compliant', 'True');
  await harness.applyFleet('noted');
  await harness.waitForCondition('in-noted', 'Compliant', 'True');
  expect(removals()).toEqual([removalOn(0), removalOn(1), removalOn(3), removalOn(4)]);
});

test('the operator removes nothing with the CRDs of the previous release', { timeout: 300_000 }, async () => {
  await using cluster = await startControlPlane({ crdPaths: [PREVIOUS_CRDS] });
  await using harness = await ClusterHarness.start(fleetOf(4, 1), [], [], { cluster });
  const [first = ''] = harness.statesOf(VISIO).keys();
  await cluster.kubectl(
    ['apply', '-f', '-'],
    stringify({
      apiVersion: 'wsap.dev/v1alpha1',
      kind: 'WorkspaceFleet',
      metadata: { name: harness.fleetName('frozen') },
      spec: { region: 'eu-central-1', freeze: true, allowedNamespaces: { from: 'All' } },
    }),
  );
  await harness.apply('plain', { interval: '5s' });
  await harness.apply('excluding', { workspaceSelector: { all: true, exclude: { workspaceIds: [first] } } } as object);
  await harness.apply('selecting', { workspaceSelector: { workspaceIds: [first] } } as object);
  await harness.apply('in-frozen', { fleetRef: { name: harness.fleetName('frozen') } });

  for (const name of ['excluding', 'selecting']) {
    await harness.waitForCondition(name, 'Ready', 'False', 'UnknownFields');
    await harness.waitForCondition(name, 'Stalled', 'True', 'UnknownFields');
  }
  await harness.waitForFleetCondition('frozen', 'Ready', 'False', 'UnknownFields');
  await harness.waitForCondition('in-frozen', 'Ready', 'False', 'FleetNotReady');
  // The previous CRD doesn't have the fields of this version's status, so nothing is shown, and nothing is done.
  await eventually(() => expect(harness.operator.log).toContain('field not declared in schema'));
  await sleep(10_000);
  expect(harness.changes()).toEqual([]);
});

test('a service account without permissions can read the schemas', { timeout: 120_000 }, async () => {
  await using cluster = await startControlPlane({ crdPaths: [CRDS] });
  const path = '/openapi/v3/apis/wsap.dev/v1alpha1';
  const account = ['--as', 'system:serviceaccount:default:any', '--as-group', 'system:authenticated'];
  await eventuallyReported(async () =>
    expect(await cluster.kubectl(['get', '--raw', path, ...account])).toContain('"default":"Audit"'),
  );
});
