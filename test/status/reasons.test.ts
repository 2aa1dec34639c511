import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { FLEET_ERROR_KINDS } from '../../src/fleet/errors.ts';
import { HOLDS } from '../../src/plan/holds/index.ts';
import {
  APPLICATION_REASONS,
  COMPLIANCE_REASONS,
  EVENT_REASONS,
  EVENTS_RECEIVED_REASONS,
  FLEET_REASONS,
  POLICY_REASONS,
  PROVIDER_REASONS,
} from '../../src/status/reasons.ts';

const CATALOGS = [
  POLICY_REASONS,
  COMPLIANCE_REASONS,
  APPLICATION_REASONS,
  FLEET_REASONS,
  EVENTS_RECEIVED_REASONS,
  PROVIDER_REASONS,
  EVENT_REASONS,
];
const catalogReasons = CATALOGS.flatMap((catalog) => Object.keys(catalog));
const known = new Set([...catalogReasons, ...HOLDS.map(({ reason }) => reason)]);

const sources = ['status', 'eventbridge', 'operator', 'plan', 'execute', 'reports', 'notifications'].flatMap(
  (folder) => {
    const path = join(import.meta.dirname, '../../src', folder);
    return readdirSync(path, { recursive: true, encoding: 'utf8' })
      .filter((file) => file.endsWith('.ts') && !(folder === 'status' && file === 'reasons.ts'))
      .map((file) => readFileSync(join(path, file), 'utf8'));
  },
);

/** Finds `reason: 'X'`, `reason: a ? 'X' : 'Y'`, `condition(…, 'X'`, and `'Warning', 'X'`. */
const REASON =
  /(?:reason: |\bcondition\(\s*[^,()]+(?:\([^()]*\))?,\s*(?:[\w.]+ \? )?|'(?:Normal|Warning)', )'([A-Z][A-Za-z]+)'(?: : '([A-Z][A-Za-z]+)')?/g;
const emitted = new Set(
  sources.flatMap((text) =>
    [...text.matchAll(REASON)].flatMap(([, first, second]) => [first ?? [], second ?? []].flat()),
  ),
);

test('finds reasons of each kind in the sources', () => {
  expect([...emitted]).toEqual(
    expect.arrayContaining([
      'ApplicationNotFound',
      'Connected',
      'Deploying',
      'FleetNotFound',
      'ReconciliationSucceeded',
      'ReportNotWritten',
      'Suspended',
      'UserConnected',
    ]),
  );
});

describe('every reason has an explanation:', () => {
  test.each([...emitted].sort())('%s', (reason) => {
    expect(known).toContain(reason);
  });

  // Without a response, no Event is recorded.
  test.each(FLEET_ERROR_KINDS.filter((kind) => kind !== 'Canceled'))('%s, as the reason of an Event', (kind) => {
    expect(Object.keys(EVENT_REASONS)).toContain(kind);
  });
});

test.each([...new Set(catalogReasons)].sort())('%s appears in the sources', (reason) => {
  const isErrorKind = (FLEET_ERROR_KINDS as readonly string[]).includes(reason);
  expect(isErrorKind || sources.some((text) => text.includes(`'${reason}'`))).toBe(true);
});
