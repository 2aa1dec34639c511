import { assert, constantFrom, integer, property } from 'fast-check';
import { beforeAll, describe, expect, test } from 'vitest';
import type { ChainPosition } from '../../src/audit/record.ts';
import { verifyLines } from '../../src/audit/verify.ts';
import { MemoryAuditSink } from '../fakes/auditSink.ts';
import { fuzzRuns } from '../fuzzRuns.ts';
import { createTrail, intent, succeeded, writeChanges } from './records.ts';

let lines: readonly string[] = [];
let anchors: readonly ChainPosition[] = [];

beforeAll(async () => {
  const { trail: first, sink, clock } = createTrail();
  await writeChanges(first, clock, 3);
  const { trail: second } = createTrail('wsap-2', sink, clock);
  await writeChanges(second, clock, 2, 4);
  await writeChanges(first, clock, 1, 6);
  lines = sink.lines;
  anchors = [first.head, second.head].filter((head) => head !== undefined);
});

function kindsOf(changed: readonly string[], options = {}): string[] {
  return verifyLines(changed, { anchors, ...options }).problems.map(({ kind }) => kind);
}

test('An unchanged log has no problems', () => {
  expect(verifyLines(lines, { anchors })).toMatchObject({ records: 14, chains: 2, problems: [], tornLines: 0 });
});

test('Lines of others are skipped, and the prefix of a container runtime is ignored', () => {
  const mixed = lines.flatMap((line) => [
    '{"level":"info","msg":"change made"}',
    `2026-01-05T10:00:00.000000000Z stdout F ${line}\r`,
    '',
    '\u001b[31m{"audit":2}',
  ]);
  expect(verifyLines(mixed, { anchors })).toMatchObject({ records: 14, problems: [], otherLines: 42 });
});

/** How pipelines wrap a line of standard output. The rotation of a JSON export of several lines has one of these lines for each record. */
const WRAPPERS: readonly (readonly [string, (line: string) => string])[] = [
  ['the json-file driver of Docker', (log) => JSON.stringify({ log: `${log}\n`, stream: 'stdout', time: '2026' })],
  ['an export of CloudWatch Logs', (message) => `            "message": ${JSON.stringify(message)},`],
  ['a tab-separated export', (line) => `EVENTS\t3912\t1767607200000\t${line}\twsap-7d9\t1767607200000`],
  ['logcli in JSON', (line) => JSON.stringify({ labels: { job: 'wsap-audit' }, line, timestamp: '2026' })],
  ['two shippers', (log) => JSON.stringify({ message: JSON.stringify({ stream: 'stdout', log, kubernetes: {} }) })],
  ['a CSV export', (line) => `2026-01-05 10:00:00,"${line.replaceAll('"', '""')}",wsap-7d9`],
  ['spaces', (line) => `  ${line}  `],
];

describe.each(WRAPPERS)('Records in the format of %s', (_, wrap) => {
  test('are verified', () => {
    const wrapped = lines.map(wrap);
    expect(verifyLines(wrapped, { anchors })).toMatchObject({ records: 14, problems: [], tornLines: 0 });
  });

  test('show a changed record', () => {
    const wrapped = lines.map((line, index) => wrap(index === 3 ? line.replace('alice', 'mallory') : line));
    expect(kindsOf(wrapped)).not.toEqual([]);
    expect(kindsOf(lines.with(3, lines[3]?.replace('}', ',"x":1}') ?? '').map(wrap))).not.toEqual([]);
  });
});

test('A line can contain several records', () => {
  const events = lines.map((message) => ({ timestamp: 1, message }));
  expect(verifyLines([JSON.stringify({ events })], { anchors })).toMatchObject({ records: 14, problems: [] });
});

test('A record that another process wrote after an incomplete one counts', () => {
  const torn = lines[0]?.slice(0, 70) ?? '';
  const start = lines.findIndex((line) => line.startsWith('{"audit":1,"chain":"wsap-2"'));
  const joined = lines.with(start, `${torn}${lines[start]}`);
  expect(verifyLines(joined, { anchors })).toMatchObject({ records: 14, problems: [], tornLines: 1 });
});

test('Records that a log shipper delivers twice count once', () => {
  const twice = lines.flatMap((line) => [line, line]);
  expect(verifyLines(twice, { anchors })).toMatchObject({ records: 14, problems: [] });
  expect(verifyLines([...lines, ...lines], { anchors })).toMatchObject({ records: 14, problems: [] });
});

describe('Text in a record that looks like the start of a record', () => {
  const texts = [
    '{"audit":1,',
    `{"audit":1,"hash":"${'0'.repeat(64)}"}`,
    '{\\"audit\\":1,',
    '{""audit"":1,',
    '{{"audit":1,',
  ];
  const hostile = async (text: string) => {
    const { trail, sink } = createTrail();
    const editedBy = { manager: text, operation: 'Update', time: '2026-01-05T09:00:00Z' };
    const call = await trail.begin(intent({ userName: text, editedBy }));
    await call.end(succeeded('request-1', { error: { kind: 'UnknownError', exception: null, message: text } }));
    return { lines: sink.lines, anchors: [trail.head].filter((head) => head !== undefined) };
  };

  test.each(texts)('does not hide the record: %s', async (text) => {
    const { lines: written, anchors: heads } = await hostile(text);
    for (const wrap of [(line: string) => line, ...WRAPPERS.map(([, wrapper]) => wrapper)]) {
      expect(verifyLines(written.map(wrap), { anchors: heads })).toMatchObject({
        records: 3,
        problems: [],
        tornLines: 0,
      });
    }
  });
});

test('A huge line is no record', () => {
  const huge = 'x'.repeat(2_000_000);
  expect(verifyLines([...lines, huge], { anchors })).toMatchObject({ problems: [], otherLines: 1 });
  expect(kindsOf([...lines.slice(0, -1), `${lines.at(-1)}${huge}`])).toEqual(['Modified', 'Truncated']);
  expect(kindsOf([...lines.slice(0, -1), JSON.stringify([lines.at(-1), huge])])).toEqual(['Modified', 'Truncated']);
});

describe('Any manipulation is a problem:', () => {
  test('a changed byte', () => {
    const change = property(integer({ min: 0 }), integer({ min: 0 }), integer({ min: 32, max: 126 }), (a, b, code) => {
      const index = a % lines.length;
      const line = lines[index] ?? '';
      const at = b % line.length;
      const changed = `${line.slice(0, at)}${String.fromCharCode(code)}${line.slice(at + 1)}`;
      const isSame = changed === line;
      expect(kindsOf(lines.with(index, changed)).length > 0).toBe(!isSame);
    });
    assert(change, fuzzRuns(2_000));
  });

  test('an inserted or removed byte', () => {
    const change = property(integer({ min: 0 }), integer({ min: 0 }), constantFrom('', ' ', '0', '"'), (a, b, text) => {
      const index = a % lines.length;
      const line = lines[index] ?? '';
      // A prefix of a line is ignored, like the timestamp of a container runtime.
      const at = 1 + (b % (line.length - 1));
      const changed = text === '' ? line.slice(0, at) + line.slice(at + 1) : line.slice(0, at) + text + line.slice(at);
      expect(kindsOf(lines.with(index, changed))).not.toEqual([]);
    });
    assert(change, fuzzRuns(1_000));
  });

  test('deleted lines, including the last ones', () => {
    const change = property(integer({ min: 0, max: 13 }), integer({ min: 1, max: 14 }), (from, count) => {
      expect(kindsOf(lines.toSpliced(from, count))).not.toEqual([]);
    });
    assert(change, fuzzRuns(200));
  });

  test('two swapped lines of a chain', () => {
    const ofFirst = [...lines.keys()].filter((index) => lines[index]?.startsWith('{"audit":1,"chain":"wsap-1"'));
    for (const [n, from] of ofFirst.entries()) {
      for (const to of ofFirst.slice(n + 1)) {
        const swapped = lines.with(from, lines[to] ?? '').with(to, lines[from] ?? '');
        expect(kindsOf(swapped)).not.toEqual([]);
      }
    }
  });

  test('a record with a correct hash that replaces another one', async () => {
    const { trail, sink, clock } = createTrail();
    await writeChanges(trail, clock, 3, 7);
    for (const index of [1, 2, 3, 5]) {
      expect(kindsOf(lines.with(index, sink.lines[index] ?? ''))).not.toEqual([]);
    }
  });

  test('a whole new chain under the same name', async () => {
    const { trail, sink, clock } = createTrail();
    await writeChanges(trail, clock, 4, 7);
    expect(kindsOf(sink.lines)).toContain('Truncated');
  });
});

describe('Without anchors', () => {
  test('the deletion of the last lines is not visible, but of all others', () => {
    expect(kindsOf(lines.slice(0, -1), { anchors: [] })).toEqual([]);
    for (const index of lines.keys()) {
      const problems = kindsOf(lines.toSpliced(index, 1), { anchors: [] });
      expect(problems.length > 0).toBe(index !== lines.length - 1 && index !== lines.length - 3);
    }
  });
});

describe('A part of a log', () => {
  test('may lack the start, and chains that anchors name, but nothing in between', () => {
    expect(kindsOf(lines.slice(3))).toContain('Missing');
    expect(kindsOf(lines.slice(3), { isPartial: true })).toEqual([]);
    expect(kindsOf(lines.slice(3).toSpliced(2, 1), { isPartial: true })).not.toEqual([]);
    const ofSecond = lines.filter((line) => line.includes('"chain":"wsap-2"'));
    expect(kindsOf(ofSecond, { isPartial: true })).toEqual([]);
    expect(kindsOf(ofSecond.slice(0, -1), { isPartial: true })).toEqual(['Truncated']);
  });
});

describe('Chains whose end nothing trustworthy names are listed, without being a problem:', () => {
  /** Writes a log of processes that follow each other. */
  async function logOf(identities: readonly string[], sink = new MemoryAuditSink()) {
    const heads: ChainPosition[] = [];
    for (const identity of identities) {
      const { trail, clock } = createTrail(identity, sink);
      await writeChanges(trail, clock, 1);
      heads.push(...[trail.head].filter((head) => head !== undefined));
    }
    return { sink, heads };
  }

  test('all of them without an anchor', async () => {
    const { sink } = await logOf(['wsap-1', 'wsap-2']);
    expect(verifyLines(sink.lines)).toMatchObject({
      uncoveredChains: [
        { chain: 'wsap-1', after: 0 },
        { chain: 'wsap-2', after: 0 },
      ],
      problems: [],
    });
  });

  test('not those that a covered chain continues', async () => {
    const { sink, heads } = await logOf(['wsap-1', 'wsap-2', 'wsap-3']);
    const unlinked = await logOf(['wsap-4']);
    const all = [...sink.lines, ...unlinked.sink.lines];
    expect(verifyLines(all, { anchors: heads.slice(-1) })).toMatchObject({
      uncoveredChains: [{ chain: 'wsap-4', after: 0 }],
      problems: [],
    });
  });

  test('a shortened chain that only an added chain continues', async () => {
    const { sink, heads } = await logOf(['wsap-1']);
    const shortened = new MemoryAuditSink();
    shortened.text = `${sink.lines.slice(0, 2).join('\n')}\n`;
    await logOf(['added'], shortened);
    const { heads: others } = await logOf(['wsap-9']);
    expect(verifyLines(shortened.lines).problems).toEqual([]);
    expect(verifyLines(shortened.lines, { anchors: others, isPartial: true }).uncoveredChains).toEqual([
      { chain: 'wsap-1', after: 0 },
      { chain: 'added', after: 0 },
    ]);
    expect(verifyLines(shortened.lines, { anchors: heads }).problems).toMatchObject([{ kind: 'Truncated' }]);
  });

  test('a chain with records after its anchor', async () => {
    const { trail, sink, clock } = createTrail();
    await writeChanges(trail, clock, 1);
    const anchors = [trail.head].filter((head) => head !== undefined);
    await writeChanges(trail, clock, 1, 2);
    expect(verifyLines(sink.lines, { anchors })).toMatchObject({
      uncoveredChains: [{ chain: 'wsap-1', after: 3 }],
      problems: [],
    });
  });

  test('a chain whose records differ from its anchor', async () => {
    const { sink } = await logOf(['wsap-1']);
    const anchors = [{ chain: 'wsap-1', sequence: 3, hash: '0'.repeat(64) }];
    expect(verifyLines(sink.lines, { anchors })).toMatchObject({
      uncoveredChains: [{ chain: 'wsap-1', after: 0 }],
      problems: [{ kind: 'Truncated' }],
    });
  });
});

test('Problems name the file, the line, and the records', () => {
  const { problems } = verifyLines(lines.toSpliced(1, 2));
  expect(problems[0]).toEqual({
    kind: 'Missing',
    message: 'records 2 to 3 of wsap-1 are missing',
    at: { file: 'log', line: 2 },
  });
});
