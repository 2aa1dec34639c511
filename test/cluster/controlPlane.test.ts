import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { access } from 'node:fs/promises';
import { createConnection } from 'node:net';
import { join } from 'node:path';
import { expect, it, vi } from 'vitest';

/** Whether a process listens on a port of this machine. */
async function isListening(port: number): Promise<boolean> {
  const socket = createConnection(port, '127.0.0.1');
  try {
    await once(socket, 'connect');
    return true;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}

it('the test control plane stops and deletes its files when its parent process is killed', async () => {
  const program = `
    import { startControlPlane } from ${JSON.stringify(join(import.meta.dirname, '../environment/controlPlane.ts'))};
    const { kubeconfig, kubeconfigPath } = await startControlPlane();
    process.stdout.write(JSON.stringify({ port: /127\\.0\\.0\\.1:(\\d+)/.exec(kubeconfig)[1], kubeconfigPath }));
    setInterval(() => {}, 1_000);`;
  const parent = spawn(process.execPath, ['--input-type=module', '--eval', program], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [reported] = await once(parent.stdout, 'data');
  const { port, kubeconfigPath } = JSON.parse(String(reported));
  expect(await isListening(port)).toBe(true);

  parent.kill('SIGKILL');

  await vi.waitFor(
    async () => {
      expect(await isListening(port)).toBe(false);
      await expect(access(kubeconfigPath)).rejects.toThrow('ENOENT');
    },
    { timeout: 120_000, interval: 100 },
  );
});
