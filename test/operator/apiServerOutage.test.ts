import { pino } from 'pino';
import { beforeEach, expect, test } from 'vitest';
import { ApiError } from '../../src/kube/apiError.ts';
import { LEASES } from '../../src/kube/lease.ts';
import { OutageLog } from '../../src/operator/apiServerOutage.ts';
import { VirtualClock } from '../fakes/clock.ts';

const SECOND = 1_000;
const ACCESS = { verb: 'update', resource: LEASES, namespace: 'wsap-system', name: 'wsap.ambient' } as const;
const unreachable = ApiError.unanswered(ACCESS, new Error('connect ECONNREFUSED 10.0.0.1:443'));
const answered = (code: number) => ApiError.ofResponse(ACCESS, code, '', undefined);

let clock: VirtualClock;
let lines: Record<string, unknown>[];
let outages: OutageLog;

beforeEach(() => {
  clock = new VirtualClock();
  lines = [];
  outages = new OutageLog(
    clock,
    pino({ base: null, timestamp: false }, { write: (line) => lines.push(JSON.parse(line)) }),
  );
});

test('of what fails while the API server is away, the first says so, and one a minute', async () => {
  expect(outages.suppresses(unreachable)).toBe(false);
  for (let second = 1; second < 60; second++) {
    await clock.advance(SECOND);
    expect(outages.suppresses(unreachable)).toBe(true);
  }
  await clock.advance(SECOND);
  expect(outages.suppresses(unreachable)).toBe(false);
  expect(outages.suppresses(unreachable)).toBe(true);
});

test.each([401, 429, 502, 503])('so it is where it answers %d', (code) => {
  expect(outages.suppresses(answered(code))).toBe(false);
  outages.answered({ code });
  expect(outages.suppresses(answered(code))).toBe(true);
});

test.each([403, 404, 409, 422, 500])('a %d concerns that request alone', (code) => {
  outages.suppresses(unreachable);
  expect(outages.suppresses(answered(code))).toBe(false);
});

test('what has nothing to do with the API server is never covered', () => {
  outages.suppresses(unreachable);
  expect(outages.suppresses(new Error('an uncaught mistake'))).toBe(false);
});

test('once it answers again, that is told once, with how long it took', async () => {
  outages.suppresses(unreachable);
  await clock.advance(61 * SECOND);
  outages.suppresses(unreachable);
  outages.answered({ code: undefined });
  outages.answered({ code: 200 });
  outages.answered({ code: 200 });
  expect(lines).toEqual([{ level: 30, seconds: 61, failures: 2, msg: 'the API server answers again' }]);
});

test('where it comes and goes, that is told once a minute', async () => {
  let told = 0;
  for (let second = 0; second < 180; second++) {
    told += outages.suppresses(unreachable) ? 0 : 1;
    outages.answered({ code: 200 });
    await clock.advance(SECOND);
  }
  expect(told).toBe(3);
  expect(lines).toHaveLength(3);
});
