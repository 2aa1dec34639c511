import { type ChildProcess, spawn } from 'node:child_process';
import { join } from 'node:path';
import { COMPILE_CACHE } from '../environment/compileCache.ts';

const MAIN = join(import.meta.dirname, '../../src/cli/main.ts');

/** Result of a process. */
export interface ProcessResult {
  readonly code: number | null;
  /** Output of stdout and stderr. */
  readonly text: string;
}

/** A running `wsap` process. */
export interface Running {
  readonly process: ChildProcess;
  /** Returns the output so far. */
  readonly text: () => string;
  readonly ended: Promise<ProcessResult>;
}

/** Runs `wsap` in a pseudo-terminal, created by script(1) of util-linux. */
export function inTerminal(args: readonly string[], env: NodeJS.ProcessEnv = {}): Running {
  const command = [process.execPath, MAIN, ...args].map((word) => `'${word.replaceAll("'", `'\\''`)}'`).join(' ');
  return run('script', ['-qec', `exec ${command}`, '/dev/null'], { TERM: 'xterm-256color', ...env });
}

/** Runs `wsap` with pipes. */
export function inPipe(args: readonly string[], env: NodeJS.ProcessEnv = {}): Running {
  return run(process.execPath, [MAIN, ...args], env);
}

function run(command: string, args: readonly string[], env: NodeJS.ProcessEnv): Running {
  const child = spawn(command, args, {
    env: { PATH: process.env.PATH, ...COMPILE_CACHE, ...env },
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  const parts: string[] = [];
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (part: string) => parts.push(part));
  }
  const text = () => parts.join('');
  const ended = new Promise<ProcessResult>((resolve, reject) => {
    child.on('error', reject).on('close', (code) => resolve({ code, text: text() }));
  });
  return { process: child, text, ended };
}
