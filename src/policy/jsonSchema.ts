import { Ajv, type ErrorObject, type Options } from 'ajv';
import addFormats from 'ajv-formats';

/** A problem with a document. */
export interface SchemaError {
  /** Path of the field, for example `spec.workspaceSelector.workspaceIDs[0]`. Empty for the whole document. */
  readonly field: string;
  /** Human-readable problem, or the valid values. */
  readonly message: string;
}

/** ajv accepts a space between date and time, and leap seconds. The API server and JavaScript don't. */
const NO_TIME = /\s|:60/;

/**
 * Returns a function that validates documents against a JSON schema and returns the problems by field. Options that modify the document,
 * for example `useDefaults`, modify it in place.
 */
export function checkAgainst(schema: object, options: Options = {}): (document: unknown) => SchemaError[] {
  const ajv = new Ajv({ strict: false, ...options });
  (addFormats as unknown as (ajv: Ajv) => void)(ajv);
  const { validate: isDateTime } = ajv.formats['date-time'] as { validate: (text: string) => boolean };
  ajv.addFormat('date-time', (text) => !NO_TIME.test(text) && isDateTime(text));
  const validate = ajv.compile(schema);
  return (document) => (validate(document) ? [] : (validate.errors ?? []).map(toProblem));
}

function toProblem({ instancePath, keyword, params, message }: ErrorObject): SchemaError {
  const field = instancePath
    .slice(1)
    .replace(/\/(\d+)(?=\/|$)/g, '[$1]')
    .replaceAll('/', '.')
    .replaceAll('~1', '/')
    .replaceAll('~0', '~');
  switch (keyword) {
    case 'additionalProperties':
      return { field: join(field, String(params.additionalProperty)), message: 'unknown field' };
    case 'required':
      return { field: join(field, String(params.missingProperty)), message: 'required' };
    case 'const':
      return { field, message: `must be ${params.allowedValue}` };
    case 'enum':
      return {
        field,
        message: `must be ${params.allowedValues.length === 1 ? '' : 'one of '}${params.allowedValues.map((value: unknown) => JSON.stringify(value)).join(', ')}`,
      };
    default:
      return { field, message: message ?? keyword };
  }
}

function join(parent: string, child: string): string {
  return parent === '' ? child : `${parent}.${child}`;
}
