import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { chooseCluster } from './choose.ts';
import type { ClusterMessage } from './host.ts';
import type { TestCluster } from './testCluster.ts';

/** Creates a cluster. A separate host process owns it and deletes it when this process ends, even by a crash. */
export async function startCluster(): Promise<TestCluster & AsyncDisposable> {
  const kind = chooseCluster(process.env);
  const workDirectory = await mkdtemp(join(tmpdir(), 'wsap-e2e-'));
  const host = fork(join(import.meta.dirname, 'host.ts'), [workDirectory, kind], {
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
    once(host, 'message').then(([received]) => received as ClusterMessage),
    gone.then((): ClusterMessage => ({ kind: 'Failed', message: 'its process ended' })),
  ]);
  if (message.kind === 'Failed') {
    await stop();
    throw new Error(`cannot create a cluster (${kind}): ${message.message}`);
  }
  return { ...message.cluster, [Symbol.asyncDispose]: stop };
}
