import { createHash } from 'node:crypto';
import { describe, expect, test, vi } from 'vitest';
import { AuditTrail } from '../../src/audit/auditTrail.ts';
import { auditedResult, verifyLines } from '../../src/audit/verify.ts';
import { failureOf } from '../aws/harness.ts';
import { MemoryAuditSink } from '../fakes/auditSink.ts';
import { VirtualClock } from '../fakes/clock.ts';
import { createTrail, intent, succeeded, writeChanges } from './records.ts';

const full = new Error('no space left on device');

/** Makes the writes of a sink hang. `recover` completes the first one, and later ones don't hang. */
function hang(sink: MemoryAuditSink) {
  const append = sink.append.bind(sink);
  const hanging: (() => Promise<void>)[] = [];
  sink.append = (lines) => new Promise((resolve) => void hanging.push(() => append(lines).then(resolve)));
  const recover = async () => {
    sink.append = append;
    await hanging[0]?.();
  };
  return { hanging, recover };
}

test('An intent is in the log before its call, and its outcome follows it', async () => {
  const { trail, sink } = createTrail();
  const call = await trail.begin(intent());
  expect(sink.lines.map((line) => JSON.parse(line).kind)).toEqual(['Start', 'Intent']);
  await call.end(succeeded('request-1'));
  const { changes, problems } = verifyLines(sink.lines);
  expect(problems).toEqual([]);
  expect(changes.map(auditedResult)).toEqual(['Succeeded']);
  expect(changes[0]?.outcome?.requestIDs).toEqual(['request-1']);
});

test('sha256sum can check a line: the hash covers the line without the hash', async () => {
  const { trail, sink } = createTrail();
  await trail.begin(intent({ userName: 'Zoë \u202e \u001b[31m' }));
  for (const line of sink.lines) {
    const [text = '', hash = ''] = line.split(/,"hash":"/);
    expect(createHash('sha256').update(`${text}}`).digest('hex')).toBe(hash.slice(0, 64));
    expect(line).toMatch(/^[\x20-\x7e]+$/);
  }
  expect(verifyLines(sink.lines).changes[0]?.intent.userName).toBe('Zoë \u202e \u001b[31m');
});

test('A new process starts a chain that continues the last record of the log', async () => {
  const { trail, sink, clock } = createTrail();
  await writeChanges(trail, clock, 2);
  const { trail: next } = createTrail('wsap-2', sink, clock);
  await writeChanges(next, clock, 1, 3);
  expect(verifyLines(sink.lines)).toMatchObject({ chains: 2, problems: [], changes: { length: 3 } });
  // Without the end of the first chain, the second one shows the loss.
  const shortened = sink.lines.filter((_, index) => index !== 4);
  expect(verifyLines(shortened).problems).toMatchObject([{ kind: 'BrokenLink' }]);
});

test('Two processes can write to the same log', async () => {
  const { trail: first, sink, clock } = createTrail();
  const { trail: second } = createTrail('wsap-2', sink, clock);
  await writeChanges(first, clock, 1);
  await writeChanges(second, clock, 2, 2);
  await writeChanges(first, clock, 2, 4);
  expect(verifyLines(sink.lines)).toMatchObject({ chains: 2, problems: [], changes: { length: 5 } });
});

test('A process has no anchor before its first intent, so that restarts displace no anchors of changes', async () => {
  const { trail, clock } = createTrail();
  await trail.prepare();
  expect(trail.head?.sequence).toBe(1);
  expect(trail.anchor).toBeUndefined();
  await writeChanges(trail, clock, 1);
  expect(trail.anchor).toEqual(trail.head);
  const { trail: idle } = createTrail('wsap-2');
  await idle.prepare();
  await idle.stop();
  expect(idle.anchor).toBeUndefined();
});

test('Concurrent changes form one chain', async () => {
  const { trail, sink } = createTrail();
  const calls = await Promise.all(Array.from({ length: 20 }, () => trail.begin(intent())));
  await Promise.all(calls.map((call, index) => call.end(succeeded(`request-${index}`))));
  expect(verifyLines(sink.lines)).toMatchObject({ problems: [], changes: { length: 20 } });
});

describe('A log that cannot be written', () => {
  test.each([0, 1, 200, 10_000])('stops the change before its call, if %i characters are written', async (written) => {
    const { trail, sink, availability } = createTrail();
    await trail.prepare();
    sink.failures = [{ error: full, written }];
    const error = await failureOf(trail.begin(intent()));
    expect(error.kind).toBe('AuditLogUnavailable');
    expect(error.message).toContain('the change was not sent, because the audit log memory can');
    expect(error.message).toContain('no space left on device');
    // The next change writes what is missing, without a gap in the chain.
    const call = await trail.begin(intent({ workspaceID: 'ws-000000002' }));
    await call.end(succeeded('request-2'));
    const { problems, changes } = verifyLines(sink.lines);
    expect(problems).toEqual([]);
    expect(changes.map(auditedResult)).toEqual(['NotSent', 'Succeeded']);
    expect(availability).toEqual(['no space left on device', undefined]);
  });

  test('stops all changes until it can be written, and does not grow meanwhile', async () => {
    const { trail, sink, availability } = createTrail();
    sink.failures = Array.from({ length: 50 }, () => ({ error: full, written: 0 }));
    for (let attempt = 0; attempt < 50; attempt++) {
      expect((await failureOf(trail.begin(intent()))).kind).toBe('AuditLogUnavailable');
    }
    await (await trail.begin(intent())).end(succeeded('request-1'));
    expect(sink.lines).toHaveLength(3);
    expect(availability).toEqual(['no space left on device', undefined]);
  });

  test('stops changes while a write hangs, and accepts a record that is written late', async () => {
    const { trail, sink, clock } = createTrail();
    await trail.prepare();
    const { hanging, recover } = hang(sink);
    const failure = failureOf(trail.begin(intent()));
    await vi.waitFor(() => expect(hanging).toHaveLength(1), { timeout: 30_000 });
    await clock.advance(15_000);
    expect((await failure).message).toContain('no response within 15 seconds');
    await recover();
    await (await trail.begin(intent())).end(succeeded('request-1'));
    const { problems, changes } = verifyLines(sink.lines);
    expect(problems).toEqual([]);
    expect(changes.map(auditedResult)).toEqual(['NotSent', 'Succeeded']);
  });

  test('has one hanging write at most, because each occupies a thread of the process', async () => {
    const { trail, sink, clock } = createTrail();
    await trail.prepare();
    const { hanging, recover } = hang(sink);
    for (let attempt = 0; attempt < 5; attempt++) {
      const failure = failureOf(trail.begin(intent()));
      await vi.waitFor(() => expect(clock.sleeping().length).toBeGreaterThan(0), { timeout: 30_000 });
      await clock.advance(60_000);
      expect((await failure).message).toContain('no response within 15 seconds');
    }
    expect(hanging).toHaveLength(1);
    await recover();
    await (await trail.begin(intent())).end(succeeded('request-1'));
    const { problems, changes } = verifyLines(sink.lines);
    expect(problems).toEqual([]);
    expect(changes.map(auditedResult)).toEqual(['NotSent', 'Succeeded']);
  });

  test('rejects further changes at once while a write hangs, so that they do not wait one after the other', async () => {
    const { trail, sink, clock } = createTrail();
    await trail.prepare();
    const { hanging, recover } = hang(sink);
    const failures = Promise.all(Array.from({ length: 20 }, () => failureOf(trail.begin(intent()))));
    await vi.waitFor(() => expect(hanging).toHaveLength(1), { timeout: 30_000 });
    await clock.advance(15_000);
    const stopped = failures.then(() => trail.stop());
    expect((await failures).map(({ kind }) => kind)).toEqual(Array.from({ length: 20 }, () => 'AuditLogUnavailable'));
    await recover();
    await stopped;
    expect(verifyLines(sink.lines).problems).toEqual([]);
    expect([JSON.parse(sink.lines.at(-1) ?? '').kind, trail.unwritten]).toEqual(['Stop', 0]);
  });

  test('shows its state, and is tried again without a further change', async () => {
    const { trail, sink, clock, availability } = createTrail();
    expect([trail.isAvailable, trail.failures, trail.unwritten]).toEqual([true, 0, 0]);
    sink.failures = [full, full].map((error) => ({ error, written: 0 }));
    await failureOf(trail.prepare());
    expect([trail.isAvailable, trail.failures, trail.unwritten]).toEqual([false, 1, 1]);
    await clock.advance(10_000);
    expect([trail.isAvailable, trail.failures, trail.unwritten]).toEqual([false, 2, 1]);
    await clock.advance(10_000);
    expect([trail.isAvailable, trail.failures, trail.unwritten]).toEqual([true, 2, 0]);
    expect(availability).toEqual(['no space left on device', undefined]);
    expect(clock.sleeping()).toEqual([]);
  });

  test('keeps the outcome of a call that was sent, and writes it before the next change', async () => {
    const { trail, sink } = createTrail();
    const call = await trail.begin(intent());
    sink.failures = [
      { error: full, written: 100 },
      { error: full, written: 0 },
    ];
    await call.end(succeeded('request-1'));
    expect((await failureOf(trail.prepare())).kind).toBe('AuditLogUnavailable');
    await trail.prepare();
    const { changes, problems, tornLines } = verifyLines(sink.lines);
    expect({ problems, tornLines, results: changes.map(auditedResult) }).toEqual({
      problems: [],
      tornLines: 1,
      results: ['Succeeded'],
    });
  });
});

test('An outcome that could not be written is written as soon as the log is available, without a further change', async () => {
  const { trail, sink, clock } = createTrail();
  const call = await trail.begin(intent());
  sink.failures = [full, full, full].map((error) => ({ error, written: 0 }));
  await call.end(succeeded('request-1'));
  await clock.advance(60_000);
  expect(verifyLines(sink.lines).changes.map(auditedResult)).toEqual(['Succeeded']);
  expect(clock.sleeping()).toEqual([]);
});

test('A process that is killed between call and outcome leaves an intent with an unknown result', async () => {
  const { trail, sink } = createTrail();
  await trail.begin(intent());
  const { changes, problems } = verifyLines(sink.lines);
  expect({ problems, results: changes.map(auditedResult) }).toEqual({ problems: [], results: ['Unknown'] });
});

test('A later read settles an unknown result', async () => {
  const { trail, sink } = createTrail();
  for (const result of ['Applied', 'NotApplied'] as const) {
    const call = await trail.begin(intent());
    await call.end(succeeded('', { result: 'Unknown', requestIDs: [] }));
    call.settle(result);
  }
  await trail.stop();
  expect(verifyLines(sink.lines).changes.map(auditedResult)).toEqual(['Succeeded', 'Rejected']);
  expect(JSON.parse(sink.lines.at(-1) ?? '').kind).toBe('Stop');
});

test('A record that only misses its line break counts, and the next process continues it', async () => {
  const { trail, sink, clock } = createTrail();
  await writeChanges(trail, clock, 1);
  sink.text = sink.text.trimEnd();
  const { trail: next } = createTrail('wsap-2', sink, clock);
  await writeChanges(next, clock, 1, 2);
  const start = JSON.parse(sink.lines[3] ?? '');
  expect(start.continues).toMatchObject({ chain: 'wsap-1', sequence: 3 });
  expect(verifyLines(sink.lines).problems).toEqual([]);
});

test.each([
  ['that can be written loses nothing', 0, []],
  ['that cannot be written loses the outcome and the end', 9, [2]],
])('A process that stops with a log %s', async (_, failures, expected) => {
  const sink = new MemoryAuditSink();
  const lost: number[] = [];
  const trail = new AuditTrail({
    sink,
    identity: 'wsap-1',
    version: '0.2.0',
    clock: new VirtualClock(),
    onLoss: (count) => void lost.push(count),
  });
  const call = await trail.begin(intent());
  sink.failures = Array.from({ length: failures }, () => ({ error: full, written: 0 }));
  await call.end(succeeded('request-1'));
  await trail.stop();
  await trail.stop();
  expect(lost).toEqual(expected);
});

test('A torn last line stays in the log, and the next process continues the record before it', async () => {
  const { trail, sink, clock } = createTrail();
  await writeChanges(trail, clock, 1);
  sink.text = sink.text.slice(0, -40);
  const { trail: next } = createTrail('wsap-2', sink, clock);
  await writeChanges(next, clock, 1, 2);
  const { problems, tornLines, changes } = verifyLines(sink.lines);
  expect({ problems, tornLines, results: changes.map(auditedResult) }).toEqual({
    problems: [],
    tornLines: 1,
    results: ['Unknown', 'Succeeded'],
  });
});
