import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, rmdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

const ROOT = '/sys/fs/cgroup';
/** Name of the cgroup of all pods. */
export const CGROUP = 'wsap-e2e';
/** Controllers of cgroup v1, each with its own hierarchy. */
const CONTROLLERS_V1 = ['cpu', 'cpuacct', 'cpuset', 'memory', 'devices', 'freezer', 'blkio', 'pids', 'systemd'];
/** Controllers of cgroup v2 that the kubelet requires. */
const CONTROLLERS_V2 = '+cpu +cpuset +memory +pids';

/** Creates the cgroup of all pods, in each hierarchy of this machine. */
export async function createCgroups(): Promise<void> {
  await removeCgroups();
  if (existsSync(join(ROOT, 'cgroup.controllers'))) {
    await writeFile(join(ROOT, 'cgroup.subtree_control'), CONTROLLERS_V2);
    await mkdir(join(ROOT, CGROUP));
    return;
  }
  for (const controller of CONTROLLERS_V1.filter((name) => existsSync(join(ROOT, name)))) {
    await mkdir(join(ROOT, controller, CGROUP));
  }
  for (const file of ['cpuset.cpus', 'cpuset.mems']) {
    await writeFile(join(ROOT, 'cpuset', CGROUP, file), await readFile(join(ROOT, 'cpuset', file), 'utf8'));
  }
}

/** Removes the cgroup of all pods with all cgroups in it. Their processes must have ended. */
export async function removeCgroups(): Promise<void> {
  // runc also creates it in the hierarchy `unified` of a hybrid machine.
  for (const folder of [ROOT, ...[...CONTROLLERS_V1, 'unified'].map((name) => join(ROOT, name))]) {
    await removeTree(join(folder, CGROUP));
  }
}

/** Removes a cgroup. Its files can't be removed, and disappear with it. */
async function removeTree(folder: string): Promise<void> {
  if (!existsSync(folder)) {
    return;
  }
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    if (entry.isDirectory()) {
      await removeTree(join(folder, entry.name));
    }
  }
  await rmdir(folder);
}
