import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { OPERATIONS } from '../../src/aws/operations.ts';
import type { PolicyDocument } from '../../src/aws/permissions.ts';
import { ClusterHarness, eventually, fleetOf, OFFICE, VISIO } from './clusterHarness.ts';
import { HIGH_RATE } from './operatorProcess.ts';
import { wsap } from './wsapCommand.ts';

/** Returns a policy of deploy/iam with its placeholders replaced. */
function policyIn(file: string): PolicyDocument {
  const text = readFileSync(join(import.meta.dirname, '../../deploy/iam', file), 'utf8');
  const values = {
    PARTITION: 'aws',
    REGION: 'eu-central-1',
    ACCOUNT: '123456789012',
    'TAG-KEY': 'Team',
    'TAG-VALUE': 'A',
  };
  return JSON.parse(Object.entries(values).reduce((filled, [word, value]) => filled.replaceAll(word, value), text));
}

/** Returns a fleet with WorkSpaces of two teams and a protected one. All have Visio, and none has Office. */
const generate = (iamPolicy: PolicyDocument) =>
  fleetOf(0, 1, {
    iamPolicy,
    bundles: [{ bundleID: 'wsb-00000001', imageID: 'wsi-000000001' }],
    images: [{ imageID: 'wsi-000000001', applications: [VISIO] }],
    generate: [
      { count: 2, idPrefix: 'teama', tags: { Team: 'A' }, applications: [VISIO] },
      { count: 2, idPrefix: 'teamb', tags: { Team: 'B' }, applications: [VISIO] },
      { count: 1, idPrefix: 'safe', tags: { Team: 'A', 'wsap.dev/protect': 'true' }, applications: [VISIO] },
    ],
  });
const VISIO_FOR_OFFICE = { denied: [{ id: VISIO }], required: [{ id: OFFICE }] };
const denied = (harness: ClusterHarness) =>
  harness.simulator.calls.list().filter(({ error }) => error === 'AccessDeniedException');
const operationsAnswered = (harness: ClusterHarness) =>
  new Set(harness.simulator.calls.list().flatMap(({ operation, done }) => (done ? [operation] : [])));
const namesOf = (isChange: boolean) =>
  Object.entries(OPERATIONS)
    .filter(([, facts]) => facts.isChange === isChange && facts.needsPermission && facts.service !== 'sqs')
    .map(([name]) => name);

test.concurrent('audit.json allows the operator all reads, but no changes', async () => {
  await using harness = await ClusterHarness.start(generate(policyIn('audit.json')));
  await harness.apply('looks', { enforcement: 'Audit', interval: '5s', applications: VISIO_FOR_OFFICE });
  await harness.waitForCondition('looks', 'Compliant', 'False', 'Audit');
  const preflight = await wsap(harness, 'doctor', '--no-cluster', ...HIGH_RATE);
  expect(preflight.stdout).not.toMatch(/^(warn|FAIL|skip)/m);
  expect(denied(harness)).toEqual([]);
  expect(harness.changes()).toEqual([]);

  await harness.apply('looks', { interval: '5s', applications: VISIO_FOR_OFFICE });
  const { status } = await harness.waitForCondition('looks', 'Stalled', 'True', 'AccessDenied');
  expect(status?.conditions?.[0]?.message).toMatch(
    /lacks the IAM action workspaces:(Dis)?[aA]ssociateWorkspaceApplication on arn:/,
  );
  expect(harness.changes()).toEqual([]);
  expect(new Set(denied(harness).map(({ operation }) => operation)).isSubsetOf(new Set(namesOf(true)))).toBe(true);
  await eventually(() => expect([...operationsAnswered(harness)].sort()).toEqual(namesOf(false).sort()));
});

test.concurrent('enforce.json allows the operator to remove, install, and deploy', async () => {
  await using harness = await ClusterHarness.start(generate(policyIn('enforce.json')));
  await harness.apply('swap', { interval: '5s', applications: VISIO_FOR_OFFICE });
  await eventually(() => {
    expect([...harness.statesOf(VISIO).values()].sort()).toEqual(['COMPLETED', ...Array(4).fill('REMOVED')]);
    expect([...harness.statesOf(OFFICE).values()]).toEqual(Array(4).fill('COMPLETED'));
  });
  await harness.waitForCondition('swap', 'Compliant', 'False', 'Protected');
  expect(denied(harness)).toEqual([]);
  expect([...operationsAnswered(harness)]).toEqual(expect.arrayContaining(namesOf(true)));
});

test.concurrent('enforce-tagged.json allows the operator to change only WorkSpaces with the tag', async () => {
  await using harness = await ClusterHarness.start(generate(policyIn('enforce-tagged.json')));
  const ofTeam = (team: string) => ({ workspaceSelector: { tags: { matchTags: { Team: team } } } });
  await harness.apply('team-a', { ...ofTeam('A'), interval: '5s' });
  await eventually(() =>
    expect([...harness.statesOf(VISIO).values()].filter((state) => state === 'REMOVED')).toHaveLength(2),
  );
  expect(denied(harness)).toEqual([]);

  await harness.apply('team-b', { ...ofTeam('B'), interval: '5s' });
  await harness.waitForCondition('team-b', 'Stalled', 'True', 'AccessDenied');
  const states = [...harness.statesOf(VISIO)].map(([id, state]) => `${id.slice(0, 8)} ${state}`).sort();
  expect(states).toEqual([
    'ws-safe0 COMPLETED',
    'ws-teama REMOVED',
    'ws-teama REMOVED',
    'ws-teamb COMPLETED',
    'ws-teamb COMPLETED',
  ]);
});
