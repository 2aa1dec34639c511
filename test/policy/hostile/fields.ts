import fc from 'fast-check';
import { TEXTS, UNICODE } from './texts.ts';

/** The parts of a CRD schema that determine values. */
export interface Schema {
  readonly type?: 'object' | 'array' | 'string' | 'integer' | 'number' | 'boolean';
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly additionalProperties?: Schema;
  readonly required?: readonly string[];
  readonly items?: Schema;
  readonly enum?: readonly string[];
  readonly pattern?: string;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly minItems?: number;
  readonly maxItems?: number;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly 'x-kubernetes-int-or-string'?: boolean;
}

const APPLICATION = [['id'], ['name'], ['name', 'owner']];
/** Valid combinations of fields that exclude or require each other. Without them, few manifests would be valid. */
const TOGETHER: Readonly<Record<string, readonly (readonly string[])[]>> = {
  workspaceSelector: [
    ['all'],
    ['all', 'exclude'],
    ['workspaceIDs'],
    ['directoryIDs', 'userNames', 'exclude'],
    ['bundleIDs', 'tags'],
    ['lastConnectedBefore', 'neverConnected'],
  ],
  required: APPLICATION,
  allowed: APPLICATION,
  denied: APPLICATION,
  application: APPLICATION,
  allowedNamespaces: [['from', 'selector']],
  namespaces: [['from', 'selector']],
  provider: [
    ['type', 'secretRef', 'events', 'namespaces', 'summary', 'timeout'],
    ['type', 'secretRef', 'events', 'namespaces', 'linkTemplate', 'maxMessagesPerHour'],
    ['type', 'secretRef', 'events', 'namespaces', 'channel', 'username', 'suspend'],
    ['type', 'topicARN', 'events', 'namespaces', 'userNames'],
  ],
};
/** Values that are valid if their combination of fields is valid. */
const RIGHT: Readonly<Record<string, unknown>> = { all: true, from: 'Selector', operator: 'In' };

/** Values of a field: valid ones or, if `edgy`, sometimes ones at or beyond the limits. */
export function fieldOf(schema: Schema, name: string, isEdgy: boolean): fc.Arbitrary<unknown> {
  if (!isEdgy && name in RIGHT) {
    return fc.constant(RIGHT[name]);
  }
  if (schema['x-kubernetes-int-or-string'] === true) {
    return orAtTheEdge(
      fc.constantFrom<unknown>('20%', '100%', 1, 25),
      [...(TEXTS[name] ?? []), 0, -1, 2.5, 2 ** 31],
      isEdgy,
    );
  }
  switch (schema.type) {
    case 'object':
      return objectOf(schema, name, isEdgy);
    case 'array':
      return listOf(schema, name, isEdgy);
    case 'string':
      return textOf(schema, name, isEdgy);
    case 'boolean':
      return fc.boolean();
    default:
      return numberOf(schema, isEdgy);
  }
}

function orAtTheEdge<T>(right: fc.Arbitrary<T>, edges: readonly T[], isEdgy: boolean): fc.Arbitrary<T> {
  return isEdgy ? fc.oneof({ weight: 5, arbitrary: right }, fc.constantFrom(...edges)) : right;
}

function objectOf(schema: Schema, name: string, isEdgy: boolean): fc.Arbitrary<unknown> {
  const { properties = {}, additionalProperties, required = [] } = schema;
  if (additionalProperties !== undefined) {
    const key = orAtTheEdge(
      fc.constantFrom('Department', 'team', 'a.b/c'),
      [...(TEXTS.key ?? []), '__proto__'],
      isEdgy,
    );
    return fc.dictionary(key, fieldOf(additionalProperties, 'value', isEdgy), { minKeys: 1, maxKeys: 3 });
  }
  const having = (names: readonly string[]) =>
    fc.record(Object.fromEntries(names.map((field) => [field, fieldOf(properties[field] ?? {}, field, isEdgy)])));
  const choices = TOGETHER[name];
  if (choices !== undefined) {
    return fc.oneof(...choices.map(having));
  }
  const isDemand = properties.operator !== undefined && !isEdgy;
  const optional = Object.keys(properties).filter((field) => !required.includes(field));
  const least = isDemand || required.length === 0 ? 1 : 0;
  return fc
    .subarray(optional, { minLength: least, maxLength: Math.min(4, optional.length) })
    .chain((some) => having([...required, ...some]));
}

function listOf(schema: Schema, name: string, isEdgy: boolean): fc.Arbitrary<unknown> {
  const { items = {}, minItems = 0, maxItems = 3 } = schema;
  const few = fc.uniqueArray(fieldOf(items, name, isEdgy), {
    minLength: Math.max(1, minItems),
    maxLength: 3,
    selector: (one) => JSON.stringify(one),
  });
  const many = fc
    .tuple(fieldOf(items, name, isEdgy), fc.constantFrom(minItems - 1, 2, maxItems, maxItems + 1))
    .map(([one, length]) => Array.from({ length: Math.max(0, length) }, (_, n) => (n > 1 ? numbered(one, n) : one)));
  return isEdgy ? fc.oneof({ weight: 12, arbitrary: few }, many) : few;
}

/** Distinct IDs. */
function numbered(value: unknown, n: number): unknown {
  return typeof value === 'string' ? `${/^[a-z]+-/.exec(value)?.[0] ?? ''}${String(n).padStart(8, '0')}` : value;
}

function textOf(schema: Schema, name: string, isEdgy: boolean): fc.Arbitrary<unknown> {
  const { enum: values, pattern, minLength = 0, maxLength = 100 } = schema;
  if (values !== undefined) {
    return orAtTheEdge(fc.constantFrom(...values), [values[0]?.toLowerCase() ?? '', ''], isEdgy);
  }
  const known = TEXTS[name];
  if (known !== undefined) {
    return orAtTheEdge(fc.constantFrom(...known.slice(0, 2)), known, isEdgy);
  }
  const right =
    pattern === undefined
      ? fc.oneof(fc.string({ minLength: 1, maxLength: 12 }), fc.constantFrom('Microsoft Visio*', 'x'.repeat(maxLength)))
      : matching(pattern);
  const edges = ['x'.repeat(maxLength + 1), '😀'.repeat(maxLength), 'x'.repeat(Math.max(0, minLength - 1)), ...UNICODE];
  return orAtTheEdge(right, edges, isEdgy);
}

const byPattern = new Map<string, fc.Arbitrary<string>>();

/** Cached, because it is slow to create. */
function matching(pattern: string): fc.Arbitrary<string> {
  const known = byPattern.get(pattern) ?? fc.stringMatching(new RegExp(pattern));
  byPattern.set(pattern, known);
  return known;
}

function numberOf({ type, minimum = 0, maximum = 100 }: Schema, isEdgy: boolean): fc.Arbitrary<number> {
  const edges = [minimum, maximum, minimum - 1, maximum + 1, minimum + 0.5, -0];
  const parts = type === 'number' ? [0.1, 0.09999] : [];
  return orAtTheEdge(fc.integer({ min: Math.ceil(minimum), max: maximum }), [...edges, ...parts], isEdgy);
}
