import type { SchemaError } from './jsonSchema.ts';
import { ownerProblems } from './ownerReferences.ts';
import { isClusterScoped, type Kind } from './schema.ts';

/** Fields of the metadata of a Kubernetes object, with their types. The API server rejects other fields. */
export const METADATA_FIELDS = {
  name: 'string',
  generateName: 'string',
  namespace: 'string',
  selfLink: 'string',
  uid: 'string',
  resourceVersion: 'string',
  generation: 'integer',
  creationTimestamp: 'time',
  deletionTimestamp: 'time',
  deletionGracePeriodSeconds: 'integer',
  labels: 'strings',
  annotations: 'strings',
  ownerReferences: 'list',
  finalizers: 'list',
  managedFields: 'list',
} as const;
type FieldType = (typeof METADATA_FIELDS)[keyof typeof METADATA_FIELDS];

const LABEL = /^[a-z0-9]([a-z0-9-]*[a-z0-9])?$/;
const SUBDOMAIN = /^[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*$/;
const QUALIFIED = /^[A-Za-z0-9]([A-Za-z0-9_.-]*[A-Za-z0-9])?$/;
const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/;
const MAX_SUBDOMAIN_LENGTH = 253;
const MAX_LABEL_LENGTH = 63;
const MAX_ANNOTATIONS_BYTES = 256 * 1024;

/** Finalizers of the garbage collector, of which an object can have one. */
const EXCLUSIVE_FINALIZERS = ['orphan', 'foregroundDeletion'];

const QUOTE_IT = 'must be a string; put the value in quotes';
const NAME_MESSAGE = `must be lowercase letters, digits, "-", and ".", start and end with a letter or digit, and have at most ${MAX_SUBDOMAIN_LENGTH} characters`;
const NAMESPACE_MESSAGE = `must be lowercase letters, digits, and "-", start and end with a letter or digit, and have at most ${MAX_LABEL_LENGTH} characters`;
const VALUE_MESSAGE = `must be letters, digits, "-", "_", and ".", start and end with a letter or digit, and have at most ${MAX_LABEL_LENGTH} characters; use an annotation for other text`;
const KEY_MESSAGE = `must be a name of at most ${MAX_LABEL_LENGTH} letters, digits, "-", "_", and ".", with an optional prefix, for example, example.com/owner`;

/** Returns the problems that the API server reports for the metadata of an object. Ignores a missing name, which parsers report. */
export function metadataProblems(kind: Kind, resource: unknown): SchemaError[] {
  const { metadata } = Object(resource) as { metadata?: unknown };
  if (!isObject(metadata)) {
    return [];
  }
  return [
    ...Object.entries(metadata).flatMap(([field, value]) => typeProblems(field, value)),
    ...contentProblems(kind, withoutWrongTypes(metadata)),
  ];
}

function withoutWrongTypes(metadata: Readonly<Record<string, unknown>>): Metadata {
  return Object.fromEntries(
    Object.entries(metadata).flatMap(([field, value]) => {
      const isMap = METADATA_FIELDS[field as keyof typeof METADATA_FIELDS] === 'strings' && isObject(value);
      const known = isMap ? Object.entries(value).filter(([, text]) => typeof text === 'string') : [];
      return isMap
        ? [[field, Object.fromEntries(known)]]
        : typeProblems(field, value).length === 0
          ? [[field, value]]
          : [];
    }),
  );
}

function typeProblems(field: string, value: unknown): SchemaError[] {
  const type = Object.hasOwn(METADATA_FIELDS, field)
    ? METADATA_FIELDS[field as keyof typeof METADATA_FIELDS]
    : undefined;
  if (type === undefined) {
    return [problem(field, 'unknown field')];
  }
  if (value === null) {
    return [];
  }
  if (type === 'strings' && isObject(value)) {
    return Object.entries(value).flatMap(([key, text]) =>
      typeof text === 'string' || text === null ? [] : [problem(`${field}.${key}`, QUOTE_IT)],
    );
  }
  return isOfType(type, value) ? [] : [problem(field, EXPECTED[type])];
}

const EXPECTED: Readonly<Record<FieldType, string>> = {
  string: QUOTE_IT,
  integer: 'must be an integer',
  time: 'must be a time, for example, 2027-03-31T00:00:00Z',
  strings: 'must be a map of strings',
  list: 'must be a list',
};

function isOfType(type: FieldType, value: unknown): boolean {
  switch (type) {
    case 'string':
      return typeof value === 'string';
    case 'integer':
      return Number.isInteger(value);
    case 'time':
      return typeof value === 'string' && TIME.test(value) && !Number.isNaN(Date.parse(value));
    case 'list':
      return Array.isArray(value);
    case 'strings':
      return false;
  }
}

/** The fields of the metadata that have the correct types. */
interface Metadata {
  readonly name?: string | null;
  readonly generateName?: string | null;
  readonly namespace?: string | null;
  readonly labels?: Readonly<Record<string, string>> | null;
  readonly annotations?: Readonly<Record<string, string>> | null;
  readonly ownerReferences?: readonly unknown[] | null;
  readonly finalizers?: readonly unknown[] | null;
}

function contentProblems(kind: Kind, metadata: Metadata): SchemaError[] {
  const { name, generateName, namespace, labels, annotations, ownerReferences, finalizers } = metadata;
  return [
    ...(isMissing(name) || isSubdomain(name) ? [] : [problem('name', NAME_MESSAGE)]),
    // The API server replaces the end of the prefix with random characters.
    ...(isMissing(generateName) || isSubdomain(generateName.replace(/-$/, 'a'))
      ? []
      : [problem('generateName', NAME_MESSAGE)]),
    // The API server ignores the namespace of a cluster-scoped object.
    ...(isClusterScoped(kind) || isMissing(namespace) || isDnsLabel(namespace)
      ? []
      : [problem('namespace', NAMESPACE_MESSAGE)]),
    ...Object.entries(labels ?? {}).flatMap(([key, value]) => [
      ...keyProblems('labels', key, key),
      ...(isLabelValue(value) ? [] : [problem(`labels.${key}`, VALUE_MESSAGE)]),
    ]),
    // The API server compares keys of annotations in lowercase.
    ...Object.keys(annotations ?? {}).flatMap((key) => keyProblems('annotations', key, key.toLowerCase())),
    ...(annotationBytes(annotations ?? {}) <= MAX_ANNOTATIONS_BYTES
      ? []
      : [problem('annotations', `must not have more than ${MAX_ANNOTATIONS_BYTES / 1024} KiB in total`)]),
    ...ownerProblems(ownerReferences ?? []).map(({ field, message }) => problem(field, message)),
    ...(finalizers ?? []).flatMap((finalizer, index) =>
      typeof finalizer === 'string' && isQualifiedName(finalizer) ? [] : [problem(`finalizers[${index}]`, KEY_MESSAGE)],
    ),
    ...(EXCLUSIVE_FINALIZERS.every((finalizer) => finalizers?.includes(finalizer))
      ? [problem('finalizers', `must not contain both ${EXCLUSIVE_FINALIZERS.join(' and ')}`)]
      : []),
  ];
}

function keyProblems(field: string, key: string, normalized: string): SchemaError[] {
  return isQualifiedName(normalized) ? [] : [problem(`${field}.${key}`, `the key ${KEY_MESSAGE}`)];
}

function isQualifiedName(key: string): boolean {
  const [name = '', prefix, ...rest] = key.split('/').reverse();
  return (
    rest.length === 0 &&
    name.length <= MAX_LABEL_LENGTH &&
    QUALIFIED.test(name) &&
    (prefix === undefined || isSubdomain(prefix))
  );
}

function isSubdomain(text: string): boolean {
  return text.length <= MAX_SUBDOMAIN_LENGTH && SUBDOMAIN.test(text);
}

function isDnsLabel(text: string): boolean {
  return text.length <= MAX_LABEL_LENGTH && LABEL.test(text);
}

function isLabelValue(text: string): boolean {
  return text === '' || (text.length <= MAX_LABEL_LENGTH && QUALIFIED.test(text));
}

function annotationBytes(annotations: NonNullable<Metadata['annotations']>): number {
  return Object.entries(annotations).reduce(
    (sum, [key, value]) => sum + Buffer.byteLength(key) + Buffer.byteLength(value),
    0,
  );
}

function isMissing(text: string | null | undefined): text is '' | null | undefined {
  return text === undefined || text === null || text === '';
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function problem(field: string, message: string): SchemaError {
  return { field: `metadata.${field}`, message };
}
