import { once } from 'node:events';
import { copyFile, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { runProgram } from '../clients/runProgram.ts';
import { readPin } from './pin.ts';

const LAUNCHER = join(import.meta.dirname, 'quickstart.js');

/** Home, cache, temporary files, and the PATH of a machine on which nothing is installed. */
let machine: string;
beforeEach(async () => {
  machine = await mkdtemp(join(tmpdir(), 'wsap-machine-'));
  return () => rm(machine, { recursive: true });
});

/** Runs the quickstart on a machine with an empty cache and only these programs. */
async function quickstart(programs: readonly string[], env: NodeJS.ProcessEnv = {}, args: readonly string[] = []) {
  for (const program of programs) {
    await writeFile(join(machine, program), '#!/bin/false\n', { mode: 0o755 });
  }
  return runProgram(process.execPath, [...args, LAUNCHER, '--once'], {
    env: { HOME: machine, TMPDIR: machine, PATH: machine, ...env },
  });
}

/** Returns the URL of a proxy that accepts connections and never answers, as a firewall that drops packets behind it. */
async function silentProxy(): Promise<string> {
  const sockets = new Set<{ destroy(): void }>();
  const server = createServer((socket) => {
    sockets.add(socket.on('error', () => {}));
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    server.close();
    for (const socket of sockets) {
      socket.destroy();
    }
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

describe('without Go and without access to GitHub, the quickstart says what is missing and what to do', () => {
  it.each([
    // The time without an answer is shorter than the five seconds in which the user learns it.
    ['a network that drops packets', silentProxy, /^ {2}download: https:\/\/\S+ sent nothing for 2\.5 s$/m],
    ['a network that refuses connections', async () => 'http://127.0.0.1:9', /^ {2}download: https:.*ECONNREFUSED/m],
  ])('%s', async (_, proxy, reason) => {
    const { goVersion } = await readPin();
    const { code, stdout, stderr } = await quickstart(['tar'], { HTTPS_PROXY: await proxy() });
    expect(code).toBe(1);
    expect(stderr).toMatch(reason);
    expect(stderr).toContain('\n  Go build: go is not on the PATH\n');
    expect(stderr).toContain('\n  - allow this machine to reach the address above, github.com, ');
    expect(stderr).toContain('if it needs a proxy, set HTTPS_PROXY\n');
    expect(stderr).toContain(`\n  - install Go ${goVersion} or newer (https://go.dev/dl) and put it on the PATH`);
    expect(stderr).toContain('\n  - set KUBEBUILDER_ASSETS to a folder with the three programs');
    expect(stdout).toContain('Starting a Kubernetes control plane failed');
    // The cache keeps nothing of the attempt, and no temporary files remain.
    expect((await readdir(machine)).filter((name) => name.startsWith('wsap-'))).toEqual([]);
    expect(await readdir(join(machine, '.cache/wsap/control-plane'))).toEqual([]);
  });

  it('without tar, which a download requires', async () => {
    const { code, stderr } = await quickstart([]);
    expect(code).toBe(1);
    expect(stderr).toContain('\n  download: tar, which unpacks the programs, is not on the PATH; install it');
  });
});

it('the quickstart says that Node.js is too old', async () => {
  const old = "Object.defineProperty(process.versions, 'node', { value: '20.20.2' });";
  const args = ['--import', `data:text/javascript,${encodeURIComponent(old)}`];
  expect(await quickstart([], {}, args)).toEqual({
    code: 1,
    stdout: '',
    stderr:
      'quickstart: Node.js 20.20.2 is not supported; run npm ci, which installs the dependencies and Node.js 24 for npm scripts, or install Node.js 22.19 or later from https://nodejs.org\n',
  });
});

it('the quickstart says that npm ci has not run', async () => {
  for (const file of ['quickstart.js', 'quickstart.ts']) {
    await copyFile(join(import.meta.dirname, file), join(machine, file));
  }
  await writeFile(join(machine, 'package.json'), '{"type": "module"}');
  expect(await runProgram(process.execPath, [join(machine, 'quickstart.js')])).toEqual({
    code: 1,
    stdout: '',
    stderr:
      'quickstart: a dependency is missing; run npm ci, which installs the dependencies and Node.js 24 for npm scripts\n',
  });
});
