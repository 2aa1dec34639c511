/** Something that a person can mend: its message is all that is shown of it, in a line on stderr. */
export class CliError extends Error {
  override readonly name = 'CliError';
}

/** Exit codes, as Terraform's `plan -detailed-exitcode` has them. */
export const EXIT = { nothing: 0, error: 1, changes: 2 } as const;
