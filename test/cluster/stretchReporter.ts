/**
 * Preloaded by a test into the operator (`node --import`): writes long stretches without a turn of the event loop to
 * stderr, in milliseconds of CPU time. CPU time excludes other processes. It exceeds a stretch by at most the interval
 * of the timer.
 */
import process from 'node:process';
import { isMainThread } from 'node:worker_threads';

const INTERVAL_MS = 10;
/** Shortest stretch that is written (ms). */
const MIN_STRETCH_MS = 25;

if (isMainThread) {
  let last = process.threadCpuUsage();
  setInterval(() => {
    const { user, system } = process.threadCpuUsage(last);
    last = process.threadCpuUsage();
    const milliseconds = (user + system) / 1_000;
    if (milliseconds >= MIN_STRETCH_MS) {
      process.stderr.write(`stretch: ${milliseconds}\n`);
    }
  }, INTERVAL_MS).unref();
}
