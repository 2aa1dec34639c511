import { ApiError, messageOf } from '../../../kube/apiError.ts';
import { sanitize } from '../../../sanitize.ts';
import { colored } from '../../output/terminal.ts';

/** The result of one check. */
export interface CheckResult {
  readonly name: string;
  /** `warn`: works, with a limitation. `skip`: not run, because an earlier check failed or a permission is missing. `info`: a fact that is no check. */
  readonly result: 'ok' | 'warn' | 'FAIL' | 'skip' | 'info';
  /** What the check found, or what is wrong and what to do. */
  readonly message: string;
}

/** Runs a check. An error becomes the message of a failed check, unless `isFailure` returns false for it. */
export async function check(
  name: string,
  run: () => Promise<string | Omit<CheckResult, 'name'>>,
  isFailure: (error: unknown) => boolean = () => true,
): Promise<CheckResult> {
  try {
    const outcome = await run();
    return typeof outcome === 'string' ? { name, result: 'ok', message: outcome } : { name, ...outcome };
  } catch (error) {
    if (!isFailure(error)) {
      throw error;
    }
    return { name, result: 'FAIL', message: messageOf(error) };
  }
}

/**
 * Runs a check that requires reads. Skips it if the user may not make them, because the installation can still be correct. `hint`: what to
 * know about the skipped check.
 */
export async function checkIfAllowed(
  name: string,
  run: () => Promise<string | Omit<CheckResult, 'name'>>,
  hint: string,
): Promise<CheckResult> {
  try {
    return await check(name, run, (error) => !isForbidden(error));
  } catch (error) {
    return skipped(name, `${(error as ApiError).text}; ${hint}`);
  }
}

/** Whether the API server refused a request because of missing permissions. */
export function isForbidden(error: unknown): boolean {
  return error instanceof ApiError && error.code === 403;
}

/** Returns the result of a check that is not run. */
export function skipped(name: string, reason: string): CheckResult {
  return { name, result: 'skip', message: reason };
}

const STYLES = { ok: 'green', warn: 'yellow', FAIL: 'red', skip: 'dim', info: 'dim' } as const;

/** Length of the longest name, so that results printed one after the other are aligned. */
const NAME_WIDTH = 'aws DescribeWorkspacesConnectionStatus'.length;

/** Formats one line for each result. */
export function linesOf(results: readonly CheckResult[], isColored: boolean): string {
  return results
    .map(({ name, result, message }) => {
      const mark = result.padEnd(4);
      return `${colored(STYLES[result], mark, isColored)}  ${name.padEnd(NAME_WIDTH)}  ${sanitize(message, 1024)}\n`;
    })
    .join('');
}
