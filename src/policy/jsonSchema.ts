import { Ajv, type ErrorObject, type Options } from 'ajv';
import addFormats from 'ajv-formats';

/** What is wrong with a document, where, and what would be right. */
export interface SchemaError {
  /** The field, as `spec.workspaceSelector.workspaceIDs[0]`; empty for the whole document. */
  readonly field: string;
  readonly message: string;
}

/** Neither the API server nor JavaScript takes a blank between date and time, or a leap second. */
const NO_TIME = /\s|:60/;

/**
 * A check of documents against a JSON schema, which says what is wrong by field. What `options` has as well, such as defaults that are
 * filled in, happens to the document in place.
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
    .replace(/\/(\d+)/g, '[$1]')
    .replaceAll('/', '.');
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
        message: `must be one of ${params.allowedValues.map((value: unknown) => JSON.stringify(value)).join(', ')}`,
      };
    default:
      return { field, message: message ?? keyword };
  }
}

function join(parent: string, child: string): string {
  return parent === '' ? child : `${parent}.${child}`;
}
