import { describe, expect, test } from 'vitest';
import { metadataProblems } from '../../src/policy/metadata.ts';
import type { Kind } from '../../src/policy/schema.ts';
import { invalidMetadata, validMetadata } from './metadataCases.ts';

const problemsOf = (metadata: unknown, kind: Kind = 'WorkspaceApplicationPolicy') =>
  metadataProblems(kind, { kind, metadata });

describe('valid metadata', () => {
  test.each<readonly [string, unknown]>([...validMetadata, ['no metadata, which the schema reports', undefined]])(
    '%s',
    (_, metadata) => {
      expect(problemsOf(metadata)).toEqual([]);
    },
  );
});

describe('the API server rejects', () => {
  test.each(invalidMetadata)('%s', (_, metadata, field, message) => {
    expect(problemsOf(metadata)).toEqual([{ field: `metadata.${field}`, message: expect.stringContaining(message) }]);
  });
});

test('the API server ignores the namespace of a fleet', () => {
  expect(problemsOf({ name: 'emea', namespace: 'Desk_tops' }, 'WorkspaceFleet')).toEqual([]);
  expect(problemsOf({ name: 'Emea' }, 'WorkspaceFleet')).toHaveLength(1);
});
