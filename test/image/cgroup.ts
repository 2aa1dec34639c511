import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const ROOT = '/sys/fs/cgroup';
const IS_V2 = existsSync(join(ROOT, 'cgroup.controllers'));

/** Memory of a container, in bytes. */
export interface MemoryUse {
  /** Without files that the kernel can drop, as `kubectl top` shows it. */
  readonly workingSet: number;
  /** Maximum since the start, including these files. */
  readonly peak: number;
  readonly limit: number;
  /** Number of processes that the kernel has killed because of the limit. */
  readonly kills: number;
}

/** Reads the memory of a cgroup of version 1 or 2. `path`: path below the root of the hierarchy. */
export function memoryOf(path: string): MemoryUse {
  const text = (name: string) => readFileSync(join(ROOT, IS_V2 ? '' : 'memory', path, name), 'utf8');
  const number = (name: string) => Number(text(name));
  const field = (name: string, key: string) => Number(new RegExp(`^${key} (\\d+)$`, 'm').exec(text(name))?.[1]);
  return IS_V2
    ? {
        workingSet: number('memory.current') - field('memory.stat', 'inactive_file'),
        peak: number('memory.peak'),
        limit: number('memory.max'),
        kills: field('memory.events', 'oom_kill'),
      }
    : {
        workingSet: number('memory.usage_in_bytes') - field('memory.stat', 'total_inactive_file'),
        peak: number('memory.max_usage_in_bytes'),
        limit: number('memory.limit_in_bytes'),
        kills: field('memory.oom_control', 'oom_kill'),
      };
}
