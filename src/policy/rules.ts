import { Environment, type ParseResult } from '@marcbachmann/cel-js';
import type { SchemaError } from './jsonSchema.ts';
import { type Kind, schemaOf } from './schema.ts';

/** The part of a CRD's schema that rules hang on. */
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
 * What the CEL rules of a resource's CRD have against it, as the API server would say it, and values that stand twice in a set. What is
 * of the wrong type is the schema's to refuse.
 */
export function ruleProblems(kind: Kind, resource: unknown): SchemaError[] {
  return problemsIn(schemaOf(kind) as Schema, resource, '');
}

function problemsIn(schema: Schema, value: unknown, field: string): SchemaError[] {
  if (value === undefined || value === null) {
    return [];
  }
  const own = (schema['x-kubernetes-validations'] ?? [])
    .filter(({ rule }) => !holds(rule, toCel(schema, value)))
    .map(({ message, fieldPath = '' }) => ({ field: `${field}${fieldPath}`.replace(/^\./, ''), message }));
  return [...own, ...duplicatesIn(schema, value, field), ...childrenIn(schema, value, field)];
}

function childrenIn(
  { properties = {}, additionalProperties, items }: Schema,
  value: unknown,
  field: string,
): SchemaError[] {
  if (Array.isArray(value)) {
    return items === undefined ? [] : value.flatMap((one, index) => problemsIn(items, one, `${field}[${index}]`));
  }
  if (typeof value !== 'object' || value === null) {
    return [];
  }
  return Object.entries(value).flatMap(([name, child]) => {
    const schema = Object.hasOwn(properties, name) ? properties[name] : additionalProperties;
    return schema === undefined ? [] : problemsIn(schema, child, field === '' ? name : `${field}.${name}`);
  });
}

function duplicatesIn(schema: Schema, value: unknown, field: string): SchemaError[] {
  if (schema['x-kubernetes-list-type'] !== 'set' || !Array.isArray(value)) {
    return [];
  }
  return value.flatMap((one, index) =>
    value.indexOf(one) < index
      ? [{ field: `${field}[${index}]`, message: `duplicate value: ${JSON.stringify(one)}` }]
      : [],
  );
}

function holds(rule: string, self: unknown): boolean {
  const check = parsed.get(rule) ?? environment.parse(rule);
  parsed.set(rule, check);
  try {
    return check({ self }) === true;
  } catch {
    // Of another type than the rule is about, which the schema refuses.
    return true;
  }
}

/** CEL tells whole numbers and others apart, and JavaScript doesn't: the schema says which it is. */
function toCel(schema: Schema, value: unknown): unknown {
  if (Array.isArray(value)) {
    return value.map((one) => toCel(schema.items ?? {}, one));
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
