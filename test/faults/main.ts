/**
 * Runs the operator through schedules of faults, and looks for one that makes it break a rule:
 *
 *   npm run simulate-faults -- [--seed N [--leave-out 1,2,…]] | [--schedules N] [--first N] [--minutes N] | --kills [--every N]   [--workers N]
 *
 * `--every N` kills at every Nth boundary: a sample that is even, and the same each time.
 */
import { availableParallelism } from 'node:os';
import { parseArgs } from 'node:util';
import { Worker } from 'node:worker_threads';
import { violationsIn } from './check.ts';
import { undisturbed } from './kills.ts';
import type { Schedule } from './schedule.ts';
import { scheduleOf } from './scheduleOf.ts';
import { shrink, without } from './shrink.ts';
import type { Violation } from './watcher.ts';
import type { Task } from './worker.ts';

/** What a worker has found in a schedule. */
export interface Found {
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
    'leave-out': { type: 'string' },
    workers: { type: 'string', default: String(availableParallelism()) },
  },
});

/** So many tasks a worker does: processes that were killed leave promises behind that nothing settles. */
const A_WORKERS_SHARE = 250;

process.exitCode = (await chosen()) ? 0 : 1;

function chosen(): Promise<boolean> {
  if (values.seed !== undefined) {
    return one(Number(values.seed));
  }
  return values.kills ? kills() : many(schedules(), `schedules from ${values.first}`);
}

/** Runs one schedule, and shows it shrunk if it breaks a rule. */
async function one(seed: number): Promise<boolean> {
  const whole = scheduleOf(seed);
  const given = values['leave-out'];
  const left = new Set(
    (given ?? '')
      .split(',')
      .filter((text) => text !== '')
      .map(Number),
  );
  const violations = await violationsIn(without(whole, left));
  const [first] = violations;
  if (first === undefined) {
    say(`seed ${seed}: no rule is broken`);
    return true;
  }
  const leaveOut = given === undefined ? await shrink(whole, first.rule) : left;
  const shown = without(whole, leaveOut);
  show(shown, await violationsIn(shown));
  say(
    `\nagain: npm run simulate-faults -- --seed ${seed} --leave-out ${[...leaveOut].sort((a, b) => a - b).join(',')}`,
  );
  return false;
}

function show({ seed, isQuiet, fleet, happenings, faults }: Schedule, violations: readonly Violation[]): void {
  say(`seed ${seed}, ${isQuiet ? 'nobody but the operator changes anything' : 'others change things as well'}`);
  for (const { workspaceID, state, connection, tags, applications } of fleet.workspaces ?? []) {
    say(`  ${workspaceID} ${state} ${connection} ${JSON.stringify(tags)} ${JSON.stringify(applications)}`);
  }
  const lines = [
    ...happenings.map(({ at, act }) => ({ at, text: JSON.stringify(act) })),
    ...faults.map((fault) => ({
      at: fault.at,
      text: `fault ${fault.kind} for ${fault.for} ms, rate ${fault.rate}, amount ${fault.amount}`,
    })),
    ...violations.map(({ at, rule, message }) => ({ at, text: `BROKEN ${rule}: ${message}` })),
  ];
  for (const { at, text } of lines.sort((a, b) => a.at - b.at)) {
    say(`  ${(at / 1_000).toFixed(1).padStart(8)} s  ${text}`);
  }
}

/** Runs many schedules on all cores, as many as there is time for, or the story of ten WorkSpaces with a kill at each boundary, and tells of those that break a rule. */
async function many(tasks: readonly Task[], what: string): Promise<boolean> {
  const startedAt = performance.now();
  const broken: Found[] = [];
  const waiting = tasks.values();
  let done = 0;
  const endsAt = startedAt + Number(values.minutes) * 60_000;
  let isLate = false;
  let next = waiting.next();
  const hear = (found: Found) => {
    const { task, violations } = found;
    done++;
    const [first] = violations;
    if (first !== undefined) {
      broken.push(found);
      say(`${JSON.stringify(task)} breaks ${first.rule}: ${first.message}`);
    }
    if (done % 200 === 0) {
      say(`${done} ${what}, ${broken.length} break a rule, ${rate(done, startedAt)}`);
    }
  };
  const take = () => {
    isLate = performance.now() >= endsAt;
    const task = isLate ? undefined : next.value;
    next = waiting.next();
    return task;
  };
  await Promise.all(
    Array.from({ length: Math.min(Number(values.workers), tasks.length) }, async () => {
      while (!isLate && next.done !== true) {
        await workThrough(take, hear);
      }
    }),
  );
  const outOf = done < tasks.length ? ` of ${tasks.length}` : '';
  say(`${done}${outOf} ${what}: ${broken.length} break a rule; ${rate(done, startedAt)}`);
  const seeds = broken.flatMap(({ task }) => ('seed' in task ? [task.seed] : [])).sort((a, b) => a - b);
  if (seeds[0] !== undefined) {
    await one(seeds[0]);
  }
  return broken.length === 0 && (isLate || done === tasks.length);
}

/** Has a worker do its share of the tasks. */
async function workThrough(take: () => Task | undefined, hear: (found: Found) => void): Promise<void> {
  const worker = new Worker(new URL('./worker.ts', import.meta.url), {
    resourceLimits: { maxYoungGenerationSizeMb: 64 },
  });
  let left = A_WORKERS_SHARE;
  const begin = () => {
    const task = left-- > 0 ? take() : undefined;
    if (task === undefined) {
      void worker.terminate();
    } else {
      worker.postMessage(task);
    }
  };
  worker.on('message', (found: Found) => {
    hear(found);
    begin();
  });
  begin();
  await new Promise((resolve, reject) => worker.on('exit', resolve).on('error', reject));
}

/** Boundaries count from 1; the story is killed at each, or at every Nth, until its last change has been sent. */
async function kills(): Promise<boolean> {
  const { boundariesToLastChange } = await undisturbed();
  const boundaries = Array.from({ length: boundariesToLastChange + 3 }, (_, index) => ({ boundary: index + 1 }));
  const sample = boundaries.filter(({ boundary }) => boundary % Number(values.every) === 0);
  if (sample.length === 0) {
    throw new Error(`--every ${values.every} selects no boundary`);
  }
  return many(sample, 'boundaries at which the story of ten WorkSpaces was killed');
}

function schedules(): Task[] {
  return Array.from({ length: Number(values.schedules) }, (_, index) => ({ seed: Number(values.first) + index }));
}

function rate(done: number, startedAt: number): string {
  const seconds = (performance.now() - startedAt) / 1_000;
  return `${(done / seconds).toFixed(1)} a second, ${Math.round(seconds)} s`;
}

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}
