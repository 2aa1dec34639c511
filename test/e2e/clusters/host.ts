/**
 * The process that owns a cluster. It is a child of the process that called startCluster, in a process group of its own. It deletes the
 * cluster when its IPC channel closes, by disposal or because the parent ended.
 *
 * Arguments: work directory, which is removed at the end; kind of the cluster.
 */
import { rm } from 'node:fs/promises';
import { aborted, leaveParent, parentGone, sendToParent } from '../../environment/forkedHost.ts';
import type { ClusterKind } from './choose.ts';
import { useExisting } from './existing.ts';
import { createKind } from './kind.ts';
import { createNode } from './node.ts';
import type { CreateCluster, TestCluster } from './testCluster.ts';

/** Message to the parent: one, when the cluster is ready or can't be created. */
export type ClusterMessage =
  | { readonly kind: 'Ready'; readonly cluster: TestCluster }
  | { readonly kind: 'Failed'; readonly message: string };

const CREATE: Record<ClusterKind, CreateCluster> = { existing: useExisting, kind: createKind, node: createNode };

const send = (message: ClusterMessage) => sendToParent(message);

const [directory = '', kind = 'node'] = process.argv.slice(2);
const signal = parentGone();
try {
  await using stack = new AsyncDisposableStack();
  stack.defer(() => rm(directory, { recursive: true, force: true, maxRetries: 5 }));
  send({ kind: 'Ready', cluster: await CREATE[kind as ClusterKind]({ directory, stack, signal }) });
  await aborted(signal);
} catch (error) {
  send({ kind: 'Failed', message: error instanceof Error ? error.message : String(error) });
} finally {
  leaveParent();
}
