import { dirname, join } from 'node:path';
import { defaultCacheRoot, lockEntry } from '../../environment/cache.ts';
import { runCommand } from '../../environment/image/command.ts';
import { buildImage } from '../../environment/image/image.ts';
import { ctrCommand } from '../../environment/node/containerd.ts';
import { MACHINE_ADDRESS } from '../../environment/node/linuxNamespaces.ts';
import { startOneNodeCluster } from '../../environment/node/oneNodeCluster.ts';
import { locateNodePrograms } from '../../environment/node/programs.ts';
import { ProgressLine } from '../../environment/progress.ts';
import type { CreateOptions, TestCluster } from './testCluster.ts';

/** Creates a cluster with one node from a kubelet and containerd on this machine. Requires root. */
export async function createNode({ directory, stack, signal }: CreateOptions): Promise<TestCluster> {
  const programs = await locateNodePrograms(signal);
  const { reference, archive } = await buildImage();
  signal.throwIfAborted();
  // The names of its link and of its cgroup allow one cluster on a machine.
  const entry = join(dirname(defaultCacheRoot()), 'one-node-cluster');
  stack.use(await lockEntry(entry, 'a one-node cluster', { progress: new ProgressLine(), signal }));
  const { pid, ...access } = await startOneNodeCluster(programs, directory, stack);
  const [file = '', ...args] = ctrCommand(pid);
  await runCommand(file, [...args, 'images', 'import', archive]);
  return {
    ...access,
    directory,
    description: 'one node on this machine',
    machineAddress: MACHINE_ADDRESS,
    image: reference,
    ctr: [file, ...args],
  };
}
