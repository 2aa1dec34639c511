import { describe, expect, test } from 'vitest';
import { ruleProblems } from '../../src/policy/rules.ts';
import { isKind, validateResource } from '../../src/policy/schema.ts';
import { badManifests, goodManifests, type Resource } from '../cluster/manifests/corpus.ts';

/** Returns the violations of the schema or, if there are none, of the rules. */
function problemsOf(resource: Resource) {
  const { kind } = resource;
  if (!isKind(kind)) {
    throw new Error(`there is no CRD for the kind ${kind}`);
  }
  const copy = structuredClone(resource);
  const problems = validateResource(kind, copy);
  return problems.length > 0 ? problems : ruleProblems(kind, copy);
}

test.each(goodManifests)('$name is valid, like at the API server', ({ resource }) => {
  expect(problemsOf(resource)).toEqual([]);
});

describe('the schema and the rules reject what the API server rejects:', () => {
  test.each(badManifests)('$name', ({ resource, field }) => {
    expect(problemsOf(resource).map((one) => one.field)).toContain(field);
  });
});
