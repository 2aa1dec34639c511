import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';

const QUICKSTART = join(import.meta.dirname, '../environment/quickstart.ts');

/** Folder in the environment of every process of a run. Processes inherit it and put their files there. */
let temporary: string;
let child: ChildProcess | undefined;
beforeEach(async () => {
  temporary = await mkdtemp(join(tmpdir(), 'wsap-quickstart-'));
});
afterEach(async () => {
  child?.kill('SIGKILL');
  await vi.waitFor(async () => expect(await processesOfRun()).toEqual([]), { timeout: 60_000 });
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

/** Returns the IDs of the processes with this folder in their environment. Empty except on Linux. */
async function processesOfRun(): Promise<string[]> {
  const ids = (await readdir('/proc').catch(() => [])).filter((name) => /^\d+$/.test(name));
  const environments = await Promise.all(ids.map((id) => readFile(`/proc/${id}/environ`, 'utf8').catch(() => '')));
  return ids.filter((_, i) => environments[i]?.includes(`TMPDIR=${temporary}`));
}

it('the quickstart ends compliant, shows each change, and deletes its files', async () => {
  const { ended, output } = quickstart('--once');

  expect(await ended, output()).toBe(0);
  expect(await processesOfRun()).toEqual([]);
  expect(await readdir(temporary)).toEqual([]);
  // 7 removals, and the removal of the manual installation.
  expect(output().match(/^ +\d:\d\d {2}Disassociate .*Visio/gm)).toHaveLength(8);
  expect(output().match(/^ +\d:\d\d {2}Deploy .*Visio/gm)).toHaveLength(8);
  // Each replacement is one deployment.
  expect(output().match(/^ +\d:\d\d {2}Deploy .*Office LTSC Professional Plus 2021, .*Plus 2024$/gm)).toHaveLength(3);
  expect(output()).toMatch(/^ +\d:\d\d {2}office-2024: Compliant=True: 3 of 3 WorkSpaces comply$/m);
  expect(output()).toMatch(
    /^ +ws-710tnm984 +marie.fischer +Microsoft Office LTSC Professional Plus 2024 +COMPLETED +keep$/m,
  );
  // The user logs off, and the deployment waits for a while in case of open documents.
  expect(output()).toMatch(
    / logs off ws-6r6mdqm2l\n(.*\n)*.*Compliant=False \(RecentlyConnected\)(.*\n)*.* Deploy +ws-6r6mdqm2l /,
  );
  expect(output()).toMatch(/^ +\d:\d\d {2}no-visio: Compliant=True: 40 of 40 WorkSpaces comply$/m);
  expect(output()).toMatch(
    /Somebody installs Microsoft Visio .* on (ws-\w+) of .*\n(.*\n)*.* Disassociate +\1 .*Visio.*\n(.*\n)*.* Deploy +\1 .*Visio.*\n(.*\n)*.*no-visio: Compliant=True: 40 of 40/,
  );
  expect(output()).toMatch(/^ +\d:\d\d {2}The operator disassociated it \d{1,2} seconds after its event$/m);
  expect(output()).toMatch(/^desktops +no-visio +Enforce +false +True +True +40 +0 +0 /m);
  expect(output()).toMatch(/^ +ws-3x08q7wv7 +lukas.weber +Microsoft Visio LTSC Professional 2021 +REMOVED +done$/m);
  expect(output()).not.toContain('\x1b');
});

it('the quickstart deletes its files when it is interrupted', async () => {
  const { ended, output, kill } = quickstart();
  await vi.waitFor(() => expect(output()).toContain('Disassociate  ws-'), { timeout: 180_000 });

  kill('SIGINT');

  expect(await ended).toBe(130);
  expect(await processesOfRun()).toEqual([]);
  expect(await readdir(temporary)).toEqual([]);
});

it('the quickstart fails with details if the policy is not compliant in time', async () => {
  const { ended, output } = quickstart('--once', '--timeout', '0.001');

  expect(await ended).toBe(1);
  expect(output()).toMatch(/^not compliant after 0.001 s\nno-visio:\n +\S/m);
  expect(output()).toContain('operator started');
});
