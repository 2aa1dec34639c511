import process from 'node:process';
import { setImmediate } from 'node:timers/promises';
import type { Clock } from '../../src/clock.ts';
import { policy } from '../builders.ts';
import { LoadedCore } from './loadedCore.ts';
import { shapeOf } from './pass.ts';
import { RARE } from './syntheticAws.ts';

const denyingRare = (name = 'no-rare', interval = '10m') =>
  policy(name, { interval, applications: { denied: [{ id: RARE }] } });

/** Ten thousand of a hundred thousand WorkSpaces have what no policy allows: until they are rid of it. */
async function measureConvergence(workspaces: number, drifted: number, callsPerSecond: number) {
  const core = new LoadedCore({ ...shapeOf(workspaces), rare: drifted }, [denyingRare()], callsPerSecond);
  const cpu = process.cpuUsage();
  const turns = new Turns(core.clock);
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
        'calls a second': callsPerSecond,
        calls: core.calls,
        'calls each': (core.calls / drifted).toFixed(2),
        runs,
        'seconds to the last change': Math.round(lastChange.seconds),
        'of calls ÷ rate': (lastChange.seconds / (lastChange.calls / callsPerSecond)).toFixed(3),
        'seconds in all': Math.round(seconds),
        'CPU of the time': `${((100 * (user + system)) / 1e6 / seconds).toFixed(0)}%`,
        ...(await turns.end()),
        'statuses written': core.writes.statuses,
        events: core.writes.events,
      };
    }
  }
}

/** So many policies over one fleet: two passes of all of them, of which the first finds everything new. */
async function measurePolicies(count: number, workspaces: number) {
  const policies = Array.from({ length: count }, (_, n) => denyingRare(`p${n}`));
  const core = new LoadedCore({ ...shapeOf(workspaces), rare: 100 }, policies, 1_000);
  const row: Record<string, number | string> = { policies: count, workspaces };
  for (const pass of ['first pass', 'second pass']) {
    const [before, cpu] = [{ calls: core.calls, ...core.writes }, process.cpuUsage()];
    await core.pass();
    const { user, system } = process.cpuUsage(cpu);
    row[`calls, ${pass}`] = core.calls - before.calls;
    row[`statuses, ${pass}`] = core.writes.statuses - before.statuses;
    row[`ms of CPU each, ${pass}`] = ((user + system) / 1000 / count).toFixed(1);
  }
  return row;
}

/** Memory that is in use after so many passes of ten policies, once garbage is collected; needs --expose-gc. */
async function measureMemory(workspaces: number, passes: readonly number[]) {
  const policies = Array.from({ length: 10 }, (_, n) => denyingRare(`p${n}`));
  const core = new LoadedCore({ ...shapeOf(workspaces), rare: 100 }, policies, 1_000);
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

/** How long the event loop is held up by passes over a fleet that was read before. */
async function measureTurns(workspaces: number, about: 'few' | 'all') {
  const all = policy('all', {
    interval: '10m',
    enforcement: 'Audit',
    applications: { allowed: [{ id: RARE }], unlisted: 'Disassociate' },
  });
  const core = new LoadedCore({ ...shapeOf(workspaces), rare: 100 }, [about === 'few' ? denyingRare() : all], 1_000);
  await core.pass();
  const turns = new Turns(core.clock);
  const before = core.calls;
  const passes = 5;
  for (let pass = 0; pass < passes; pass += 1) {
    await core.pass();
  }
  return {
    workspaces,
    about,
    'calls a pass': (core.calls - before) / passes,
    ...(await turns.end()),
    'statuses a pass': (core.writes.statuses / (passes + 1)).toFixed(1),
  };
}

/** What `npm run bench` measures, each in a process of its own. */
export const LOADS: Readonly<Record<string, { readonly title: string; readonly measure: () => Promise<object> }>> = {
  convergence: {
    title: 'Until 10,000 of 100,000 WorkSpaces are rid of an application; deployments take a minute',
    measure: () => measureConvergence(100_000, 10_000, 100),
  },
  policies: {
    title: 'A thousand policies over one fleet',
    measure: () => measurePolicies(1_000, 1_000),
  },
  memory: {
    title: 'Memory over a thousand passes, after the garbage is collected',
    measure: () => measureMemory(2_000, [100, 1_000]),
  },
  ...Object.fromEntries(
    [10_000, 100_000].flatMap((workspaces) => [
      [
        `turns, a few of ${workspaces}`,
        {
          title: 'The event loop while a policy is about 100 WorkSpaces',
          measure: () => measureTurns(workspaces, 'few'),
        },
      ],
      [
        `turns, all of ${workspaces}`,
        {
          title: 'The event loop while a policy finds 3 drifted applications on each WorkSpace',
          measure: () => measureTurns(workspaces, 'all'),
        },
      ],
    ]),
  ),
};

/** Turns of the event loop that are no longer hold nobody up, in milliseconds. */
const UNNOTICED = 1;
/** A timer that looks at the delay comes so often, in milliseconds (Node's `monitorEventLoopDelay`). */
const RESOLUTION = 10;
/** As long as the goal for the delay's 99th percentile, in milliseconds. */
const LONG = 100;

/** Times the turns of the event loop by the CPU that they take, which other processes don't add to, over time that passes only by waiting. */
class Turns {
  readonly #clock: Pick<Clock, 'monotonic'>;
  readonly #startedAt: number;
  readonly #noticed: number[] = [];
  readonly #watching: Promise<void>;
  #isOver = false;

  constructor(clock: Pick<Clock, 'monotonic'>) {
    this.#clock = clock;
    this.#startedAt = clock.monotonic();
    this.#watching = this.#watch();
  }

  /** What a timer would have seen of them, as the metric of the loop's lag does, and for how much of the time somebody had to wait for long. */
  async end() {
    this.#isOver = true;
    await this.#watching;
    const turns = this.#noticed.sort((a, b) => b - a);
    const busy = turns.reduce((sum, turn) => sum + turn, 0);
    const long = turns.filter((turn) => turn > LONG).reduce((sum, turn) => sum + turn, 0);
    const time = busy + this.#clock.monotonic() - this.#startedAt;
    const samples = turns.length + (time - busy) / RESOLUTION;
    return {
      'p99 of the delay, ms': (turns[Math.floor(samples / 100)] ?? 0).toFixed(0),
      'longest turn, ms of CPU': (turns[0] ?? 0).toFixed(0),
      [`of the time in turns over ${LONG} ms`]: `${((100 * long) / time).toFixed(2)}%`,
    };
  }

  async #watch(): Promise<void> {
    let last = process.threadCpuUsage();
    while (!this.#isOver) {
      await setImmediate();
      const { user, system } = process.threadCpuUsage(last);
      const turn = (user + system) / 1000;
      if (turn > UNNOTICED) {
        this.#noticed.push(turn);
      }
      last = process.threadCpuUsage();
    }
  }
}
