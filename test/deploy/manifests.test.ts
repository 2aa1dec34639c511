import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { lint } from '../../src/cli/actions/lint/check.ts';
import { filesNamed, readSources } from '../../src/cli/actions/manifests.ts';
import { runTestFile } from '../../src/cli/actions/test/run.ts';

const DEPLOY = join(import.meta.dirname, '../../deploy');
test('every delivered manifest is valid', async () => {
  // The templates of the chart aren't YAML until Helm renders them.
  const folders = readdirSync(DEPLOY).filter((name) => name !== 'helm');
  const { resources, broken } = await readSources(
    folders.map((name) => join(DEPLOY, name)),
    true,
  );
  const { checked, problems } = lint({ resources, broken });
  expect(checked).toBeGreaterThanOrEqual(20);
  // All test data of one kind has the same name.
  expect(problems.filter(({ check }) => check !== 'Duplicate')).toEqual([]);
});

test('the tests in the examples pass', async () => {
  const files = await filesNamed([join(DEPLOY, 'examples')], /^wsap-test\.yaml$/);
  const results = (await Promise.all(files.map(runTestFile))).flat();
  expect(files.length).toBeGreaterThanOrEqual(3);
  expect(results.filter(({ failure }) => failure !== undefined)).toEqual([]);
});
