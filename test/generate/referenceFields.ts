/** A field of a structural schema, as far as the CRDs of this project go. */
export interface FieldSchema {
  readonly description?: string;
  readonly type?: string;
  readonly default?: unknown;
  readonly properties?: Readonly<Record<string, FieldSchema>>;
  readonly required?: readonly string[];
  readonly items?: FieldSchema | undefined;
  readonly additionalProperties?: FieldSchema;
  readonly enum?: readonly string[];
  readonly format?: string;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly minItems?: number;
  readonly maxItems?: number;
  readonly minProperties?: number;
  readonly maxProperties?: number;
  readonly pattern?: string;
  readonly 'x-kubernetes-int-or-string'?: boolean;
  readonly 'x-kubernetes-list-type'?: string;
  readonly 'x-kubernetes-list-map-keys'?: readonly string[];
  readonly 'x-kubernetes-map-type'?: string;
  readonly 'x-kubernetes-validations'?: readonly Rule[];
}

interface Rule {
  readonly message?: string;
  /** The field that is wrong, below the one that has the rule. */
  readonly fieldPath?: string;
}

/** Keywords that the reference tells, or whose meaning a rule's message tells better: a pattern always stands beside one. */
const TOLD: ReadonlySet<string> = new Set([
  ...['description', 'type', 'default', 'properties', 'required', 'items', 'additionalProperties', 'enum', 'format'],
  ...[
    'minimum',
    'maximum',
    'minLength',
    'maxLength',
    'minItems',
    'maxItems',
    'minProperties',
    'maxProperties',
    'pattern',
  ],
  ...['x-kubernetes-int-or-string', 'x-kubernetes-list-type', 'x-kubernetes-list-map-keys', 'x-kubernetes-map-type'],
  'x-kubernetes-validations',
]);

const FORMATS: Readonly<Record<string, string>> = { 'date-time': 'time', int32: 'integer', int64: 'integer' };

/** A field's type, for people. @throws Error for one that the reference knows no words for. */
export function typeOf(path: string, schema: FieldSchema): string {
  const unknown = Object.keys(schema).find((keyword) => !TOLD.has(keyword));
  if (unknown !== undefined) {
    throw new Error(`${path} has the keyword ${unknown}, which the reference doesn't tell`);
  }
  const { type, items, additionalProperties, enum: values, format } = schema;
  if (schema['x-kubernetes-int-or-string']) {
    return 'integer or string';
  }
  if (values !== undefined) {
    return values.map((value) => `\`${value}\``).join(', ');
  }
  if (items !== undefined) {
    return `list of ${typeOf(`${path}[]`, items)}`;
  }
  if (additionalProperties !== undefined) {
    return `map of ${typeOf(`${path}.*`, additionalProperties)}`;
  }
  const name = format === undefined ? type : FORMATS[format];
  if (name === undefined) {
    throw new Error(`${path} has no type that the reference knows: type ${type}, format ${format}`);
  }
  return name;
}

/** What a field's value may be, in sentences. */
export function limitsOf(path: string, schema: FieldSchema): string[] {
  const { items, additionalProperties, minimum, maximum, description = '' } = schema;
  const numbers = description.includes('Range: ') ? [] : range(minimum, maximum, '');
  const entries = range(schema.minItems, schema.maxItems, ' entries');
  const keys = range(schema.minProperties, schema.maxProperties, ' entries');
  const characters = isExplained(schema) ? [] : range(schema.minLength, schema.maxLength, ' characters');
  return [
    ...[...numbers, ...entries, ...keys, ...characters],
    ...messagesOf(path, schema).map((message) => sentence(message)),
    ...(items === undefined ? [] : limitsOf(`${path}[]`, items).map((limit) => `Each: ${limit}`)),
    ...(additionalProperties === undefined
      ? []
      : limitsOf(`${path}.*`, additionalProperties).map((limit) => `Each value: ${limit}`)),
  ];
}

/** What the API server says where a rule is broken. @throws Error for a rule without a message. */
export function messagesOf(path: string, schema: FieldSchema): string[] {
  return (schema['x-kubernetes-validations'] ?? []).map(({ message, fieldPath }) => {
    if (message === undefined) {
      throw new Error(`${path} has a rule without a message`);
    }
    return fieldPath === undefined ? message : `\`${fieldPath.slice(1)}\`: ${message}`;
  });
}

/** Lengths beside a rule or a format are there to bound the cost of validation; people are told the rule. */
function isExplained({ enum: values, format, ...schema }: FieldSchema): boolean {
  return values !== undefined || format !== undefined || schema['x-kubernetes-validations'] !== undefined;
}

function range(min: number | undefined, max: number | undefined, unit: string): string[] {
  if (min === undefined && max === undefined) {
    return [];
  }
  const words = min === undefined ? `At most ${max}` : max === undefined ? `At least ${min}` : `From ${min} to ${max}`;
  return [`${words}${unit}.`];
}

function sentence(message: string): string {
  return `${message.charAt(0).toUpperCase()}${message.slice(1)}.`;
}
