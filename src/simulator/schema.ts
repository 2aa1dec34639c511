import { Ajv, type ErrorObject, type ValidateFunction } from 'ajv';
import { sanitize } from '../sanitize.ts';
import schema from './seedSchema.json' with { type: 'json' };

/** What is wrong with a document: where, and what would be right there. */
export interface SeedProblem {
  readonly path: readonly (string | number)[];
  readonly text: string;
}

const ajv = new Ajv({ allErrors: true, verbose: true, allowUnionTypes: true });
ajv.addSchema(schema, 'seed');

/** Checks a document against seedSchema.json, or against one of its definitions; nothing returned means nothing wrong. */
export function problemsOf(document: unknown, definition?: keyof typeof schema.definitions): SeedProblem[] {
  const validate = ajv.getSchema(
    definition === undefined ? 'seed' : `seed#/definitions/${definition}`,
  ) as ValidateFunction;
  if (validate(document)) {
    return [];
  }
  // An `if` only repeats what its branch has said.
  return (validate.errors ?? []).filter(({ keyword }) => keyword !== 'if').map((error) => explain(error));
}

/** A path as people write it: `workspaces[3].applications[0]`. */
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
  const wanted = (parentSchema as { description?: string }).description;
  const hint = wanted === undefined ? '' : ` (${wanted})`;
  const found = typeof data === 'object' && data !== null ? 'this' : sanitize(JSON.stringify(data) ?? 'nothing', 80);
  switch (keyword) {
    case 'additionalProperties': {
      const known = Object.keys((parentSchema as { properties?: object }).properties ?? {}).join(', ');
      return { path: [...path, params.additionalProperty], text: `no such field; there are: ${known}` };
    }
    case 'required':
      return { path, text: `${params.missingProperty} is missing` };
    case 'enum':
      return { path, text: `${found} must be one of ${params.allowedValues.join(', ')}` };
    case 'type':
      return { path, text: `${found} must be ${article(params.type)}${hint}` };
    case 'pattern':
      return { path, text: `${found} must be ${wanted ?? `like ${params.pattern}`}` };
    default:
      return { path, text: `${found} ${message}${hint}` };
  }
}

function article(type: string): string {
  const names: Record<string, string> = {
    object: 'a mapping',
    array: 'a list',
    string: 'text',
    integer: 'a whole number',
  };
  return names[type] ?? `a ${type}`;
}
