import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createTrail, intent, succeeded, writeChanges } from '../../../audit/records.ts';
import { inPipe } from '../../terminal.ts';

let folder: string;
let lines: readonly string[];
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'wsap-audit-'));
  const { trail, sink, clock } = createTrail();
  await writeChanges(trail, clock, 3);
  lines = sink.lines;
});
afterAll(() => rm(folder, { recursive: true }));

/** Writes files, and verifies them. */
async function verify(files: Readonly<Record<string, string | Buffer>>, flags: readonly string[] = [], stdin = '') {
  for (const [name, content] of Object.entries(files)) {
    await writeFile(join(folder, name), content);
  }
  const paths = Object.keys(files).map((name) => join(folder, name));
  const running = inPipe(['audit', 'verify', ...(stdin === '' ? paths : ['-']), ...flags]);
  running.process.stdin?.end(stdin);
  const { code, text } = await running.ended;
  return { code, text: text.replaceAll(`${folder}/`, '') };
}

const textOf = (some: readonly string[]) => some.map((line) => `${line}\n`).join('');
const event = (requestID: string, workspaceId: string, eventTime: string) => ({
  eventSource: 'workspaces.amazonaws.com',
  eventName: 'DisassociateWorkspaceApplication',
  requestID,
  eventTime,
  awsRegion: 'eu-central-1',
  recipientAccountId: '123456789012',
  userIdentity: { arn: 'arn:aws:sts::123456789012:assumed-role/wsap/session' },
  requestParameters: { workspaceId, applicationId: 'wsa-visio0000' },
});

describe.concurrent('wsap audit verify', () => {
  test('accepts an intact log in several files, also compressed', async () => {
    const result = await verify({ 'log.1.gz': gzipSync(textOf(lines.slice(0, 3))), log: textOf(lines.slice(3)) });
    expect(result).toEqual({
      code: 0,
      text:
        'Records: 7, processes: 1\nChanges: 3, 3 succeeded, 0 rejected, 0 not sent, 0 unknown\n' +
        'Not checked without --fleet or --fleet-file: whether records at the end, or all records of a process, are missing or replaced\n' +
        'The audit log is intact.\n',
    });
  });

  test('reports a changed record with its position, and exits with 1', async () => {
    const changed = lines.map((line, index) => (index === 3 ? line.replace('alice', 'mallory') : line));
    const { code, text } = await verify({ changed: textOf(changed) });
    expect(code).toBe(1);
    expect(text).toContain('changed:4: Modified: the hash of the record does not match its content\n');
    expect(text).toContain('The audit log is not intact.');
  });

  test('exits with 2 if a result is unknown, and reads standard input', async () => {
    const { code, text } = await verify({}, [], `{"msg":"other"}\n${textOf(lines.slice(0, -1))}`);
    expect(text).toContain('Changes: 3, 2 succeeded, 0 rejected, 0 not sent, 1 unknown');
    expect(text).toContain('\nThe audit log is intact, but the result of 1 change is unknown.\n');
    expect(code).toBe(2);
  });

  test('compares the log with files of CloudTrail', async () => {
    const Records = [1, 2, 3].map((n) => event(`request-${n}`, `ws-00000000${n}`, `2026-01-05T10:00:0${n - 1}Z`));
    await writeFile(join(folder, 'trail.json.gz'), gzipSync(JSON.stringify({ Records })));
    const others = Array.from({ length: 4_000 }, () => event('request-1', 'ws-000000001', '2026-01-05T10:00:00Z'));
    await mkdir(join(folder, 'events/eu-central-1'), { recursive: true });
    await writeFile(join(folder, 'events/eu-central-1/1.json'), JSON.stringify({ Records: [...others, ...Records] }));
    await writeFile(join(folder, 'events/digest.json'), '{"digestStartTime":"x"}');
    await writeFile(join(folder, 'events/other.txt'), 'text');
    const inFolder = await verify({ log9: textOf(lines) }, ['--cloudtrail', join(folder, 'events')]);
    expect(inFolder).toMatchObject({ code: 0, text: expect.stringContaining('CloudTrail: 3 confirmed') });
    const unrecorded = event('request-x', 'ws-\u001b[2J', '2026-01-05T10:00:09Z');
    await writeFile(join(folder, 'more.json'), `${JSON.stringify(unrecorded)}\n${JSON.stringify({ other: 1 })}\n`);
    const trail = join(folder, 'trail.json.gz');
    const confirmed = await verify({ log3: textOf(lines) }, ['--cloudtrail', trail]);
    expect(confirmed.text).toContain('CloudTrail: 3 confirmed, 0 settled, 0 pending, 0 not covered, 0 calls of others');
    expect(confirmed.code).toBe(0);
    const month = ['--cloudtrail-period', '2025-12-01/2026-01-06T00:00Z'];
    const later = await verify({ log7: textOf(lines) }, ['--cloudtrail', join(folder, 'more.json'), ...month]);
    expect(later.text.match(/NotInCloudTrail: /g)).toHaveLength(3);
    const { code, text } = await verify({ log4: textOf(lines) }, ['--cloudtrail', trail, join(folder, 'more.json')]);
    expect(code).toBe(1);
    expect(text).toContain('Unrecorded: DisassociateWorkspaceApplication ws-\ufffd[2J');
  });

  test.each([
    ['', 'empty'],
    ['[]', 'list'],
    ['{"Records":[]}', 'records'],
    ['{"Events":[]}', 'lookup'],
  ])('shows that an export of CloudTrail contains no change: %j', async (content, name) => {
    await writeFile(join(folder, `${name}.json`), content);
    const trail = ['--cloudtrail', join(folder, `${name}.json`)];
    const { code, text } = await verify({ [`log-${name}`]: textOf(lines) }, trail);
    expect(text).toContain(
      '\nThe events of CloudTrail contain no change of an application; check that the export succeeded, and its account, region, and period\n',
    );
    expect(text).toContain('\nThe audit log is intact, but CloudTrail does not confirm 3 changes.\n');
    expect(code).toBe(2);
  });

  test('checks the records that saved fleets name', async () => {
    const { hash, chain } = JSON.parse(lines.at(-1) ?? '');
    const fleet = (sequence: number, hashOf: string) => ({
      kind: 'WorkspaceFleet',
      apiVersion: 'wsap.dev/v1alpha1',
      metadata: { name: 'emea' },
      status: { audit: [{ chain, sequence, hash: hashOf, time: '2026-01-05T10:00:00Z' }] },
    });
    const saved = {
      kind: 'List',
      apiVersion: 'v1',
      items: [fleet(3, JSON.parse(lines[2] ?? '').hash), fleet(7, hash)],
    };
    const file = join(folder, 'fleets.json');
    await writeFile(file, JSON.stringify(saved));
    const flags = ['--fleet-file', file, '-o', 'json'];
    const whole = await verify({ log10: textOf(lines) }, flags);
    expect(JSON.parse(whole.text)).toMatchObject({ intact: true, anchors: 2, uncoveredProcesses: [] });
    const { code, text } = await verify({ log11: textOf(lines.slice(0, 5)) }, flags);
    expect(code).toBe(1);
    expect(JSON.parse(text)).toMatchObject({
      problems: [{ kind: 'Truncated' }],
      uncoveredProcesses: [{ process: chain, afterRecord: 3 }],
    });
    await writeFile(file, JSON.stringify(fleet(3, JSON.parse(lines[2] ?? '').hash)));
    expect((await verify({ log15: textOf(lines) }, ['--fleet-file', file])).text).toContain(
      `\nNot checked, because status.audit of the fleets names no later record: whether records at the end are missing or replaced for ${chain} (after record 3)\n`,
    );
    await writeFile(file, JSON.stringify({ ...fleet(1, hash), status: {} }));
    expect((await verify({ log12: textOf(lines) }, flags)).text).toContain('no WorkspaceFleet with status.audit');
  });

  test('prints JSON', async () => {
    const { trail, sink } = createTrail();
    await (await trail.begin(intent())).end(succeeded('request-1', { result: 'Rejected' }));
    const { code, text } = await verify({ log5: textOf(sink.lines) }, ['-o', 'json']);
    expect(code).toBe(0);
    expect(JSON.parse(text)).toMatchObject({
      intact: true,
      records: 3,
      changes: { total: 1, rejected: 1 },
      cloudTrail: null,
    });
  });

  test('wsap report refuses a log that is not intact', async () => {
    await writeFile(join(folder, 'log6'), textOf(lines.toSpliced(3, 1)));
    const { code, text } = await inPipe(['report', '--since', '30d', '--audit-log', join(folder, 'log6'), '-o', 'csv'])
      .ended;
    expect({ code, text }).toEqual({
      code: 1,
      text: 'wsap: the audit log is not intact; run wsap audit verify\n',
    });
  });

  test.each([
    ['--namespace', 'desktops'],
    ['--filename', 'policies/'],
    ['--inventory', 'fleet.yaml'],
    ['--operator-namespace', 'wsap-system'],
    ['--merge-cluster'],
  ])('wsap report of changes rejects %s, which would not limit it', async (...flag) => {
    await writeFile(join(folder, 'log14'), textOf(lines));
    const log = ['report', '--since', '30d', '--audit-log', join(folder, 'log14'), '-o', 'csv'];
    expect(await inPipe([...log, ...flag]).ended).toMatchObject({
      code: 1,
      text: `wsap: a report of changes covers all policies in the audit log; remove ${flag[0]}\n`,
    });
  });

  test.each([
    [{ 'other.json': '{"QueryResultRows":[[{"eventName":"x"}]]}' }, [], 'no event of CloudTrail'],
    [{}, ['--cloudtrail-period', '2026-02-01/2026-01-01'], 'Must be two times'],
  ])('reports events that it cannot compare: %j %j', async (files, flags, message) => {
    await writeFile(join(folder, 'log8'), textOf(lines));
    for (const [name, content] of Object.entries(files)) {
      await writeFile(join(folder, name), content);
    }
    const events = Object.keys(files).flatMap((name) => ['--cloudtrail', join(folder, name)]);
    const { code, text } = await inPipe(['audit', 'verify', join(folder, 'log8'), ...events, ...flags]).ended;
    expect(text).toContain(message);
    expect(code).toBe(1);
  });

  test.each([
    [{ other: '{"msg":"hello"}\n' }, 'no audit record; pass the file of wsap operator --audit-log'],
    [{ 'broken.gz': 'no gzip' }, 'cannot read broken.gz'],
  ])('reports a file that is no audit log: %j', async (files, message) => {
    const { code, text } = await verify(files);
    expect(text.replaceAll(folder, '')).toContain(message);
    expect(code).toBe(1);
  });
});
