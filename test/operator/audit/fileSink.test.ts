import { appendFile, chmod, mkdir, mkdtemp, readFile, rename, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { AuditTrail } from '../../../src/audit/auditTrail.ts';
import { auditedResult, verifyLines } from '../../../src/audit/verify.ts';
import { FileSink } from '../../../src/operator/audit/fileSink.ts';
import { writeChanges } from '../../audit/records.ts';
import { failureOf } from '../../aws/harness.ts';
import { VirtualClock } from '../../fakes/clock.ts';

let folder: string;
let path: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'wsap-audit-'));
  path = join(folder, 'audit.log');
});
afterEach(() => rm(folder, { recursive: true }));

function trailOf(identity: string, file = path) {
  const clock = new VirtualClock();
  return { clock, trail: new AuditTrail({ sink: new FileSink(file), identity, version: '0.2.0', clock }) };
}

async function write(identity: string, count: number, first = 1) {
  const { trail, clock } = trailOf(identity);
  await writeChanges(trail, clock, count, first);
  return trail;
}

async function verify(...files: string[]) {
  const texts = await Promise.all(files.map((file) => readFile(file, 'latin1')));
  return verifyLines(texts.join('').split('\n'));
}

test('Records are appended, and only the operator can read them', async () => {
  await write('wsap-1', 2);
  await write('wsap-2', 1, 3);
  expect(await verify(path)).toMatchObject({ records: 8, chains: 2, problems: [] });
  expect((await stat(path)).mode & 0o777).toBe(0o600);
});

test('A renamed file ends, and the chain continues in a new one', async () => {
  const { trail, clock } = trailOf('wsap-1');
  await writeChanges(trail, clock, 2);
  await rename(path, `${path}.1`);
  await writeChanges(trail, clock, 2, 3);
  expect(await verify(`${path}.1`, path)).toMatchObject({ records: 9, chains: 1, problems: [] });
  expect((await verify(path)).problems).not.toEqual([]);
});

test.each([
  ['a number', ['audit.log.2', 'audit.log.1']],
  ['a date', ['audit.log-20261122', 'audit.log-20261129']],
])('A new process continues a file that was renamed with %s, and ignores other files', async (_, [older, newer]) => {
  const log = (name = '') => join(folder, name);
  await write('wsap-1', 1);
  await rename(path, log(older));
  const { head } = await write('wsap-2', 1, 2);
  await rename(path, log(newer));
  await utimes(log(older), 1_000, 1_000);
  await utimes(log(newer), 2_000, 2_000);
  await writeFile(path, '');
  await writeFile(log('audit.log.0'), '');
  await mkdir(log('audit.log.3'));
  for (const other of ['audit.log.1.gz', 'audit.log-b', 'audit.log.bak', 'audit.log.1x', 'other.log']) {
    const { trail, clock } = trailOf('other', log(other));
    await writeChanges(trail, clock, 1);
  }
  await write('wsap-3', 1, 3);
  const [start = ''] = (await readFile(path, 'latin1')).split('\n');
  expect(JSON.parse(start).continues).toEqual(head);
  expect(await verify(log(older), log(newer), path)).toMatchObject({ chains: 3, problems: [] });
});

test.each([
  ['half a record', 60],
  ['a record without its line break', 1],
])('A file that ends with %s is continued', async (_, missing) => {
  await write('wsap-1', 2);
  const text = await readFile(path, 'latin1');
  await writeFile(path, text.slice(0, -missing));
  await write('wsap-2', 1, 3);
  const { problems, changes } = await verify(path);
  expect(problems).toEqual([]);
  expect(changes.map(auditedResult)).toEqual(['Succeeded', missing === 1 ? 'Succeeded' : 'Unknown', 'Succeeded']);
});

test('Lines of others, also long and binary ones, stay as they are', async () => {
  await write('wsap-1', 1);
  await appendFile(path, Buffer.concat([Buffer.alloc(100_000, 0xff), Buffer.from('\n{"audit":1,')]));
  await write('wsap-2', 1, 2);
  expect(await verify(path)).toMatchObject({ chains: 2, problems: [], tornLines: 1, otherLines: 2 });
});

describe('A record that is not durable rejects:', () => {
  test('a full disk', async () => {
    const { trail } = trailOf('wsap-1', '/dev/full');
    const error = await failureOf(trail.prepare());
    expect(error.kind).toBe('AuditLogUnavailable');
    expect(error.message).toContain('the audit log /dev/full can');
    expect(error.message).toContain('ENOSPC');
  });

  test('a folder that does not exist', async () => {
    const { trail } = trailOf('wsap-1', join(folder, 'missing/audit.log'));
    expect((await failureOf(trail.prepare())).message).toContain('ENOENT');
  });

  test.skipIf(process.getuid?.() === 0)('a file without permissions', async () => {
    await write('wsap-1', 1);
    await chmod(path, 0o000);
    const { trail } = trailOf('wsap-2');
    expect((await failureOf(trail.prepare())).message).toContain("it can't be read: EACCES");
  });
});
