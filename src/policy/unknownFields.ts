import { isDeepStrictEqual } from 'node:util';
import { type Kind, schemaOf } from './schema.ts';

/** The parts of a CRD schema that describe fields and defaults. */
export interface ServedSchema {
  readonly default?: unknown;
  readonly properties?: Readonly<Record<string, ServedSchema>>;
  readonly additionalProperties?: ServedSchema | boolean;
  readonly items?: ServedSchema;
}

/** A resource of the cluster, compared with the CRD of this version. */
export interface KnownPart {
  /** The resource without unknown fields. The same object if there are none. */
  readonly known: unknown;
  /** Paths of the unknown fields that a user set, for example, `spec.rollout.order`. */
  readonly userSet: readonly string[];
}

/**
 * Separates the fields that this version knows from those that only the CRD in the cluster defines. The API server sets the defaults of
 * its CRD in every resource that it returns, so an unknown field with its default value says nothing about the user's intent.
 *
 * @param served schema of the CRD in the cluster. Undefined if it isn't known: then every unknown field counts as set by a user
 */
export function knownPartOf(kind: Kind, resource: unknown, served: ServedSchema | undefined): KnownPart {
  const userSet: string[] = [];
  const known = withoutUnknown(schemaOf(kind) as ServedSchema, served, resource, '', (field) => userSet.push(field));
  return { known, userSet };
}

function withoutUnknown(
  schema: ServedSchema,
  served: ServedSchema | undefined,
  value: unknown,
  field: string,
  onUserSet: (field: string) => void,
): unknown {
  if (Array.isArray(value)) {
    const { items } = schema;
    return items === undefined
      ? value
      : sameOr(
          value,
          value.map((item, index) => withoutUnknown(items, served?.items, item, `${field}[${index}]`, onUserSet)),
        );
  }
  const { properties } = schema;
  if (typeof value !== 'object' || value === null || properties === undefined) {
    return value;
  }
  const entries = Object.entries(value).flatMap(([name, child]) => {
    const path = field === '' ? name : `${field}.${name}`;
    const inServed = memberOf(served, name);
    const own = memberOf(schema, name);
    if (own !== undefined) {
      return [[name, withoutUnknown(own, inServed, child, path, onUserSet)] as const];
    }
    if (inServed?.default === undefined || !isDeepStrictEqual(child, withDefaults(inServed, inServed.default))) {
      onUserSet(path);
    }
    return [];
  });
  return sameOr(value, Object.fromEntries(entries));
}

/** Returns the original value if the copy has the same members. */
function sameOr<T extends object>(value: T, copy: T): T {
  const members = Object.entries(value);
  const isSame =
    members.length === Object.keys(copy).length &&
    members.every(([name, member]) => (copy as Readonly<Record<string, unknown>>)[name] === member);
  return isSame ? value : copy;
}

function memberOf({ properties, additionalProperties }: ServedSchema = {}, name: string): ServedSchema | undefined {
  if (properties !== undefined && Object.hasOwn(properties, name)) {
    return properties[name];
  }
  return typeof additionalProperties === 'object' ? additionalProperties : undefined;
}

/** Returns a value with the defaults of its schema, like the API server. */
function withDefaults(schema: ServedSchema, value: unknown): unknown {
  if (Array.isArray(value)) {
    return value.map((item) => withDefaults(schema.items ?? {}, item));
  }
  if (typeof value !== 'object' || value === null) {
    return value;
  }
  const defaults = Object.entries(schema.properties ?? {}).flatMap(([name, one]) =>
    one.default === undefined ? [] : [[name, one.default] as const],
  );
  const members = Object.entries({ ...Object.fromEntries(defaults), ...value });
  return Object.fromEntries(members.map(([name, child]) => [name, withDefaults(memberOf(schema, name) ?? {}, child)]));
}
