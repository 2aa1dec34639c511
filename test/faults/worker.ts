import { parentPort } from 'node:worker_threads';
import { violationsIn } from './check.ts';
import { killedAt, undisturbed } from './kills.ts';
import { scheduleOf } from './scheduleOf.ts';

/** A piece of work: the schedule of a seed, or the story of ten WorkSpaces, killed at a boundary. */
export type Task = { readonly seed: number } | { readonly boundary: number };

// Nobody reads them, and collecting them takes a good part of the time.
Error.stackTraceLimit = 0;

const expected = undisturbed();

parentPort?.on('message', async (task: Task) => {
  const violations =
    'boundary' in task ? await killedAt(task.boundary, await expected) : await violationsIn(scheduleOf(task.seed));
  parentPort?.postMessage({ task, violations });
});
