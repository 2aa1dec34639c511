import { readFileSync } from 'node:fs';
import { parse } from 'yaml';
import { checkAgainst, type SchemaError } from './jsonSchema.ts';

/** The parts of a CRD that wsap uses. */
interface CustomResourceDefinition {
  readonly metadata: { readonly name: string };
  readonly spec: {
    readonly versions: readonly [{ readonly name: string; readonly schema: { readonly openAPIV3Schema: object } }];
  };
}

const CRDS = {
  WorkspaceApplicationPolicy: () =>
    parse(readFileSync(new URL('../../crds/workspaceapplicationpolicies.yaml', import.meta.url), 'utf8')),
  WorkspaceFleet: () => parse(readFileSync(new URL('../../crds/workspacefleets.yaml', import.meta.url), 'utf8')),
  NotificationProvider: () =>
    parse(readFileSync(new URL('../../crds/notificationproviders.yaml', import.meta.url), 'utf8')),
} as const;
export type Kind = keyof typeof CRDS;

const checks = new Map<Kind, ReturnType<typeof checkAgainst>>();

/**
 * Validates a resource against the schema of its CRD and sets defaults in place, like the API server. Doesn't evaluate CEL rules;
 * `parsePolicy`, `parseFleet`, and `parseProvider` repeat the checks that protect against unwanted removals.
 */
export function validateResource(kind: Kind, resource: unknown): SchemaError[] {
  const check =
    checks.get(kind) ?? checkAgainst(closed(schemaOf(kind)) as object, { allErrors: true, useDefaults: true });
  checks.set(kind, check);
  return check(resource);
}

/** The parts of a CRD schema that describe fields. */
interface Schema {
  readonly default?: unknown;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly items?: Schema;
}

/**
 * Returns a copy of a resource without the fields that are null and have a default, like the API server. Other fields remain null, and
 * the schema rejects them, because an empty `expectedAccountID` or `exclude` would extend what a fleet or a policy allows.
 */
export function withoutDefaultedNulls<T>(kind: Kind, resource: T): T {
  return withoutNulls(schemaOf(kind) as Schema, resource) as T;
}

function withoutNulls({ properties = {}, items }: Schema, value: unknown): unknown {
  if (Array.isArray(value)) {
    return value.map((item) => withoutNulls(items ?? {}, item));
  }
  if (typeof value !== 'object' || value === null) {
    return value;
  }
  return Object.fromEntries(
    Object.entries(value).flatMap(([name, child]) => {
      const schema = Object.hasOwn(properties, name) ? (properties[name] as Schema) : {};
      return child === null && schema.default !== undefined ? [] : [[name, withoutNulls(schema, child)]];
    }),
  );
}

const crds = new Map<Kind, CustomResourceDefinition>();

/** Returns the CRD of a kind. */
export function crdOf(kind: Kind): CustomResourceDefinition {
  const crd = crds.get(kind) ?? CRDS[kind]();
  crds.set(kind, crd);
  return crd;
}

/** Returns the schema in the CRD of a kind. */
export function schemaOf(kind: Kind): object {
  return crdOf(kind).spec.versions[0].schema.openAPIV3Schema;
}

/** Whether the objects of a kind belong to no namespace. */
export function isClusterScoped(kind: Kind): boolean {
  return kind !== 'WorkspaceApplicationPolicy';
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
