import { Environment, type ParseResult } from '@marcbachmann/cel-js';
import type { SchemaError } from './jsonSchema.ts';
import { type Kind, schemaOf } from './schema.ts';

/** The parts of a CRD schema that contain rules. */
interface Schema {
  readonly type?: string;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly additionalProperties?: Schema;
  readonly items?: Schema;
  readonly 'x-kubernetes-int-or-string'?: boolean;
  readonly 'x-kubernetes-list-type'?: string;
  readonly 'x-kubernetes-validations'?: readonly Rule[];
}

interface Rule {
  readonly rule: string;
  readonly message: string;
  readonly fieldPath?: string;
}

const environment = new Environment({ unlistedVariablesAreDyn: true });
const parsed = new Map<string, ParseResult>();

/**
 * Returns the violations of the CEL rules in a resource's CRD, with the messages of the API server, and duplicate values in sets. Ignores
 * values of the wrong type, because the schema rejects them.
 */
export function ruleProblems(kind: Kind, resource: unknown): SchemaError[] {
  return violationsIn(schemaOf(kind) as Schema, resource, '');
}

function violationsIn(schema: Schema, value: unknown, field: string): SchemaError[] {
  if (value === undefined || value === null) {
    return [];
  }
  const own = (schema['x-kubernetes-validations'] ?? [])
    .filter(({ rule }) => !isSatisfied(rule, toCel(schema, value)))
    .map(({ message, fieldPath = '' }) => ({ field: `${field}${fieldPath}`.replace(/^\./, ''), message }));
  return [...own, ...duplicatesIn(schema, value, field), ...childrenIn(schema, value, field)];
}

function childrenIn(
  { properties = {}, additionalProperties, items }: Schema,
  value: unknown,
  field: string,
): SchemaError[] {
  if (Array.isArray(value)) {
    return items === undefined ? [] : value.flatMap((item, index) => violationsIn(items, item, `${field}[${index}]`));
  }
  if (typeof value !== 'object' || value === null) {
    return [];
  }
  return Object.entries(value).flatMap(([name, child]) => {
    const schema = Object.hasOwn(properties, name) ? properties[name] : additionalProperties;
    return schema === undefined ? [] : violationsIn(schema, child, field === '' ? name : `${field}.${name}`);
  });
}

function duplicatesIn(schema: Schema, value: unknown, field: string): SchemaError[] {
  if (schema['x-kubernetes-list-type'] !== 'set' || !Array.isArray(value)) {
    return [];
  }
  return value.flatMap((item, index) =>
    value.indexOf(item) < index
      ? [{ field: `${field}[${index}]`, message: `duplicate value: ${JSON.stringify(item)}` }]
      : [],
  );
}

function isSatisfied(rule: string, self: unknown): boolean {
  const check = parsed.get(rule) ?? environment.parse(rule);
  parsed.set(rule, check);
  try {
    return check({ self }) === true;
  } catch {
    // The value has the wrong type, which the schema rejects.
    return true;
  }
}

/** Converts a value for CEL, which has separate integer and double types. The schema decides which applies. */
function toCel(schema: Schema, value: unknown): unknown {
  if (Array.isArray(value)) {
    return value.map((item) => toCel(schema.items ?? {}, item));
  }
  if (typeof value === 'object' && value !== null) {
    const { properties = {}, additionalProperties = {} } = schema;
    return Object.fromEntries(
      Object.entries(value).map(([name, child]) => [
        name,
        toCel((Object.hasOwn(properties, name) ? properties[name] : undefined) ?? additionalProperties, child),
      ]),
    );
  }
  const isInteger = schema.type === 'integer' || schema['x-kubernetes-int-or-string'] === true;
  return typeof value === 'number' && Number.isInteger(value) && isInteger ? BigInt(value) : value;
}
