import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { access } from 'node:fs/promises';
import { createConnection } from 'node:net';
import { join } from 'node:path';
import { expect, it, vi } from 'vitest';

/** Whether somebody listens on a loopback port. */
async function listens(port: number): Promise<boolean> {
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

it('leaves no server and no file behind when the process that started it is killed', async () => {
  const program = `
    import { startControlPlane } from ${JSON.stringify(join(import.meta.dirname, '../environment/controlPlane.ts'))};
    const { kubeconfig, kubeconfigPath } = await startControlPlane();
    process.stdout.write(JSON.stringify({ port: /127\\.0\\.0\\.1:(\\d+)/.exec(kubeconfig)[1], kubeconfigPath }));
    setInterval(() => {}, 1_000);`;
  const parent = spawn(process.execPath, ['--input-type=module', '--eval', program], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [told] = await once(parent.stdout, 'data');
  const { port, kubeconfigPath } = JSON.parse(String(told));
  expect(await listens(port)).toBe(true);

  parent.kill('SIGKILL');

  await vi.waitFor(
    async () => {
      expect(await listens(port)).toBe(false);
      await expect(access(kubeconfigPath)).rejects.toThrow('ENOENT');
    },
    { timeout: 30_000, interval: 100 },
  );
});
