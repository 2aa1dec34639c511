import { readFileSync } from 'node:fs';
import { Ajv } from 'ajv';
import addFormats from 'ajv-formats';
import { describe, expect, test } from 'vitest';
import { badManifests, goodManifests } from '../cluster/manifests/corpus.ts';

const ajv = new Ajv({ strict: false, allErrors: true });
(addFormats as unknown as (ajv: Ajv) => void)(ajv);
const validators = Object.fromEntries(
  ['WorkspaceApplicationPolicy', 'WorkspaceFleet', 'NotificationProvider'].map((kind) => {
    const file = new URL(`../../docs/schemas/${kind.toLowerCase()}_v1alpha1.json`, import.meta.url);
    return [kind, ajv.compile(JSON.parse(readFileSync(file, 'utf8')))];
  }),
);
const isValid = ({ kind, ...rest }: { kind: string }) => validators[kind]?.({ kind, ...rest });

describe('the JSON schemas for editors', () => {
  test.each(goodManifests)('the JSON schema accepts $name', ({ resource }) => {
    expect(isValid(resource)).toBe(true);
  });
  test('the JSON schema rejects misspelled and missing fields, but does not check rules', () => {
    const refused = badManifests.filter(({ resource }) => !isValid(resource)).map(({ name }) => name);
    expect(refused).toContain('a misspelt field');
    expect(refused).toContain('no spec');
    expect(refused).toContain('a misspelt field of a fleet');
    expect(refused.length).toBeGreaterThan(badManifests.length / 3);
  });
});
