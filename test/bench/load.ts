import process from 'node:process';
import { setImmediate } from 'node:timers/promises';
import type { Clock } from '../../src/clock.ts';
import { policy } from '../builders.ts';
import { LoadedCore } from './loadedCore.ts';
import { shapeOf } from './pass.ts';
import { RARE } from './syntheticAws.ts';

const denyingRare = (name = 'no-rare', interval = '10m') =>
  policy(name, { interval, applications: { denied: [{ id: RARE }] } });

/** Measures a rollout from the first run until no WorkSpace has a denied application. */
async function measureConvergence(workspaces: number, drifted: number, callsPerSecond: number) {
  const core = new LoadedCore({ ...shapeOf(workspaces), rare: drifted }, [denyingRare()], { callsPerSecond });
  const cpu = process.cpuUsage();
  const turns = new EventLoopTurns(core.clock);
  let lastChange = { seconds: 0, calls: 0 };
  for (let runs = 1; ; runs += 1) {
    const [result] = await core.pass();
    if (result !== undefined && result.outcome.made.length > 0) {
      lastChange = { seconds: core.clock.monotonic() / 1000, calls: core.calls };
    }
    const { compliant = 0, selected = 0 } = result?.status.compliance ?? {};
    if (selected === workspaces && compliant === selected) {
      const seconds = core.clock.monotonic() / 1000;
      const { user, system } = process.cpuUsage(cpu);
      return {
        workspaces,
        drifted,
        'calls per second': callsPerSecond,
        calls: core.calls,
        'calls per WorkSpace': (core.calls / drifted).toFixed(2),
        runs,
        'seconds to the last change': Math.round(lastChange.seconds),
        'relative to calls ÷ rate': (lastChange.seconds / (lastChange.calls / callsPerSecond)).toFixed(3),
        'seconds in total': Math.round(seconds),
        'CPU share': `${((100 * (user + system)) / 1e6 / seconds).toFixed(0)}%`,
        ...(await turns.end()),
        'statuses written': core.writes.statuses,
        events: core.writes.events,
      };
    }
  }
}

/** Measures two passes of `count` policies over one fleet. The first pass fills the cache. */
async function measurePolicies(count: number, workspaces: number) {
  const policies = Array.from({ length: count }, (_, n) => denyingRare(`p${n}`));
  const core = new LoadedCore({ ...shapeOf(workspaces), rare: 100 }, policies, { callsPerSecond: 1_000 });
  const row: Record<string, number | string> = { policies: count, workspaces };
  for (const pass of ['first pass', 'second pass']) {
    const [before, cpu] = [{ calls: core.calls, ...core.writes }, process.cpuUsage()];
    await core.pass();
    const { user, system } = process.cpuUsage(cpu);
    row[`calls, ${pass}`] = core.calls - before.calls;
    row[`statuses, ${pass}`] = core.writes.statuses - before.statuses;
    row[`CPU ms per policy, ${pass}`] = ((user + system) / 1000 / count).toFixed(1);
  }
  return row;
}

/** Measures the heap after garbage collection, for a number of passes of ten policies. Requires --expose-gc. */
async function measureMemory(workspaces: number, passes: readonly number[]) {
  const policies = Array.from({ length: 10 }, (_, n) => denyingRare(`p${n}`));
  const core = new LoadedCore({ ...shapeOf(workspaces), rare: 100 }, policies, { callsPerSecond: 1_000 });
  const row: Record<string, number | string> = { workspaces, policies: policies.length };
  for (let pass = 1; pass <= Math.max(...passes); pass += 1) {
    await core.pass();
    if (passes.includes(pass)) {
      globalThis.gc?.();
      row[`MB after ${pass} passes`] = (process.memoryUsage().heapUsed / 2 ** 20).toFixed(1);
    }
  }
  const { statuses, events } = core.writes;
  return { ...row, 'statuses written': statuses, events };
}

/** Measures how long passes over a cached fleet block the event loop. */
async function measureTurns(workspaces: number, selection: 'few' | 'all') {
  const all = policy('all', {
    interval: '10m',
    enforcement: 'Audit',
    applications: { allowed: [{ id: RARE }], unlisted: 'Disassociate' },
  });
  const core = new LoadedCore({ ...shapeOf(workspaces), rare: 100 }, [selection === 'few' ? denyingRare() : all], {
    callsPerSecond: 1_000,
  });
  await core.pass();
  const turns = new EventLoopTurns(core.clock);
  const before = core.calls;
  const passes = 5;
  for (let pass = 0; pass < passes; pass += 1) {
    await core.pass();
  }
  return {
    workspaces,
    selection,
    'calls per pass': (core.calls - before) / passes,
    ...(await turns.end()),
    'statuses per pass': (core.writes.statuses / (passes + 1)).toFixed(1),
  };
}

/** Measurements of `npm run bench` under load. Each one runs in its own process. */
export const LOADS: Readonly<Record<string, { readonly title: string; readonly measure: () => Promise<object> }>> = {
  convergence: {
    title: 'Rollout that removes an application from 10,000 of 100,000 WorkSpaces; deployments take a minute',
    measure: () => measureConvergence(100_000, 10_000, 100),
  },
  policies: {
    title: '1,000 policies for one fleet',
    measure: () => measurePolicies(1_000, 1_000),
  },
  memory: {
    title: 'Memory after up to 1,000 passes and garbage collection',
    measure: () => measureMemory(2_000, [100, 1_000]),
  },
  ...Object.fromEntries(
    [10_000, 100_000].flatMap((workspaces) => [
      [
        `turns, few of ${workspaces}`,
        {
          title: 'Event loop while a policy selects 100 drifted WorkSpaces',
          measure: () => measureTurns(workspaces, 'few'),
        },
      ],
      [
        `turns, all of ${workspaces}`,
        {
          title: 'Event loop while a policy finds 3 drifted applications on each WorkSpace',
          measure: () => measureTurns(workspaces, 'all'),
        },
      ],
    ]),
  ),
};

/** Shortest turn of the event loop that counts (ms). Shorter turns delay nothing. */
const MIN_TURN_MS = 1;
/** Interval of the timer that samples the delay (ms), as in Node's `monitorEventLoopDelay`. */
const SAMPLE_INTERVAL_MS = 10;
/** Goal for the 99th percentile of the delay (ms). */
const LONG_TURN_MS = 100;

/**
 * Measures the turns of the event loop by their CPU time, which excludes other processes, while simulated time passes.
 */
class EventLoopTurns {
  readonly #clock: Pick<Clock, 'monotonic'>;
  readonly #startedAt: number;
  readonly #turns: number[] = [];
  readonly #watching: Promise<void>;
  #isOver = false;

  constructor(clock: Pick<Clock, 'monotonic'>) {
    this.#clock = clock;
    this.#startedAt = clock.monotonic();
    this.#watching = this.#watch();
  }

  /**
   * Returns the delay that a timer would have measured, as the event loop lag metric does, and the share of time in
   * long turns.
   */
  async end() {
    this.#isOver = true;
    await this.#watching;
    const turns = this.#turns.sort((a, b) => b - a);
    const busy = turns.reduce((sum, turn) => sum + turn, 0);
    const long = turns.filter((turn) => turn > LONG_TURN_MS).reduce((sum, turn) => sum + turn, 0);
    const time = busy + this.#clock.monotonic() - this.#startedAt;
    const samples = turns.length + (time - busy) / SAMPLE_INTERVAL_MS;
    return {
      'p99 delay, ms': (turns[Math.floor(samples / 100)] ?? 0).toFixed(0),
      'longest turn, CPU ms': (turns[0] ?? 0).toFixed(0),
      [`time in turns over ${LONG_TURN_MS} ms`]: `${((100 * long) / time).toFixed(2)}%`,
    };
  }

  async #watch(): Promise<void> {
    let last = process.threadCpuUsage();
    while (!this.#isOver) {
      await setImmediate();
      const { user, system } = process.threadCpuUsage(last);
      const turn = (user + system) / 1000;
      if (turn > MIN_TURN_MS) {
        this.#turns.push(turn);
      }
      last = process.threadCpuUsage();
    }
  }
}
