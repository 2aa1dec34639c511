/**
 * Runs the operator through schedules of faults, and prints every violation of a rule. README.md explains the
 * terms.
 *
 *   npm run simulate-faults -- [--seed N [--omit 1,2,…]] | [--schedules N] [--first N] [--minutes N] | --kills [--every N]   [--workers N]
 *
 * `--every N` kills at every Nth boundary, which gives an even sample that is always the same.
 */
import { availableParallelism } from 'node:os';
import { parseArgs } from 'node:util';
import { Worker } from 'node:worker_threads';
import { violationsIn } from './check.ts';
import { runWithoutKill } from './kills.ts';
import type { Schedule } from './schedule.ts';
import { scheduleOf } from './scheduleOf.ts';
import { omitting, shrink } from './shrink.ts';
import type { Violation } from './violation.ts';
import type { Task } from './worker.ts';

/** Violations of a task, as a worker reports them. */
export interface TaskResult {
  readonly task: Task;
  readonly violations: readonly Violation[];
}

const { values } = parseArgs({
  options: {
    seed: { type: 'string' },
    schedules: { type: 'string', default: '1000' },
    first: { type: 'string', default: '1' },
    minutes: { type: 'string', default: 'Infinity' },
    kills: { type: 'boolean', default: false },
    every: { type: 'string', default: '1' },
    omit: { type: 'string' },
    workers: { type: 'string', default: String(availableParallelism()) },
  },
});

/**
 * Number of tasks that a worker runs before it is replaced, because killed processes leave promises that never
 * settle.
 */
const TASKS_PER_WORKER = 250;

process.exitCode = (await runChosen()) ? 0 : 1;

function runChosen(): Promise<boolean> {
  if (values.seed !== undefined) {
    return runOne(Number(values.seed));
  }
  return values.kills ? runKills() : runMany(schedules(), `schedules from seed ${values.first}`);
}

/** Runs one schedule. Shrinks and prints it if it violates a rule. */
async function runOne(seed: number): Promise<boolean> {
  const whole = scheduleOf(seed);
  const chosen = new Set(
    (values.omit ?? '')
      .split(',')
      .filter((text) => text !== '')
      .map(Number),
  );
  const violations = await violationsIn(omitting(whole, chosen));
  const [first] = violations;
  if (first === undefined) {
    print(`seed ${seed}: no rule is violated`);
    return true;
  }
  const omitted = values.omit === undefined ? await shrink(whole, first.rule) : chosen;
  const shrunk = omitting(whole, omitted);
  printSchedule(shrunk, await violationsIn(shrunk));
  const positions = [...omitted].sort((a, b) => a - b).join(',');
  print(`\nTo repeat: npm run simulate-faults -- --seed ${seed} --omit ${positions}`);
  return false;
}

function printSchedule({ seed, isQuiet, fleet, actions, faults }: Schedule, violations: readonly Violation[]): void {
  print(`seed ${seed}, ${isQuiet ? 'without other changes' : 'with other changes'}`);
  for (const { workspaceID, state, connection, tags, applications } of fleet.workspaces ?? []) {
    print(`  ${workspaceID} ${state} ${connection} ${JSON.stringify(tags)} ${JSON.stringify(applications)}`);
  }
  const lines = [
    ...actions.map(({ at, action }) => ({ at, text: JSON.stringify(action) })),
    ...faults.map((fault) => ({
      at: fault.at,
      text: `fault ${fault.kind} for ${fault.for} ms, rate ${fault.rate}, amount ${fault.amount}`,
    })),
    ...violations.map(({ at, rule, message }) => ({ at, text: `VIOLATION ${rule}: ${message}` })),
  ];
  for (const { at, text } of lines.sort((a, b) => a.at - b.at)) {
    print(`  ${(at / 1_000).toFixed(1).padStart(8)} s  ${text}`);
  }
}

/** Runs tasks on all cores until `--minutes` have passed, and prints those that violate a rule. */
async function runMany(tasks: readonly Task[], what: string): Promise<boolean> {
  const startedAt = performance.now();
  const failing: TaskResult[] = [];
  const queue = tasks.values();
  let done = 0;
  const endsAt = startedAt + Number(values.minutes) * 60_000;
  let isLate = false;
  let next = queue.next();
  const onResult = (result: TaskResult) => {
    const { task, violations } = result;
    done++;
    const [first] = violations;
    if (first !== undefined) {
      failing.push(result);
      print(`${JSON.stringify(task)} violates ${first.rule}: ${first.message}`);
    }
    if (done % 200 === 0) {
      print(`${done} ${what}, ${failing.length} with violations, ${rate(done, startedAt)}`);
    }
  };
  const nextTask = () => {
    isLate = performance.now() >= endsAt;
    const task = isLate ? undefined : next.value;
    next = queue.next();
    return task;
  };
  await Promise.all(
    Array.from({ length: Math.min(Number(values.workers), tasks.length) }, async () => {
      while (!isLate && next.done !== true) {
        await runWorker(nextTask, onResult);
      }
    }),
  );
  const outOf = done < tasks.length ? ` of ${tasks.length}` : '';
  print(`${done}${outOf} ${what}: ${failing.length} with violations; ${rate(done, startedAt)}`);
  const seeds = failing.flatMap(({ task }) => ('seed' in task ? [task.seed] : [])).sort((a, b) => a - b);
  if (seeds[0] !== undefined) {
    await runOne(seeds[0]);
  }
  return failing.length === 0 && (isLate || done === tasks.length);
}

/** Runs the next tasks in a new worker. */
async function runWorker(nextTask: () => Task | undefined, onResult: (result: TaskResult) => void): Promise<void> {
  const worker = new Worker(new URL('./worker.ts', import.meta.url), {
    resourceLimits: { maxYoungGenerationSizeMb: 64 },
  });
  let remaining = TASKS_PER_WORKER;
  const startNext = () => {
    const task = remaining-- > 0 ? nextTask() : undefined;
    if (task === undefined) {
      void worker.terminate();
    } else {
      worker.postMessage(task);
    }
  };
  worker.on('message', (result: TaskResult) => {
    onResult(result);
    startNext();
  });
  startNext();
  await new Promise((resolve, reject) => worker.on('exit', resolve).on('error', reject));
}

/** Kills the process at each boundary, or at every Nth, until the last change was sent. Boundaries count from 1. */
async function runKills(): Promise<boolean> {
  const { boundariesToLastChange } = await runWithoutKill();
  const boundaries = Array.from({ length: boundariesToLastChange + 3 }, (_, index) => ({ boundary: index + 1 }));
  const sample = boundaries.filter(({ boundary }) => boundary % Number(values.every) === 0);
  if (sample.length === 0) {
    throw new Error(`--every ${values.every} selects no boundary`);
  }
  return runMany(sample, 'kills');
}

function schedules(): Task[] {
  return Array.from({ length: Number(values.schedules) }, (_, index) => ({ seed: Number(values.first) + index }));
}

function rate(done: number, startedAt: number): string {
  const seconds = (performance.now() - startedAt) / 1_000;
  return `${(done / seconds).toFixed(1)} per second, ${Math.round(seconds)} s`;
}

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}
