import { pino } from 'pino';
import { beforeEach, expect, test } from 'vitest';
import { ApiError } from '../../src/kube/apiError.ts';
import { LEASES } from '../../src/kube/lease.ts';
import { OutageLog } from '../../src/operator/apiServerOutage.ts';
import { VirtualClock } from '../fakes/clock.ts';

const SECOND = 1_000;
const ACCESS = { verb: 'update', resource: LEASES, namespace: 'wsap-system', name: 'wsap.ambient' } as const;
const unreachable = ApiError.unanswered(ACCESS, new Error('connect ECONNREFUSED 10.0.0.1:443'));
const errorWith = (code: number) => ApiError.ofResponse(ACCESS, code, '', undefined);

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

test('logs the first error of an outage and one per minute', async () => {
  expect(outages.suppresses(unreachable)).toBe(false);
  for (let second = 1; second < 60; second++) {
    await clock.advance(SECOND);
    expect(outages.suppresses(unreachable)).toBe(true);
  }
  await clock.advance(SECOND);
  expect(outages.suppresses(unreachable)).toBe(false);
  expect(outages.suppresses(unreachable)).toBe(true);
});

test.each([401, 429, 502, 503])('treats the status %d as an outage', (code) => {
  expect(outages.suppresses(errorWith(code))).toBe(false);
  outages.onResponse({ code });
  expect(outages.suppresses(errorWith(code))).toBe(true);
});

test.each([403, 404, 409, 422, 500])('treats the status %d as an error of one request', (code) => {
  outages.suppresses(unreachable);
  expect(outages.suppresses(errorWith(code))).toBe(false);
});

test('never suppresses errors that don’t come from the API server', () => {
  outages.suppresses(unreachable);
  expect(outages.suppresses(new Error('an uncaught mistake'))).toBe(false);
});

test('logs the end of an outage once with its duration', async () => {
  outages.suppresses(unreachable);
  await clock.advance(61 * SECOND);
  outages.suppresses(unreachable);
  outages.onResponse({ code: undefined });
  outages.onResponse({ code: 200 });
  outages.onResponse({ code: 200 });
  expect(lines).toEqual([{ level: 30, seconds: 61, failures: 2, msg: 'the API server is reachable again' }]);
});

test('logs once per minute if the API server is reachable intermittently', async () => {
  let logged = 0;
  for (let second = 0; second < 180; second++) {
    logged += outages.suppresses(unreachable) ? 0 : 1;
    outages.onResponse({ code: 200 });
    await clock.advance(SECOND);
  }
  expect(logged).toBe(3);
  expect(lines).toHaveLength(3);
});
