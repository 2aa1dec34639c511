import { strict as assert } from 'node:assert';
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { extname, join } from 'node:path';
import process from 'node:process';

export interface RunOptions {
  readonly input?: string;
  readonly exitCode?: number;
  readonly env?: NodeJS.ProcessEnv;
}

/** An executable in a folder that is also its working directory. It has an empty home and no other environment. */
export class Installed {
  readonly folder: string;
  readonly #name: string;

  constructor(folder: string, name: string) {
    this.folder = folder;
    this.#name = name;
  }

  get path(): string {
    return join(this.folder, this.#name);
  }

  get env(): NodeJS.ProcessEnv {
    const home = join(this.folder, 'home');
    // Windows can't open a socket without SystemRoot.
    const { SystemRoot } = process.env;
    return { HOME: home, USERPROFILE: home, ...(SystemRoot === undefined ? {} : { SystemRoot }) };
  }

  /** Returns the executable under another name. */
  as(name: string): Installed {
    return new Installed(this.folder, `${name}${extname(this.#name)}`);
  }

  /** Runs a command. Returns its output, and throws if its exit code is not `exitCode`, by default 0. */
  run(args: readonly string[], { input = '', exitCode = 0, env = {} }: RunOptions = {}): string {
    const result = spawnSync(this.path, args, {
      cwd: this.folder,
      env: { ...this.env, ...env },
      encoding: 'utf8',
      input,
      maxBuffer: 2 ** 26,
    });
    const output = `${result.stdout}${result.stderr}`;
    assert.equal(result.status, exitCode, `${this.#name} ${args.join(' ')}: ${result.error?.message ?? output}`);
    return output;
  }

  /** Starts a command whose output the caller reads. */
  start(args: readonly string[], env: NodeJS.ProcessEnv = {}): ChildProcess {
    return spawn(this.path, args, {
      cwd: this.folder,
      env: { ...this.env, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
  }
}
