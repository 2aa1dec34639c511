import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { runCommand } from '../image/command.ts';

/** Address of this machine and of the namespaces on their link, from the range that RFC 2544 reserves for benchmarks. */
export const MACHINE_ADDRESS = '198.18.255.1';
export const NODE_ADDRESS = '198.18.255.2';

const LINK = 'wsap-e2e';
/** Folders that programs write to outside of the work directory. Inside, they are empty and in memory. */
const HIDDEN = ['/run', '/var/lib', '/var/log', '/opt'];

/**
 * PID, mount, and network namespaces with a link to this machine. All processes, mounts, interfaces, and iptables rules in them end with
 * their first process, which ends with this process, even if it is killed. Requires root.
 */
export class LinuxNamespaces implements AsyncDisposable {
  readonly #init: ChildProcess;
  readonly #logs: string;
  readonly #started: ChildProcess[] = [];
  /** Process ID of the first process, as this machine counts. */
  readonly pid: number;

  private constructor(init: ChildProcess, pid: number, logs: string) {
    this.#init = init;
    this.pid = pid;
    this.#logs = logs;
  }

  /** Creates the namespaces. `init`: path of the program in `module/pause`. `logs`: folder of the output of started programs. */
  static async create(init: string, logs: string): Promise<LinuxNamespaces> {
    await mkdir(logs, { recursive: true });
    const flags = ['--fork', '--kill-child', '--pid', '--mount', '--mount-proc', '--net'];
    const child = spawn('unshare', [...flags, init, 'until-eof'], { stdio: ['pipe', 'pipe', 'inherit'] });
    const ended = once(child, 'exit').then(() => {
      throw new Error('unshare ended; creating namespaces requires root');
    });
    await Promise.race([once(child.stdout, 'data'), ended]);
    ended.catch(() => {});
    const children = await readFile(`/proc/${child.pid}/task/${child.pid}/children`, 'utf8');
    const namespaces = new LinuxNamespaces(child, Number(children.trim()), logs);
    try {
      await namespaces.#connect();
      await namespaces.run('mount', ['--make-rshared', '/']);
      for (const folder of HIDDEN) {
        await namespaces.run('mount', ['-t', 'tmpfs', '-o', 'mode=755', 'none', folder]);
      }
    } catch (error) {
      await namespaces[Symbol.asyncDispose]();
      throw error;
    }
    return namespaces;
  }

  /** Runs a program in the namespaces. Resolves with its stdout. */
  run(file: string, args: readonly string[]): Promise<string> {
    return runCommand('nsenter', [...enter(this.pid), file, ...args]);
  }

  /** Starts a program in the namespaces. Its output is in the file `name`.log. */
  start(name: string, file: string, args: readonly string[]): void {
    const log = createWriteStream(join(this.#logs, `${name}.log`), { flags: 'a' });
    const child = spawn('nsenter', [...enter(this.pid), file, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
    child.stdout.pipe(log, { end: false });
    child.stderr.pipe(log, { end: false });
    child.on('close', (code, signal) => log.end(`${name} ended with ${signal ?? `exit code ${code}`}\n`));
    this.#started.push(child);
  }

  /** Ends all processes in the namespaces, and with them the namespaces. */
  async [Symbol.asyncDispose](): Promise<void> {
    const running = [this.#init, ...this.#started].filter(isRunning);
    const ended = Promise.all(running.map((child) => once(child, 'exit')));
    this.#init.stdin?.end();
    await ended;
  }

  async #connect(): Promise<void> {
    const ip = (...args: string[]) => runCommand('ip', args);
    await ip('link', 'add', LINK, 'type', 'veth', 'peer', 'name', 'eth0', 'netns', String(this.pid));
    await ip('address', 'add', `${MACHINE_ADDRESS}/30`, 'dev', LINK);
    await ip('link', 'set', LINK, 'up');
    await this.run('ip', ['address', 'add', `${NODE_ADDRESS}/30`, 'dev', 'eth0']);
    await this.run('ip', ['link', 'set', 'eth0', 'up']);
    await this.run('ip', ['link', 'set', 'lo', 'up']);
    await this.run('ip', ['route', 'add', 'default', 'via', MACHINE_ADDRESS]);
  }
}

/** Returns arguments of nsenter that enter the namespaces of a process. */
export function enter(pid: number): string[] {
  return ['--target', String(pid), '--pid', '--mount', '--net', '--'];
}

function isRunning({ exitCode, signalCode }: ChildProcess): boolean {
  return exitCode === null && signalCode === null;
}
