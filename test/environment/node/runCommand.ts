import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

/** Runs a program. Resolves with its stdout; rejects with an error that contains its stderr. `input`: stdin. */
export async function runCommand(
  file: string,
  args: readonly string[],
  { input, env }: { readonly input?: string; readonly env?: NodeJS.ProcessEnv } = {},
): Promise<string> {
  const running = promisify(execFile)(file, args, { maxBuffer: 2 ** 26, env: env ?? process.env });
  running.child.stdin?.on('error', () => {});
  running.child.stdin?.end(input);
  try {
    return (await running).stdout;
  } catch (error) {
    const { stderr = '', stdout = '', message } = error as Error & { stderr?: string; stdout?: string };
    throw new Error(`${file} ${args.join(' ')}: ${stderr.trim() || stdout.trim() || message}`, { cause: error });
  }
}
