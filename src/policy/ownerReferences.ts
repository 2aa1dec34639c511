import type { SchemaError } from './jsonSchema.ts';

const REQUIRED = ['apiVersion', 'kind', 'name', 'uid'] as const;
const BOOLEANS = ['controller', 'blockOwnerDeletion'] as const;
const FIELDS: readonly string[] = [...REQUIRED, ...BOOLEANS];

/** Returns the problems that the API server reports for the owners in the metadata of an object. */
export function ownerProblems(owners: readonly unknown[]): SchemaError[] {
  const controllers = owners.filter((owner) => fieldsOf(owner).controller === true).length;
  return [
    ...owners.flatMap(problemsOf),
    ...(controllers > 1
      ? [{ field: 'ownerReferences', message: 'must not contain more than one owner with controller: true' }]
      : []),
  ];
}

function problemsOf(owner: unknown, index: number): SchemaError[] {
  const fields = fieldsOf(owner);
  const { apiVersion, kind } = fields;
  const at = (field: string, message: string) => ({ field: `ownerReferences[${index}].${field}`, message });
  return [
    ...REQUIRED.flatMap((field) =>
      typeof fields[field] === 'string' && fields[field] !== '' ? [] : [at(field, 'required')],
    ),
    ...BOOLEANS.flatMap((field) =>
      ['boolean', 'undefined'].includes(typeof (fields[field] ?? undefined))
        ? []
        : [at(field, 'must be true or false')],
    ),
    ...Object.keys(fields).flatMap((field) => (FIELDS.includes(field) ? [] : [at(field, 'unknown field')])),
    ...(typeof apiVersion === 'string' && apiVersion.split('/').length > 2
      ? [at('apiVersion', 'must be a version, or a group and a version, for example, apps/v1')]
      : []),
    ...(apiVersion === 'v1' && kind === 'Event' ? [at('kind', 'must not be Event, which can own nothing')] : []),
  ];
}

function fieldsOf(owner: unknown): Readonly<Record<string, unknown>> {
  return Object(owner) as Readonly<Record<string, unknown>>;
}
