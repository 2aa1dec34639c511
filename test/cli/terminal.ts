import { type ChildProcess, spawn } from 'node:child_process';
import { join } from 'node:path';
import { COMPILE_CACHE } from '../environment/compileCache.ts';

const MAIN = join(import.meta.dirname, '../../src/cli/main.ts');

export interface FirstSeen {
  readonly code: number | null;
  /** All that came, of stdout and stderr together in a terminal. */
  readonly text: string;
}

/** `wsap` at work. */
export interface Running {
  readonly process: ChildProcess;
  /** What has come so far. */
  readonly text: () => string;
  readonly ended: Promise<FirstSeen>;
}

/** Runs `wsap` in a pseudo-terminal of its own, which util-linux's script(1) makes. */
export function inTerminal(args: readonly string[], env: NodeJS.ProcessEnv = {}): Running {
  const command = [process.execPath, MAIN, ...args].map((word) => `'${word.replaceAll("'", `'\\''`)}'`).join(' ');
  return run('script', ['-qec', `exec ${command}`, '/dev/null'], { TERM: 'xterm-256color', ...env });
}

/** Runs `wsap` in a pipe. */
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
  const ended = new Promise<FirstSeen>((resolve, reject) => {
    child.on('error', reject).on('close', (code) => resolve({ code, text: text() }));
  });
  return { process: child, text, ended };
}
