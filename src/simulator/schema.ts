import { Ajv, type ErrorObject } from 'ajv';
import { sanitize } from '../sanitize.ts';

/** Problem in a document: its location and how to fix it. */
export interface SeedProblem {
  readonly path: readonly (string | number)[];
  readonly text: string;
}

const ajv = new Ajv({ allErrors: true, verbose: true, allowUnionTypes: true });

/** Returns the violations of a schema in a document. */
export function problemsOf(document: unknown, schema: object): SeedProblem[] {
  const validate = ajv.compile(schema);
  if (validate(document)) {
    return [];
  }
  // The error of an `if` only repeats the errors of its branch.
  return (validate.errors ?? []).filter(({ keyword }) => keyword !== 'if').map(explain);
}

/** Formats a path, for example, `workspaces[3].applications[0]`. */
export function showPath(path: SeedProblem['path']): string {
  return path.reduce<string>((shown, step) => {
    if (typeof step === 'number') {
      return `${shown}[${step}]`;
    }
    return shown === '' ? sanitize(step) : `${shown}.${sanitize(step)}`;
  }, '');
}

function explain({ instancePath, keyword, params, parentSchema, data, message }: ErrorObject): SeedProblem {
  const path = instancePath
    .split('/')
    .slice(1)
    .map((step) => (/^\d+$/.test(step) ? Number(step) : step.replaceAll('~1', '/').replaceAll('~0', '~')));
  const { description } = parentSchema as { description?: string };
  const hint = description === undefined ? '' : ` (${description.replace(/\.$/, '')})`;
  const found = typeof data === 'object' && data !== null ? 'this' : sanitize(JSON.stringify(data) ?? 'nothing', 80);
  switch (keyword) {
    case 'additionalProperties': {
      const known = Object.keys((parentSchema as { properties?: object }).properties ?? {}).join(', ');
      return { path: [...path, params.additionalProperty], text: `unknown field; the fields are ${known}` };
    }
    case 'required':
      return { path, text: `${params.missingProperty} is missing` };
    case 'enum':
      return { path, text: `${found} must be one of ${params.allowedValues.join(', ')}` };
    case 'type':
      return { path, text: `${found} must be ${typeName(params.type)}${hint}` };
    case 'pattern':
      return { path, text: `${found} has an invalid format${hint || `; it must match ${params.pattern}`}` };
    default:
      return { path, text: `${found} ${message}${hint}` };
  }
}

function typeName(type: string): string {
  const names: Record<string, string> = {
    object: 'a mapping',
    array: 'a list',
    string: 'text',
    integer: 'a whole number',
  };
  return names[type] ?? `a ${type}`;
}
