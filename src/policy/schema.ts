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
 * Checks a resource against its CRD's own schema and fills in its defaults, in place, as the API server does. CEL rules are the API
 * server's; those that a removal rests on are checked again by `parsePolicy` and `parseFleet`.
 */
export function validateResource(kind: Kind, resource: unknown): SchemaError[] {
  const check =
    checks.get(kind) ?? checkAgainst(closed(schemaOf(kind)) as object, { allErrors: true, useDefaults: true });
  checks.set(kind, check);
  return check(resource);
}

const schemas = new Map<Kind, unknown>();

/** The schema in a kind's CRD, as Kubernetes has it. */
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

/** Whether this is the kind of one of the resources. */
export function isKind(kind: unknown): kind is Kind {
  return typeof kind === 'string' && Object.hasOwn(CRDS, kind);
}

/**
 * Refuses unknown fields, which the API server prunes in silence unless asked for strict validation: a misspelt field must not go
 * unnoticed. What a cluster holds is pruned already.
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
