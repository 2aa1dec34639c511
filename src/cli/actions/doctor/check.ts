import { styleText } from 'node:util';
import { messageOf } from '../../../kube/apiError.ts';
import { sanitize } from '../../../sanitize.ts';

/** What came of one check. */
export interface CheckResult {
  readonly name: string;
  /** `warn`: works, and a person should know; `skip`: couldn't be looked at, as something before it failed. */
  readonly result: 'ok' | 'warn' | 'FAIL' | 'skip';
  /** What was found, or what is wrong and what to do. */
  readonly message: string;
}

/** Runs a check; what it throws is what is wrong. */
export async function check(
  name: string,
  run: () => Promise<string | Omit<CheckResult, 'name'>>,
): Promise<CheckResult> {
  try {
    const found = await run();
    return typeof found === 'string' ? { name, result: 'ok', message: found } : { name, ...found };
  } catch (error) {
    return { name, result: 'FAIL', message: messageOf(error) };
  }
}

/** A check that makes no sense, since something before it failed. */
export function skipped(name: string, why: string): CheckResult {
  return { name, result: 'skip', message: why };
}

const STYLES = { ok: 'green', warn: 'yellow', FAIL: 'red', skip: 'dim' } as const;

/** As long as the longest name: what is told bit by bit is one table. */
const NAME_WIDTH = 'aws DescribeWorkspacesConnectionStatus'.length;

/** One line for each check. */
export function linesOf(results: readonly CheckResult[], isColoured: boolean): string {
  return results
    .map(({ name, result, message }) => {
      const mark = result.padEnd(4);
      const painted = isColoured ? styleText(STYLES[result], mark, { validateStream: false }) : mark;
      return `${painted}  ${name.padEnd(NAME_WIDTH)}  ${sanitize(message, 1024)}\n`;
    })
    .join('');
}
