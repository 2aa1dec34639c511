import { chmod, mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { auditedResult, verifyLines } from '../../src/audit/verify.ts';
import { ClusterHarness, eventually, eventuallyReported, fleetOf, VISIO } from './clusterHarness.ts';
import { wsap } from './wsapCommand.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'wsap-audit-'));
});
afterAll(() => rm(folder, { recursive: true }));

const metrics = async ({ operator }: ClusterHarness) => (await operator.get('/metrics')).text();
const recordsIn = async (path: string) => verifyLines((await readFile(path, 'latin1')).split('\n'));

test('the audit log is complete after a kill, a restart, and a rotation, and shows each manipulation', async () => {
  const log = join(folder, 'audit.log');
  await using harness = await ClusterHarness.start(fleetOf(5, 1), ['--audit-log', log]);
  const fleet = harness.fleetName('emea');
  await harness.applyFleet('emea');
  await harness.apply('no-visio', {
    fleetRef: { name: fleet },
    interval: '5s',
    rollout: { maxInProgress: 1, maxFailures: '100%', disconnectedFor: '0s' },
    safeguards: { maxAffectedWorkspaces: '100%' },
  });
  await eventually(() => expect(harness.changes().length).toBeGreaterThanOrEqual(2));
  await harness.operator.kill();
  await rename(log, `${log}.1`);
  harness.operator.start();
  await eventually(() =>
    expect([...harness.statesOf(VISIO).values()].every((state) => state === 'REMOVED')).toBe(true),
  );
  await harness.waitForCondition('no-visio', 'Compliant', 'True');
  await harness.operator.stop();

  const verified = await wsap(harness, 'audit', 'verify', `${log}.1`, log, '--fleet', fleet, '-o', 'json');
  const summary = JSON.parse(verified.stdout);
  expect(summary).toMatchObject({ intact: true, chains: 2 });
  expect(summary.anchors).toBeGreaterThanOrEqual(1);
  // The status covers the second process, which stopped regularly. A killed one can end before the status contains its first record.
  expect(summary.uncoveredProcesses.length).toBeLessThanOrEqual(1);
  // A call that was in flight when the process was killed has an unknown result.
  expect(verified.code).toBe(summary.changes.unknown === 0 ? 0 : 2);

  const lines = (await Promise.all([`${log}.1`, log].map((file) => readFile(file, 'latin1')))).join('').split('\n');
  const { changes } = verifyLines(lines);
  const succeeded = changes.filter((change) => auditedResult(change) === 'Succeeded');
  const text = ({ intent }: (typeof changes)[number]) =>
    [
      intent.call.replace(/Workspace.*/, ''),
      intent.workspaceID,
      ...(intent.call === 'DeployWorkspaceApplications' ? [] : [intent.changes[0]?.applicationID]),
    ].join(' ');
  const made = harness.changes();
  expect(succeeded.map(text).every((change) => made.includes(change))).toBe(true);
  expect(changes.length).toBeGreaterThanOrEqual(made.length);
  expect(changes[0]?.intent).toMatchObject({
    fleet,
    accountID: expect.stringMatching(/^\d{12}$/),
    caller: expect.stringMatching(/^arn:aws:/),
    editedBy: { manager: expect.stringMatching(/^kubectl/) },
  });
  expect(succeeded[0]?.outcome?.requestIDs).toHaveLength(1);

  const report = await wsap(harness, 'report', '--since', '1d', '--audit-log', `${log}.1`, log, '-o', 'json');
  expect(JSON.parse(report.stdout).total.removed).toBeGreaterThanOrEqual(3);

  for (const tampered of [
    lines.map((line) => line.replace('"result":"Succeeded"', '"result":"Rejected"')),
    lines.toSpliced(3, 1),
    lines.slice(0, 2),
    // The regular end of the second process is in the status of the fleet.
    lines.slice(0, -2),
  ]) {
    const file = join(folder, 'tampered.log');
    await writeFile(file, tampered.join('\n'));
    const { code, stdout } = await wsap(harness, 'audit', 'verify', file, '--fleet', fleet);
    expect(stdout).toContain('The audit log is not intact.');
    expect(code).toBe(1);
  }
});

test('without a writable audit log, the operator makes no change, and the status says why', async () => {
  const missing = join(folder, 'later');
  await using harness = await ClusterHarness.start(fleetOf(2, 1), ['--audit-log', join(missing, 'audit.log')]);
  await harness.apply('no-visio', { interval: '5s', retry: { backoff: { duration: '5s' } } });
  const { status } = await harness.waitForCondition('no-visio', 'Stalled', 'True', 'AuditLogUnavailable');
  expect(JSON.stringify(status?.conditions)).toContain('ENOENT');
  expect(harness.changes()).toEqual([]);
  await eventually(() => expect(harness.operator.log).toContain('audit log cannot be written; no change is made'));
  const isAvailable = async () => /^wsap_audit_log_available\S* ([01])$/m.exec(await metrics(harness))?.[1];
  expect(await isAvailable()).toBe('0');
  await rename(await mkdtemp(join(tmpdir(), 'wsap-audit-')), missing);
  await chmod(missing, 0o700);
  await eventually(() => expect(harness.changes().length).toBeGreaterThanOrEqual(1));
  // The last line may be incomplete while the operator writes it.
  await eventuallyReported(async () => expect((await recordsIn(join(missing, 'audit.log'))).problems).toEqual([]));
  expect(await isAvailable()).toBe('1');
});

test('records on standard output verify among other lines', async () => {
  await using harness = await ClusterHarness.start(fleetOf(2, 1));
  await harness.apply('no-visio', { interval: '5s' });
  await eventually(() => expect(harness.changes().length).toBeGreaterThanOrEqual(1));
  const requestIDs = await eventuallyReported(async () => {
    const event = (await harness.events()).find(({ reason }) => reason === 'Disassociated');
    expect(event).toBeDefined();
    return event?.metadata.annotations?.['wsap.dev/request-ids'] ?? '';
  });
  await harness.operator.stop();
  const { problems, changes, otherLines } = verifyLines(harness.operator.log.split('\n'));
  expect(problems).toEqual([]);
  expect(changes.length).toBeGreaterThanOrEqual(1);
  expect(changes.flatMap(({ outcome }) => outcome?.requestIDs ?? [])).toEqual(
    expect.arrayContaining(requestIDs.split(',')),
  );
  expect(otherLines).toBeGreaterThan(1);
});
