/**
 * Runs the operator through schedules of faults, and looks for one that makes it break a rule:
 *
 *   npm run simulate-faults -- [--seed N] [--schedules N] [--first N] [--leave-out 1,2,…] [--workers N]
 */
import { availableParallelism } from 'node:os';
import { parseArgs } from 'node:util';
import { Worker } from 'node:worker_threads';
import { violationsIn } from './check.ts';
import { type Schedule, scheduleOf } from './schedule.ts';
import { shrink, without } from './shrink.ts';
import type { Violation } from './watcher.ts';

/** What a worker has found in a schedule. */
export interface Found {
  readonly seed: number;
  readonly violations: readonly Violation[];
}

const { values } = parseArgs({
  options: {
    seed: { type: 'string' },
    schedules: { type: 'string', default: '1000' },
    first: { type: 'string', default: '1' },
    'leave-out': { type: 'string' },
    workers: { type: 'string', default: String(availableParallelism()) },
  },
});

process.exitCode = (await (values.seed === undefined ? many() : one(Number(values.seed)))) ? 0 : 1;

/** Runs one schedule, and shows it shrunk if it breaks a rule. */
async function one(seed: number): Promise<boolean> {
  const whole = scheduleOf(seed);
  const given = values['leave-out'];
  const left = new Set((given ?? '').split(',').filter((text) => text !== '').map(Number));
  const violations = await violationsIn(without(whole, left));
  const [first] = violations;
  if (first === undefined) {
    console.log(`seed ${seed}: no rule is broken`);
    return true;
  }
  const leaveOut = given === undefined ? await shrink(whole, first.rule) : left;
  const shown = without(whole, leaveOut);
  show(shown, await violationsIn(shown));
  console.log(`\nagain: npm run simulate-faults -- --seed ${seed} --leave-out ${[...leaveOut].sort((a, b) => a - b).join(',')}`);
  return false;
}

function show({ seed, isQuiet, fleet, happenings, faults }: Schedule, violations: readonly Violation[]): void {
  console.log(`seed ${seed}, ${isQuiet ? 'nobody but the operator changes anything' : 'others change things as well'}`);
  for (const { workspaceId, state, connection, tags, applications } of fleet.workspaces ?? []) {
    console.log(`  ${workspaceId} ${state} ${connection} ${JSON.stringify(tags)} ${JSON.stringify(applications)}`);
  }
  const lines = [
    ...happenings.map(({ at, act }) => ({ at, text: JSON.stringify(act) })),
    ...faults.map((fault) => ({ at: fault.at, text: `fault ${fault.kind} for ${fault.for} ms, rate ${fault.rate}, amount ${fault.amount}` })),
    ...violations.map(({ at, rule, message }) => ({ at, text: `BROKEN ${rule}: ${message}` })),
  ];
  for (const { at, text } of lines.sort((a, b) => a.at - b.at)) {
    console.log(`  ${(at / 1_000).toFixed(1).padStart(8)} s  ${text}`);
  }
}

/** Runs many schedules on all cores, and tells of those that break a rule. */
async function many(): Promise<boolean> {
  const first = Number(values.first);
  const end = first + Number(values.schedules);
  const startedAt = performance.now();
  const broken: Found[] = [];
  let next = first;
  let done = 0;
  const begin = (worker: Worker) => (next < end ? worker.postMessage(next++) : void worker.terminate());
  await Promise.all(
    Array.from({ length: Math.min(Number(values.workers), end - first) }, async () => {
      const worker = new Worker(new URL('./worker.ts', import.meta.url));
      worker.on('message', ({ seed, violations }: Found) => {
        done++;
        if (violations.length > 0) {
          broken.push({ seed, violations });
          const [{ rule, message } = { rule: '', message: '' }] = violations;
          console.log(`seed ${seed} breaks ${rule}: ${message}`);
        }
        if (done % (end - first > 1_000 ? 500 : 20) === 0) {
          console.log(`${done} schedules, ${broken.length} break a rule, ${rate(done, startedAt)}`);
        }
        begin(worker);
      });
      begin(worker);
      await new Promise((resolve, reject) => worker.on('exit', resolve).on('error', reject));
    }),
  );
  console.log(`${done} schedules from ${first}: ${broken.length} break a rule; ${rate(done, startedAt)}`);
  const [worst] = broken.sort((a, b) => a.seed - b.seed);
  if (worst !== undefined) {
    await one(worst.seed);
  }
  return broken.length === 0 && done === end - first;
}

function rate(done: number, startedAt: number): string {
  const seconds = (performance.now() - startedAt) / 1_000;
  return `${(done / seconds).toFixed(1)} a second, ${Math.round(seconds)} s`;
}
