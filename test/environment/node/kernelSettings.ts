import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/** Settings of the kernel that the kubelet changes. They don't belong to a namespace. */
const CHANGED = [
  'kernel/keys/root_maxbytes',
  'kernel/keys/root_maxkeys',
  'kernel/panic',
  'kernel/panic_on_oops',
  'vm/overcommit_memory',
  'vm/panic_on_oom',
];

/** Reads the settings that the kubelet changes. Dispose of the result to restore them. */
export async function keepKernelSettings(): Promise<AsyncDisposable> {
  const kept = await Promise.all(
    CHANGED.map(async (name) => ({ path: join('/proc/sys', name), value: await readFile(join('/proc/sys', name)) })),
  );
  return {
    [Symbol.asyncDispose]: async () => {
      for (const { path, value } of kept) {
        await writeFile(path, value);
      }
    },
  };
}
