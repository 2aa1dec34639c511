import { readFileSync } from 'node:fs';
import { parse } from 'yaml';
import { checkAgainst, type SchemaError } from './jsonSchema.ts';

const CRDS = {
  WorkspaceApplicationPolicy: 'workspaceapplicationpolicies',
  WorkspaceFleet: 'workspacefleets',
};
export type Kind = keyof typeof CRDS;

const checks = new Map<Kind, ReturnType<typeof checkAgainst>>();

/**
 * Validates a resource against the schema of its CRD and sets defaults in place, like the API server. Doesn't evaluate CEL rules;
 * `parsePolicy` and `parseFleet` repeat the checks that protect against unwanted removals.
 */
export function validateResource(kind: Kind, resource: unknown): SchemaError[] {
  const check =
    checks.get(kind) ?? checkAgainst(closed(schemaOf(kind)) as object, { allErrors: true, useDefaults: true });
  checks.set(kind, check);
  return check(resource);
}

const schemas = new Map<Kind, unknown>();

/** Returns the schema in the CRD of a kind. */
export function schemaOf(kind: Kind): unknown {
  const known = schemas.get(kind);
  if (known !== undefined) {
    return known;
  }
  const crd = parse(readFileSync(new URL(`../../crds/${CRDS[kind]}.yaml`, import.meta.url), 'utf8'));
  const schema = crd.spec.versions[0].schema.openAPIV3Schema;
  schemas.set(kind, schema);
  return schema;
}

/** Whether a value is one of the kinds that have a CRD. */
export function isKind(kind: unknown): kind is Kind {
  return typeof kind === 'string' && Object.hasOwn(CRDS, kind);
}

/**
 * Returns a schema that rejects unknown fields. The API server silently prunes them without strict validation, and a misspelled field must
 * be reported. Resources from a cluster are already pruned.
 */
function closed(node: unknown): unknown {
  if (Array.isArray(node)) {
    return node.map(closed);
  }
  if (typeof node !== 'object' || node === null) {
    return node;
  }
  const entries = Object.entries(node).map(([key, value]) => [key, closed(value)]);
  const schema = Object.fromEntries(entries);
  if (schema['x-kubernetes-int-or-string']) {
    schema.type = ['integer', 'string'];
  }
  const isObjectSchema = schema.type === 'object' && typeof schema.properties === 'object';
  return isObjectSchema ? { additionalProperties: false, ...schema } : schema;
}
