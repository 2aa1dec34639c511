import { createHash } from 'node:crypto';
import { mkdir, readFile } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { locateAssets } from '../assets.ts';
import { buildEntry, defaultCacheRoot, lockEntry, missingBinaries, storeAtomically } from '../cache.ts';
import { buildMinutes, buildNodePrograms } from '../goBuild.ts';
import { goPlatform, readNodePin, readPin } from '../pin.ts';
import { ProgressLine } from '../progress.ts';

/** Programs of a node and of the parts of a control plane that run pods, and the first process of each pod. */
const PROGRAMS = ['kube-controller-manager', 'kube-proxy', 'kube-scheduler', 'kubelet', 'pause'] as const;

/** Processor time of a build, on top of the build of the API server. */
const PROCESSOR_MINUTES = 7;

/** Paths of all programs of Kubernetes that a one-node cluster needs. */
export type NodePrograms = Readonly<Record<(typeof PROGRAMS)[number] | 'etcd' | 'kube-apiserver' | 'kubectl', string>>;

/** Returns the programs in the cache. Builds them with Go once per machine; concurrent processes wait. */
export async function locateNodePrograms(signal: AbortSignal, progress = new ProgressLine()): Promise<NodePrograms> {
  const platform = goPlatform();
  const cacheRoot = defaultCacheRoot();
  const { directory } = await locateAssets({ cacheRoot, pin: await readPin(), platform, signal, progress });
  const pin = await readNodePin();
  const pause = await readFile(join(pin.moduleDirectory, 'pause/main.go'));
  const digest = createHash('sha256').update(pause).digest('hex').slice(0, 12);
  const entry = join(cacheRoot, `node-${buildEntry(pin, platform)}-${digest}`);
  const isCached = async () => (await missingBinaries(entry, PROGRAMS)).length === 0;
  if (!(await isCached())) {
    await mkdir(cacheRoot, { recursive: true });
    await using _lock = await lockEntry(entry, 'the kubelet', { progress, signal });
    if (!(await isCached())) {
      const about = buildMinutes(availableParallelism(), PROCESSOR_MINUTES);
      await progress.during(
        () => `building the kubelet ${pin.version} from Go modules into the cache, about ${about} minutes`,
        () => storeAtomically(entry, (staging) => buildNodePrograms(staging, { pin, platform, signal }), PROGRAMS),
      );
    }
  }
  const paths = (folder: string, names: readonly string[]) => names.map((name) => [name, join(folder, name)]);
  return Object.fromEntries([
    ...paths(directory, ['etcd', 'kube-apiserver', 'kubectl']),
    ...paths(entry, PROGRAMS),
  ]) as NodePrograms;
}
