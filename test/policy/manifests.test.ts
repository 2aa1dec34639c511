import { describe, expect, test } from 'vitest';
import { InvalidResourceError } from '../../src/policy/invalidField.ts';
import { parsePolicy } from '../../src/policy/parse.ts';
import { parseFleet } from '../../src/policy/parseFleet.ts';
import { parseProvider } from '../../src/policy/parseProvider.ts';
import type { Kind } from '../../src/policy/schema.ts';
import { badManifests, goodManifests, type Resource } from '../cluster/manifests/corpus.ts';

const seenOffline = badManifests.filter(({ offline }) => offline !== undefined);
const leftToTheApiServer = badManifests.filter(({ offline }) => offline === undefined);

test.each(goodManifests)('$name is valid', ({ resource }) => {
  expect(problemsOf(resource)).toEqual([]);
});

describe('the message names the field and a valid value:', () => {
  test.each(seenOffline)('$name', ({ resource, offlineField, offline }) => {
    expect(problemsOf(resource)).toContainEqual({ field: offlineField, message: offline });
  });
});

describe('only the API server rejects:', () => {
  test.each(leftToTheApiServer)('$name', ({ resource }) => {
    expect(problemsOf(resource)).toEqual([]);
  });
});

const PARSERS: Readonly<Record<Kind, (resource: unknown) => unknown>> = {
  WorkspaceApplicationPolicy: parsePolicy,
  WorkspaceFleet: parseFleet,
  NotificationProvider: parseProvider,
};

function problemsOf(resource: Resource): InvalidResourceError['problems'] {
  try {
    PARSERS[resource.kind as Kind](resource);
    return [];
  } catch (error) {
    if (error instanceof InvalidResourceError) {
      return error.problems;
    }
    throw error;
  }
}
