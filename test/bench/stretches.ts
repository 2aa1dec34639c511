import process from 'node:process';
import { setImmediate } from 'node:timers/promises';

/** CPU time of a piece of work, in milliseconds. CPU time excludes other processes. */
export interface StretchCost {
  /** Longest time without a turn of the event loop. */
  readonly longestStretch: number;
  readonly cpu: number;
}

/** Measures the CPU time of work, and the longest stretch in which it lets nothing else run. */
export async function measureStretches(work: () => Promise<unknown>): Promise<StretchCost> {
  let isOver = false;
  let longest = 0;
  const watching = (async () => {
    let last = process.threadCpuUsage();
    while (!isOver) {
      await setImmediate();
      longest = Math.max(longest, milliseconds(process.threadCpuUsage(last)));
      last = process.threadCpuUsage();
    }
  })();
  await setImmediate();
  longest = 0;
  const startedAt = process.threadCpuUsage();
  await work();
  const cpu = milliseconds(process.threadCpuUsage(startedAt));
  isOver = true;
  await watching;
  return { longestStretch: rounded(longest), cpu: rounded(cpu) };
}

function milliseconds({ user, system }: { readonly user: number; readonly system: number }): number {
  return (user + system) / 1000;
}

function rounded(value: number): number {
  return Math.round(value * 10) / 10;
}
