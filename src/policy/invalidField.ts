import type { SchemaError } from './jsonSchema.ts';

/** Error for an invalid resource. The message lists all problems, each with its field. */
export class InvalidResourceError extends Error {
  override readonly name = 'InvalidResourceError';
  readonly problems: readonly SchemaError[];

  constructor(problems: readonly SchemaError[]) {
    super(problems.map(({ field, message }) => (field === '' ? message : `${field}: ${message}`)).join('; '));
    this.problems = problems;
  }
}

/** @throws InvalidResourceError with one problem */
export function invalidField(field: string, message: string): never {
  throw new InvalidResourceError([{ field, message }]);
}
