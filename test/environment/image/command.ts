import { spawn } from 'node:child_process';

/** Number of lines of stderr in the error of a failed command. */
const SHOWN_LINES = 20;

/** Runs a program and resolves with its stdout. Rejects with the end of its output if it fails or is not on the PATH. */
export function runCommand(file: string, args: readonly string[], cwd = process.cwd()): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(file, args, { cwd, stdio: ['ignore', 'pipe', 'pipe'] });
    let stdout = '';
    let all = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      stdout += text;
    });
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (text: string) => {
        all = `${all}${text}`.slice(-8_000);
      });
    }
    child.on('error', (error: NodeJS.ErrnoException) => {
      reject(error.code === 'ENOENT' ? new Error(`${file} is not on the PATH`) : error);
    });
    child.on('close', (code, signal) => {
      if (code === 0) {
        resolve(stdout);
        return;
      }
      const end = all.trimEnd().split('\n').slice(-SHOWN_LINES).join('\n');
      reject(new Error(`${file} ${args.join(' ')} failed with ${signal ?? `exit code ${code}`}:\n${end}`));
    });
  });
}
