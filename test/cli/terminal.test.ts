import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { readSeed } from '../../src/simulator/seed.ts';
import { type Simulator, startSimulator } from '../../src/simulator/start.ts';
import { inPipe, inTerminal } from './terminal.ts';

const root = join(import.meta.dirname, '../..');
const POLICY = join(root, 'deploy/samples/no-visio.yaml');
const TESTS = join(root, 'deploy/examples/policy-tests');

/** Text that clears the screen, sets the title, changes the color, and writes from right to left. */
const HOSTILE = '\u001b[2J\u001b]0;title\u0007\u001b[31m\u202e\u0085\r\nred';
/** The parts of such a text that the name of an application in a policy can contain. */
const HOSTILE_NAME = '[2J]0;title[31m\u202e\u0085red';

let simulator: Simulator;
let folder: string;
let aws: NodeJS.ProcessEnv;
const file = (name: string) => join(folder, name);
const planned = () => ['-f', file('policy.json'), '--inventory', file('inventory.json')];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'wsap-terminal-'));
  const seed = await readSeed(join(root, 'deploy/simulator/fleet.yaml'));
  simulator = await startSimulator({ seed, port: 0, host: '127.0.0.1', rateLimit: { callsPerSecond: 0 } });
  aws = {
    AWS_ENDPOINT_URL: simulator.url,
    AWS_REGION: 'eu-central-1',
    AWS_ACCESS_KEY_ID: 'simulated',
    AWS_SECRET_ACCESS_KEY: 'simulated',
  };
  const workspace = {
    workspaceID: 'ws-000000001',
    userName: HOSTILE,
    state: HOSTILE,
    tags: { [HOSTILE]: HOSTILE },
    associations: [
      { applicationID: 'wsa-000000001', state: 'ERROR', stateReason: { errorCode: HOSTILE, errorMessage: HOSTILE } },
      { applicationID: HOSTILE, state: HOSTILE },
    ],
  };
  const application = { applicationID: 'wsa-000000001', name: `Microsoft Visio ${HOSTILE}`, owner: 'AMAZON' };
  const inventory = {
    apiVersion: 'wsap.dev/v1alpha1',
    kind: 'WorkspaceInventory',
    metadata: { takenAt: '2026-11-24T12:00:00Z' },
    applications: [application],
    workspaces: [workspace],
  };
  const policy = {
    apiVersion: 'wsap.dev/v1alpha1',
    kind: 'WorkspaceApplicationPolicy',
    metadata: { name: 'hostile', namespace: 'desktops' },
    spec: {
      workspaceSelector: { all: true },
      applications: { denied: [{ name: `*${HOSTILE_NAME}` }, { name: 'Microsoft*' }], unlisted: 'Disassociate' },
    },
  };
  const broken = { ...policy, spec: { ...policy.spec, [`x${HOSTILE}`]: HOSTILE, enforcement: HOSTILE } };
  const expectations = [
    { policy: HOSTILE, workspaces: [HOSTILE], application: HOSTILE, verdict: 'Denied' },
    { policy: 'hostile', workspaces: ['ws-000000001'], application: HOSTILE, action: 'Deploy' },
  ];
  await Promise.all([
    writeFile(file('inventory.json'), JSON.stringify(inventory)),
    writeFile(file('policy.json'), escaped(policy)),
    writeFile(file('broken.json'), escaped(broken)),
    writeFile(
      file('wsap-test.yaml'),
      escaped({ name: HOSTILE, policies: ['policy.json'], inventory: 'inventory.json', expect: expectations }),
    ),
    writeFile(file('prices.json'), JSON.stringify({ currency: 'EUR', prices: [{ application: {}, [HOSTILE]: 1 }] })),
  ]);
});
afterAll(() => simulator.close());

/** Returns a value in JSON. Escapes the control characters that files for kubectl must not contain. */
function escaped(value: unknown): string {
  return JSON.stringify(value).replaceAll('\u0085', '\\u0085');
}

const shownAs = (text: string) => stripVTControlCharacters(text).replaceAll('\r\n', '\n');

describe('output in a terminal and in a pipe', { concurrent: true }, () => {
  test.each<[string, string[], number]>([
    ['plan', ['plan', '-f', POLICY, '--aws-requests-per-second', '500', '--detailed-exitcode'], 2],
    ['lint', ['lint', '-f', POLICY], 0],
    ['test', ['test', TESTS], 0],
    ['doctor', ['doctor', '--no-cluster', '--aws-requests-per-second', '500'], 0],
    ['completion', ['completion', 'zsh'], 0],
  ])('is the same for %s', async (_, args, code) => {
    const [terminal, pipe] = await Promise.all([inTerminal(args, aws).ended, inPipe(args, aws).ended]);
    expect([terminal.code, pipe.code]).toEqual([code, code]);
    // The text still contains progress lines before the characters that clear them.
    const lines = shownAs(terminal.text)
      .split('\n')
      .map((line) => line.split('\r').at(-1));
    expect(lines).toEqual(pipe.text.split('\n'));
  });

  test('has colors only in a terminal, unless NO_COLOR is set', async () => {
    const args = ['plan', '-f', file('policy.json'), '--inventory', file('inventory.json')];
    expect((await inTerminal(args).ended).text).toContain('\u001b[1m');
    expect((await inTerminal(args, { NO_COLOR: '1' }).ended).text).not.toContain('\u001b');
    expect((await inPipe(args).ended).text).not.toContain('\u001b');
  });

  test('shows progress only in a terminal, and clears it', async () => {
    const args = [
      'inventory',
      '--output-file',
      file('fleet.yaml'),
      '--aws-requests-per-second',
      '5',
      '--aws-burst',
      '1',
    ];
    const { text, code } = await inTerminal(args, aws).ended;
    expect(code).toBe(0);
    expect(text).toContain('\r\u001b[Kreading WorkSpaces of account 123456789012 in eu-central-1: ');
    expect(text.slice(text.lastIndexOf('\r\u001b[K') + 4)).toMatch(
      /^saved 40 WorkSpaces and 9 applications \(\d+ calls\)\r\n$/,
    );
    expect((await inPipe(args, aws).ended).text).toMatch(/^saved 40 WorkSpaces and 9 applications \(\d+ calls\)\n$/);
  });

  test('ends when Ctrl-C is pressed during a read', async () => {
    const slow = inTerminal(['inventory', '--aws-requests-per-second', '0.1', '--aws-burst', '1'], aws);
    await expect.poll(slow.text, { timeout: 60_000 }).toContain('reading');
    slow.process.stdin?.write('\u0003');
    expect((await slow.ended).code).not.toBe(0);
  });

  test('contains no HTML page in a terminal', async () => {
    const args = ['report', '-f', POLICY, '--inventory', file('inventory.json')];
    const { text, code } = await inTerminal(args).ended;
    expect([shownAs(text), code]).toEqual([
      'wsap: HTML output requires a file; set --output-file or redirect the output\n',
      1,
    ]);
    expect((await inPipe(args).ended).text).toMatch(/^<!doctype html>/);
  });
});

describe('text from AWS and from manifests does not control the terminal in the output of', {
  concurrent: true,
}, () => {
  test.each<[string, () => string[]]>([
    ...['table', 'yaml', 'markdown'].map((format): [string, () => string[]] => [
      `plan -o ${format}`,
      () => ['plan', ...planned(), '-o', format],
    ]),
    ['plan --generate-exceptions', () => ['plan', ...planned(), '--generate-exceptions']],
    ['plan --diff-against', () => ['plan', ...planned(), '--diff-against', POLICY]],
    ...['text', 'sarif', 'github'].map((format): [string, () => string[]] => [
      `lint -o ${format}`,
      () => ['lint', '-f', file('broken.json'), '-o', format],
    ]),
    ...['text', 'junit'].map((format): [string, () => string[]] => [
      `test -o ${format}`,
      () => ['test', folder, '-o', format],
    ]),
    ...['csv'].map((format): [string, () => string[]] => [
      `report -o ${format}`,
      () => ['report', ...planned(), '-o', format],
    ]),
    ['report with a wrong prices file', () => ['report', ...planned(), '-o', 'csv', '--prices', file('prices.json')]],
    ['an unknown policy', () => ['plan', ...planned(), HOSTILE]],
    ['a missing file', () => ['plan', '-f', HOSTILE]],
    ['an unknown flag', () => ['plan', `--${HOSTILE}`]],
    ['an unknown format', () => ['plan', '-o', HOSTILE]],
    ['an unknown command', () => [HOSTILE]],
  ])('%s', async (_, args) => {
    const { text } = await inTerminal(args()).ended;
    expect(text).not.toBe('');
    // The program itself writes only SGR sequences, for styles and the 8 basic colors.
    // biome-ignore lint/suspicious/noControlCharactersInRegex: the test looks for control characters
    const own = text.replace(/\u001b\[(?:[0-9]|2[0-9]|3[0-9])m|\r+\n/g, '');
    expect(own).not.toMatch(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u);
  });
});

test('a CSV report starts with the mark by which Excel recognizes UTF-8, except on a terminal', async () => {
  const args = ['report', ...planned(), '-o', 'csv'];
  expect((await inPipe(args).ended).text).toMatch(/^\ufeffpolicy,/);
  expect((await inTerminal(args).ended).text).toMatch(/^policy,/);
});
