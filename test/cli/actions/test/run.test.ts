import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { filesNamed } from '../../../../src/cli/actions/manifests.ts';
import { TEST_FORMATS } from '../../../../src/cli/actions/test/formats.ts';
import { runTestFile, type TestResult } from '../../../../src/cli/actions/test/run.ts';

const EXAMPLE = join(import.meta.dirname, '../../../../deploy/examples/policy-tests');
const failuresIn = (results: readonly TestResult[]) => results.flatMap(({ failure }) => failure ?? []);

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'wsap-test-'));
  await cp(EXAMPLE, folder, { recursive: true });
});
afterEach(() => rm(folder, { recursive: true }));

/** The example's test by night, with something in it changed. */
async function runChanged(from: string | RegExp, to: string): Promise<TestResult[]> {
  const file = join(folder, 'by-night/wsap-test.yaml');
  const text = await readFile(file, 'utf8');
  const changed = text.replace(from, to);
  expect(changed).not.toBe(text);
  await writeFile(file, changed);
  return runTestFile(file);
}

test('the example passes, with one result per expectation and WorkSpace', async () => {
  const files = await filesNamed([EXAMPLE], /^wsap-test\.yaml$/);
  const results = (await Promise.all(files.map(runTestFile))).flat();
  expect(failuresIn(results)).toEqual([]);
  expect(results.map(({ test: name }) => name)).toEqual([
    ...Array(3).fill('keeps Visio for the month that is paid'),
    ...Array(3).fill('changes nothing outside the maintenance window'),
    ...Array(4).fill('removes Visio in the maintenance window'),
    ...Array(2).fill('removes Visio in the final days of the month'),
  ]);
});

describe('a failed expectation shows the actual result', () => {
  test.each<[string, string | RegExp, string, RegExp]>([
    [
      'another verdict',
      'verdict: Excepted',
      'verdict: Denied',
      /actual: verdict Excepted, action None \(excepted by desktops\/no-visio until 2027-03-31/,
    ],
    ['another action', 'action: Disassociate', 'action: Deploy', /actual: action Disassociate, holdReason None/],
    [
      'another reason',
      'holdReason: UserConnected',
      'holdReason: Audit',
      /actual: holdReason UserConnected \(the user is connected/,
    ],
    [
      'another time',
      '2026-11-24T22:30',
      '2026-11-24T12:30',
      /actual: action Disassociate, holdReason OutsideMaintenanceWindow/,
    ],
    [
      'after an exception has expired',
      '2026-11-24T22:30',
      '2027-04-01T22:30',
      /actual: verdict Denied, action Disassociate/,
    ],
    ['an unknown WorkSpace', 'ws-carol0001', 'ws-dave00001', /actual: verdict None, action None/],
    [
      'an unknown policy',
      'policy: desktops/no-visio',
      'policy: desktops/none',
      /policy not found; known policies: desktops\/no-visio/,
    ],
  ])('%s', async (_, from, to, failure) => {
    expect(failuresIn(await runChanged(from, to))[0]).toMatch(failure);
  });
});

describe('an invalid test file fails and shows the position', () => {
  test.each<[string, string | RegExp, string, RegExp]>([
    ['an unknown field', 'name: removes', 'nam: removes', /wsap-test\.yaml:1:1: nam: unknown field/],
    [
      'an unknown verdict',
      'verdict: Excepted',
      'verdict: Expected',
      /wsap-test\.yaml:18:3: expect\[2\]\.verdict: must be one of "Required", "Allowed"/,
    ],
    [
      'no expected result',
      "  holdReason: UserConnected        # the deployment would end the user's session\n",
      '',
      /expect\[1\]: must set either workspaces, application, and a verdict, action, or holdReason/,
    ],
    ['missing policies', '../policies', '../policy', /no such file or folder/],
    ['a missing inventory', '../inventory.yaml', '../fleet.yaml', /fleet\.yaml: no such file/],
    ['another file as inventory', '../inventory.yaml', 'wsap-test.yaml', /is not a valid inventory file: .*apiVersion/],
  ])('%s', async (_, from, to, failure) => {
    const results = await runChanged(from, to);
    expect(results).toHaveLength(1);
    expect(failuresIn(results)[0]).toMatch(failure);
  });

  test.each([
    [
      'an alias without an anchor',
      'workspaces: *nothing',
      /is not a valid inventory file: no anchor &nothing before alias \*nothing/,
    ],
    [
      'an alias of a value that contains it',
      'workspaces: &all [*all]',
      /is not a valid inventory file: alias \*all is part of the value/,
    ],
    ['invalid YAML', 'workspaces: [', /is not a valid inventory file: /],
  ])('an inventory with %s', async (_, content, failure) => {
    await writeFile(join(folder, 'inventory.yaml'), `${content}\n`);
    expect(failuresIn(await runTestFile(join(folder, 'by-night/wsap-test.yaml')))[0]).toMatch(failure);
  });

  test('an invalid policy', async () => {
    await writeFile(
      join(folder, 'policies/bad.yaml'),
      'apiVersion: wsap.dev/v1alpha1\nkind: WorkspaceApplicationPolicy\n',
    );
    expect(failuresIn(await runTestFile(join(folder, 'by-night/wsap-test.yaml')))[0]).toMatch(
      /bad\.yaml:1:1: spec: required/,
    );
  });
});

test('JUnit contains each result, with escaped names', async () => {
  const results = [
    { file: 'a', test: 't', name: 'fine' },
    { file: 'a', test: 't', name: '"<x>&', failure: '\u001b[31m]]>' },
  ];
  const xml = TEST_FORMATS.junit(results);
  expect(xml).toContain('<testsuite name="a" tests="2" failures="1">');
  expect(xml).toContain('name="&quot;&lt;x&gt;&amp;"');
  expect(xml).not.toContain('\u001b');
});
