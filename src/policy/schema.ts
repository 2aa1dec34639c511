import { readFileSync } from 'node:fs';
import { Ajv, type ErrorObject, type ValidateFunction } from 'ajv';
import addFormats from 'ajv-formats';
import { parse } from 'yaml';

/** What is wrong with a manifest, where, and what would be right. */
export interface Problem {
  /** The field, as `spec.workspaceSelector.workspaceIds[0]`; empty for the whole resource. */
  readonly field: string;
  readonly message: string;
}

const CRDS = {
  WorkspaceApplicationPolicy: 'workspaceapplicationpolicies',
  WorkspaceFleet: 'workspacefleets',
};
export type Kind = keyof typeof CRDS;

const compiled = new Map<Kind, ValidateFunction>();

/**
 * Checks a resource against its CRD's own schema and fills in its defaults, in place, as the API server does. CEL rules are the API
 * server's; those that a removal rests on are checked again by `parsePolicy` and `parseFleet`.
 */
export function validateResource(kind: Kind, resource: unknown): Problem[] {
  const validate = compiled.get(kind) ?? compile(kind);
  compiled.set(kind, validate);
  return validate(resource) ? [] : (validate.errors ?? []).map(toProblem);
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

function compile(kind: Kind): ValidateFunction {
  const ajv = new Ajv({ allErrors: true, strict: false, useDefaults: true, validateFormats: true });
  (addFormats as unknown as (ajv: Ajv) => void)(ajv);
  return ajv.compile(closed(schemaOf(kind)) as object);
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

function toProblem(error: ErrorObject): Problem {
  const field = error.instancePath
    .slice(1)
    .replace(/\/(\d+)/g, '[$1]')
    .replaceAll('/', '.');
  switch (error.keyword) {
    case 'additionalProperties':
      return { field: join(field, String(error.params.additionalProperty)), message: 'unknown field' };
    case 'required':
      return { field: join(field, String(error.params.missingProperty)), message: 'required' };
    case 'enum':
      return {
        field,
        message: `must be one of ${error.params.allowedValues.map((value: unknown) => JSON.stringify(value)).join(', ')}`,
      };
    default:
      return { field, message: error.message ?? error.keyword };
  }
}

function join(parent: string, child: string): string {
  return parent === '' ? child : `${parent}.${child}`;
}
