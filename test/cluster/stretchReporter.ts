/**
 * Preloaded by a test into the operator (`node --import`): writes the longest stretch without a turn of the event loop
 * to stderr, in milliseconds of CPU time, whenever it grows. CPU time excludes other processes. It exceeds a stretch by
 * at most the interval of the timer.
 */
import process from 'node:process';
import { threadId } from 'node:worker_threads';

const INTERVAL_MS = 10;

if (threadId === 0) {
  let longest = 0;
  let last = process.threadCpuUsage();
  setInterval(() => {
    const { user, system } = process.threadCpuUsage(last);
    last = process.threadCpuUsage();
    const milliseconds = (user + system) / 1_000;
    if (milliseconds > longest) {
      longest = milliseconds;
      process.stderr.write(`longest stretch: ${milliseconds}\n`);
    }
  }, INTERVAL_MS).unref();
}
