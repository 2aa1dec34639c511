import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { NodeMessage } from './nodeHost.ts';
import type { OneNodeCluster } from './oneNodeCluster.ts';

/**
 * Starts a cluster with one node on this machine, in about 20 s. A separate host process owns it and stops it when this process ends, even
 * by a crash. Requires root and the Debian packages in CONTRIBUTING.md.
 */
export async function startNode(): Promise<OneNodeCluster & AsyncDisposable> {
  const workDirectory = await mkdtemp(join(tmpdir(), 'wsap-node-'));
  const host = fork(join(import.meta.dirname, 'nodeHost.ts'), [workDirectory], {
    // In a process group of its own, so that Ctrl-C in the terminal doesn't stop the cluster before its disposal.
    detached: true,
    execArgv: [],
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
  const gone = once(host, 'exit');
  const stop = async () => {
    if (host.connected) {
      host.disconnect();
    }
    await gone;
  };
  const message = await Promise.race([
    once(host, 'message').then(([received]) => received as NodeMessage),
    gone.then((): NodeMessage => ({ kind: 'Failed', message: 'the one-node cluster ended during its start' })),
  ]);
  if (message.kind === 'Failed') {
    await stop();
    throw new Error(`cannot start a one-node cluster: ${message.message}`);
  }
  const { kind: _, ...cluster } = message;
  return { ...cluster, [Symbol.asyncDispose]: stop };
}
