import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { FLEET_ERROR_KINDS } from '../../src/fleet/errors.ts';

const root = join(import.meta.dirname, '../..');
const page = readFileSync(join(root, 'docs/reference/reasons.md'), 'utf8');
const documented = new Set([...page.matchAll(/`([A-Z][A-Za-z]+)`/g)].map(([, name]) => name));

/** Reasons in the sources of the reporting layers: as a `reason`, as the reason of a condition, or as the reason of an Event. */
const inSources = new Set(
  ['status', 'operator', 'plan', 'execute'].flatMap((folder) =>
    readdirSync(join(root, 'src', folder), { recursive: true, encoding: 'utf8' })
      .filter((file) => file.endsWith('.ts'))
      .flatMap((file) => [
        ...readFileSync(join(root, 'src', folder, file), 'utf8').matchAll(
          /(?:reason: |\bcondition\(\s*[^,()]+(?:\([^()]*\))?,\s*(?:[\w.]+ \? )?|'(?:Normal|Warning)', )'([A-Z][A-Za-z]+)'(?: : '([A-Z][A-Za-z]+)')?/g,
        ),
      ])
      .flatMap(([, one, other]) => [one, other].filter((name) => name !== undefined)),
  ),
);

test('the sources are found to have the reasons that are known to be there', () => {
  for (const reason of [
    'UserConnected',
    'FleetNotFound',
    'ReconciliationSucceeded',
    'Suspended',
    'Connected',
    'Deploying',
    'ApplicationNotFound',
    'HourlyLimitReached',
  ]) {
    expect(inSources).toContain(reason);
  }
});

describe('every reason that can appear is explained', () => {
  test.each([...inSources].sort())('%s', (reason) => {
    expect(documented).toContain(reason);
  });
  test.each(FLEET_ERROR_KINDS.filter((kind) => kind !== 'Cancelled'))('%s', (kind) => {
    expect(documented).toContain(kind);
  });
});
