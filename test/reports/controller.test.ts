import { pino } from 'pino';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { ApiError } from '../../src/kube/apiError.ts';
import type { Resource } from '../../src/kube/resource.ts';
import type { Policy } from '../../src/policy/policy.ts';
import { ReportController, type ReportControllerOptions, type ReportPass } from '../../src/reports/controller.ts';
import { POLICY_REPORTS, REPORTS } from '../../src/reports/reportKinds.ts';
import type { ReportOwner, ReportWriter } from '../../src/reports/reportWriter.ts';
import { association, FLEET_LOCATION, guardedPlan, policy, snapshot, VISIO, workspace, ws } from '../builders.ts';
import { assess } from '../completed.ts';
import { VirtualClock } from '../fakes/clock.ts';

const SECOND = 1_000;
const MINUTE = 60_000;
const FIRST = policy('first');

/** Reports of a fake cluster, and the passes over them. */
class FakeReports {
  kinds: readonly Resource[] = [REPORTS];
  /** Error of every write. */
  failure: Error | undefined;
  /** Time of each pass, on the virtual clock. */
  readonly passes: number[] = [];
  /** Reported WorkSpaces, by kind and policy. */
  readonly reported = new Map<string, string[]>();
  readonly forgotten: string[] = [];
  readonly #clock: VirtualClock;

  constructor(clock: VirtualClock) {
    this.#clock = clock;
  }

  readonly write: ReportWriter['write'] = async (kind, owner, chunks) => {
    this.passes.push(this.#clock.monotonic());
    await this.#clock.sleep(SECOND);
    if (this.failure !== undefined) {
      throw this.failure;
    }
    const named = [...chunks()].flatMap(({ results }) => results.map((one) => one.resources[0].name));
    this.reported.set(`${kind.kind} ${owner.metadata.name}`, named);
    return { written: named.length, deleted: 0 };
  };

  readonly remove = async (kind: Resource, { metadata: { name } }: ReportOwner) => {
    this.reported.delete(`${kind.kind} ${name}`);
  };

  readonly forget = (key: string) => {
    this.forgotten.push(key);
  };
}

let clock: VirtualClock;
let cluster: FakeReports;
let reports: ReportController;
let stop: AbortController;
let logged: { level: number; error?: string }[];
let events: string[];
let passes: ReportPass[];

function begin(options: Partial<ReportControllerOptions> = {}): void {
  reports = new ReportController({
    kinds: { installed: async () => cluster.kinds, forget: () => {} },
    writer: cluster,
    results: 'violations',
    userNames: false,
    interval: 30_000,
    events: {
      record: (...[regarding, type, reason, message]) => events.push(`${regarding.name} ${type} ${reason}: ${message}`),
    },
    clock,
    random: () => 0,
    log: pino({ level: 'info' }, { write: (line) => logged.push(JSON.parse(line)) }),
    stopping: stop.signal,
    onPass: (pass) => passes.push(pass),
    ...options,
  });
  void reports.work();
}

beforeEach(() => {
  clock = new VirtualClock();
  cluster = new FakeReports(clock);
  stop = new AbortController();
  logged = [];
  events = [];
  passes = [];
  begin();
});
afterEach(async () => {
  stop.abort();
  await clock.advance(MINUTE);
  expect(clock.sleeping(), 'remaining timers').toEqual([]);
});

/** Reports a run that finds Visio on these WorkSpaces, and that it was removed from the `compliant` ones. */
function enqueueRun(one: Policy, numbers: readonly number[], compliant: readonly number[] = []): void {
  const fleet = snapshot(
    [...numbers, ...compliant].map((n) => workspace(ws(n))),
    [
      ...numbers.map((n) => association(ws(n), VISIO)),
      ...compliant.map((n) => association(ws(n), VISIO, { state: 'REMOVED' })),
    ],
  );
  reports.enqueue(one, FLEET_LOCATION, assess(guardedPlan(one, [one], fleet, clock.now())));
}

function apiError(code: number | undefined, objectName?: string): ApiError {
  const access = { verb: 'patch', resource: REPORTS, namespace: 'desktops', name: 'wsap-first' } as const;
  return new ApiError(access, { code, text: 'no', objectName });
}

describe('after a failure', () => {
  test('that can pass, the reports are written after 1 s to 60 s, and after the interval', async () => {
    cluster.failure = apiError(undefined);
    stop.abort();
    stop = new AbortController();
    begin({ interval: 5 * SECOND });
    enqueueRun(FIRST, [1]);
    await clock.advance(5 * MINUTE);
    const delays = cluster.passes.slice(1).map((time, index) => time - (cluster.passes[index] ?? 0));
    // Each pass takes a second.
    expect(delays.slice(0, 8)).toEqual([6, 6, 6, 9, 17, 33, 61, 61].map((seconds) => seconds * SECOND));
  });

  test('with a demanded delay, the reports are written after it', async () => {
    cluster.failure = ApiError.ofResponse({ verb: 'patch', resource: REPORTS }, 429, '', '120');
    enqueueRun(FIRST, [1]);
    await clock.advance(119 * SECOND);
    expect(cluster.passes).toHaveLength(1);
    await clock.advance(10 * SECOND);
    expect(cluster.passes).toHaveLength(2);
  });
});

describe('the report controller', () => {
  test('reports the first run immediately, and the runs of the next 30 seconds once', async () => {
    enqueueRun(FIRST, [1, 2, 3]);
    await clock.advance(2 * SECOND);
    expect(cluster.reported.get('Report first')).toEqual([ws(1), ws(2), ws(3)]);
    enqueueRun(FIRST, [1, 2]);
    await clock.advance(10 * SECOND);
    enqueueRun(FIRST, [1]);
    await clock.advance(MINUTE);
    expect(cluster.reported.get('Report first')).toEqual([ws(1)]);
    expect(cluster.passes).toEqual([0, 30 * SECOND]);
  });

  test('reports a run that ends during a pass', async () => {
    enqueueRun(FIRST, [1, 2]);
    await clock.advance(SECOND / 2);
    enqueueRun(FIRST, [1]);
    await clock.advance(MINUTE);
    expect(cluster.reported.get('Report first')).toEqual([ws(1)]);
    expect(cluster.passes).toEqual([0, 30 * SECOND]);
  });

  test('makes no pass without a new run', async () => {
    enqueueRun(FIRST, [1]);
    await clock.advance(60 * MINUTE);
    expect(cluster.passes).toHaveLength(1);
  });

  test('reports one policy at a time', async () => {
    enqueueRun(FIRST, [1]);
    enqueueRun(policy('second'), [2]);
    await clock.advance(10 * SECOND);
    expect(cluster.passes).toEqual([0, SECOND]);
    expect([...cluster.reported.keys()]).toEqual(['Report first', 'Report second']);
  });
});

describe('reported results', () => {
  test('are only violations by default', async () => {
    enqueueRun(FIRST, [1], [2]);
    await clock.advance(MINUTE);
    expect(cluster.reported.get('Report first')).toEqual([ws(1)]);
  });

  test('are all results if configured', async () => {
    begin({ results: 'all' });
    enqueueRun(FIRST, [1], [2]);
    await clock.advance(MINUTE);
    expect(cluster.reported.get('Report first')).toEqual([ws(1), ws(2)]);
  });

  test('do not exist for a deleted policy', async () => {
    enqueueRun(FIRST, [1]);
    await clock.advance(SECOND / 2);
    enqueueRun(FIRST, [1, 2]);
    reports.forget(FIRST.key);
    await clock.advance(MINUTE);
    expect(cluster.passes).toHaveLength(1);
    expect(cluster.forgotten).toEqual([FIRST.key, FIRST.key]);
  });
});

describe('kinds of reports', () => {
  test('without a CRD, nothing is written or kept', async () => {
    cluster.kinds = [];
    enqueueRun(FIRST, [1]);
    await clock.advance(60 * MINUTE);
    expect(cluster.passes).toEqual([]);
    expect(passes).toEqual([{ policyKey: FIRST.key, outcome: 'NotInstalled' }]);
    expect([...logged, ...events]).toEqual([]);
  });

  test('after a CRD is installed, the next run is reported', async () => {
    cluster.kinds = [];
    enqueueRun(FIRST, [1]);
    await clock.advance(MINUTE);
    cluster.kinds = [POLICY_REPORTS];
    enqueueRun(FIRST, [1]);
    await clock.advance(MINUTE);
    expect(cluster.reported.get('PolicyReport first')).toEqual([ws(1)]);
  });

  test('with both CRDs, Reports are written and earlier PolicyReports deleted', async () => {
    cluster.reported.set('PolicyReport first', [ws(1)]);
    cluster.kinds = [REPORTS, POLICY_REPORTS];
    enqueueRun(FIRST, [1]);
    await clock.advance(MINUTE);
    expect([...cluster.reported.keys()]).toEqual(['Report first']);
  });

  test('after the CRD of Report is installed, the PolicyReports are deleted', async () => {
    cluster.kinds = [POLICY_REPORTS];
    enqueueRun(FIRST, [1]);
    await clock.advance(MINUTE);
    cluster.kinds = [REPORTS, POLICY_REPORTS];
    enqueueRun(FIRST, [1]);
    await clock.advance(MINUTE);
    expect([...cluster.reported.keys()]).toEqual(['Report first']);
  });

  test.each([
    ['is removed', 404],
    ['is being removed', 405],
  ])('the CRD %s meanwhile, that is no failure', async (_, code) => {
    cluster.failure = apiError(code);
    enqueueRun(FIRST, [1]);
    await clock.advance(60 * MINUTE);
    expect(cluster.passes).toHaveLength(1);
    expect([...logged, ...events]).toEqual([]);
  });
});

describe('a failure', () => {
  test('is reported once, with a fix, and retried with increasing delays', async () => {
    cluster.failure = apiError(403);
    enqueueRun(FIRST, [1]);
    await clock.advance(4 * MINUTE);
    expect(cluster.passes).toEqual([0, 31 * SECOND, 92 * SECOND, 213 * SECOND]);
    expect(logged).toMatchObject([{ level: 40, error: expect.stringContaining('grant the verb "patch"') }]);
    expect(events).toEqual([expect.stringMatching(/^first Warning ReportNotWritten: cannot patch .*grant the verb/)]);
    cluster.failure = undefined;
    await clock.advance(5 * MINUTE);
    expect(cluster.reported.get('Report first')).toEqual([ws(1)]);
    expect(logged.map(({ level }) => level)).toEqual([40, 30]);
  });

  test('is not retried earlier because of another run', async () => {
    cluster.failure = apiError(422);
    enqueueRun(FIRST, [1]);
    for (let minute = 0; minute < 60; minute++) {
      await clock.advance(MINUTE);
      enqueueRun(FIRST, [1, minute + 2]);
    }
    expect(cluster.passes.length).toBeLessThan(8);
  });

  test('is not retried earlier because of a run during the attempt', async () => {
    cluster.failure = apiError(403);
    enqueueRun(FIRST, [1]);
    await clock.advance(31.5 * SECOND);
    enqueueRun(FIRST, [1, 2]);
    await clock.advance(MINUTE);
    expect(cluster.passes).toEqual([0, 31 * SECOND]);
    await clock.advance(SECOND);
    expect(cluster.passes).toEqual([0, 31 * SECOND, 92 * SECOND]);
  });

  test('that affects all policies of a namespace is logged once', async () => {
    cluster.failure = apiError(403);
    enqueueRun(FIRST, [1]);
    enqueueRun(policy('second'), [1]);
    await clock.advance(10 * MINUTE);
    expect(logged).toHaveLength(1);
    expect(events).toHaveLength(2);
  });

  test('that is transient is reported only if it lasts', async () => {
    cluster.failure = apiError(undefined);
    enqueueRun(FIRST, [1]);
    await clock.advance(40 * SECOND);
    expect([...logged, ...events]).toEqual([]);
    await clock.advance(2 * MINUTE);
    expect([logged.length, events.length]).toEqual([1, 1]);
  });

  test('is not retried after the process stops', async () => {
    cluster.failure = apiError(403);
    enqueueRun(FIRST, [1]);
    stop.abort();
    await clock.advance(10 * MINUTE);
    expect([...logged, ...events]).toEqual([]);
  });
});
