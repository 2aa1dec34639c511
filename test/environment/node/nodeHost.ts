/**
 * The process that owns a one-node cluster. It is a child of the process that called startNode, in a process group of its own. It stops
 * the cluster when its IPC channel closes.
 *
 * Argument: work directory, which is removed at the end.
 */
import { rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { defaultCacheRoot, lockEntry } from '../cache.ts';
import { ProgressLine } from '../progress.ts';
import { type OneNodeCluster, startOneNodeCluster } from './oneNodeCluster.ts';
import { locateNodePrograms } from './programs.ts';

/** Message to the parent: one, when the cluster is ready or can't start. */
export type NodeMessage =
  | ({ readonly kind: 'Ready' } & OneNodeCluster)
  | { readonly kind: 'Failed'; readonly message: string };

function send(message: NodeMessage): void {
  if (process.connected) {
    process.send?.(message);
  }
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) {
      resolve();
    }
    signal.addEventListener('abort', () => resolve(), { once: true });
  });
}

const [workDirectory = ''] = process.argv.slice(2);
const parentGone = new AbortController();
const leave = () => parentGone.abort(new Error('the parent process is gone'));
process.on('disconnect', leave).on('SIGINT', leave).on('SIGTERM', leave);
// The reader of stderr may end first.
process.stderr.on('error', () => {});
if (!process.connected) {
  leave();
}
try {
  await using stack = new AsyncDisposableStack();
  stack.defer(() => rm(workDirectory, { recursive: true, force: true, maxRetries: 5 }));
  const programs = await locateNodePrograms(parentGone.signal);
  // The names of the link and of the cgroup allow one cluster on a machine.
  const entry = join(dirname(defaultCacheRoot()), 'one-node-cluster');
  stack.use(await lockEntry(entry, 'a one-node cluster', { progress: new ProgressLine(), signal: parentGone.signal }));
  send({ kind: 'Ready', ...(await startOneNodeCluster(programs, workDirectory, stack)) });
  await aborted(parentGone.signal);
} catch (error) {
  send({ kind: 'Failed', message: error instanceof Error ? error.message : String(error) });
} finally {
  if (process.connected) {
    process.disconnect();
  }
}
