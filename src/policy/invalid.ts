import type { Problem } from './jsonSchema.ts';

/** A resource that can't be acted on. Its message lists every problem with its field. */
export class InvalidResourceError extends Error {
  override readonly name = 'InvalidResourceError';
  readonly problems: readonly Problem[];

  constructor(problems: readonly Problem[]) {
    super(problems.map(({ field, message }) => (field === '' ? message : `${field}: ${message}`)).join('; '));
    this.problems = problems;
  }
}

/** @throws InvalidResourceError with this one problem */
export function refuse(field: string, message: string): never {
  throw new InvalidResourceError([{ field, message }]);
}
