import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';

const QUICKSTART = join(import.meta.dirname, '../environment/quickstart.ts');

/** Everything that belongs to a run has this folder in its environment: the programs inherit it, and put their files there. */
let temporary: string;
let child: ChildProcess | undefined;
beforeEach(async () => {
  temporary = await mkdtemp(join(tmpdir(), 'wsap-quickstart-'));
});
afterEach(async () => {
  child?.kill('SIGKILL');
  await vi.waitFor(async () => expect(await processesOfRun()).toEqual([]), { timeout: 15_000 });
  await rm(temporary, { recursive: true });
});

function quickstart(...args: string[]) {
  const started = spawn(process.execPath, [QUICKSTART, '--calls-per-second', '20', ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, TMPDIR: temporary, FORCE_COLOR: undefined },
  });
  child = started;
  let output = '';
  for (const stream of [started.stdout, started.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      output += text;
    });
  }
  const ended = once(started, 'close').then(([code]) => code as number | null);
  return { ended, output: () => output, kill: (signal: NodeJS.Signals) => started.kill(signal) };
}

/** The ids of the processes with this run's folder in their environment. Only Linux tells; elsewhere the files have to do. */
async function processesOfRun(): Promise<string[]> {
  const ids = (await readdir('/proc').catch(() => [])).filter((name) => /^\d+$/.test(name));
  const environments = await Promise.all(ids.map((id) => readFile(`/proc/${id}/environ`, 'utf8').catch(() => '')));
  return ids.filter((_, i) => environments[i]?.includes(`TMPDIR=${temporary}`));
}

it('ends compliant, shows why, and leaves nothing behind', async () => {
  const { ended, output } = quickstart('--once');

  expect(await ended, output()).toBe(0);
  expect(await processesOfRun()).toEqual([]);
  expect(await readdir(temporary)).toEqual([]);
  expect(output().match(/^ +\d:\d\d {2}Disassociate .*Visio/gm)).toHaveLength(7);
  expect(output().match(/^ +\d:\d\d {2}Deploy .*Visio/gm)).toHaveLength(7);
  expect(output()).toMatch(/^ +\d:\d\d {2}no-visio: Compliant=True: 40 of 40 WorkSpaces comply$/m);
  expect(output()).toMatch(/^desktops +no-visio +Enforce +True +True +40 +0 /m);
  expect(output()).toMatch(/^ +ws-3x08q7wv7 +lukas.weber +Microsoft Visio LTSC Professional 2021 +REMOVED +done$/m);
  expect(output()).not.toContain('\x1b');
});

it('leaves nothing behind when it is interrupted at work', async () => {
  const { ended, output, kill } = quickstart();
  await vi.waitFor(() => expect(output()).toContain('Disassociate  ws-'), { timeout: 40_000 });

  kill('SIGINT');

  expect(await ended).toBe(130);
  expect(await processesOfRun()).toEqual([]);
  expect(await readdir(temporary)).toEqual([]);
});

it('fails where the policy is not compliant in time, and says what it knows', async () => {
  const { ended, output } = quickstart('--once', '--timeout', '0.001');

  expect(await ended).toBe(1);
  expect(output()).toMatch(/^not compliant after 0.001 s\nno-visio:\n +\S/m);
  expect(output()).toContain('operator started');
});
