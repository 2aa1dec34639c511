import { pino } from 'pino';
import { beforeEach, expect, test } from 'vitest';
import { ApiError } from '../../src/kube/apiError.ts';
import { LEASES } from '../../src/kube/lease.ts';
import { ApiServerTrouble } from '../../src/operator/apiServerTrouble.ts';
import { VirtualClock } from '../fakes/clock.ts';

const SECOND = 1_000;
const ACCESS = { verb: 'update', resource: LEASES, namespace: 'wsap-system', name: 'wsap.ambient' } as const;
const unreachable = ApiError.unanswered(ACCESS, new Error('connect ECONNREFUSED 10.0.0.1:443'));
const answered = (code: number) => ApiError.ofResponse(ACCESS, code, '', undefined);

let clock: VirtualClock;
let lines: Record<string, unknown>[];
let trouble: ApiServerTrouble;

beforeEach(() => {
  clock = new VirtualClock();
  lines = [];
  trouble = new ApiServerTrouble(
    clock,
    pino({ base: null, timestamp: false }, { write: (line) => lines.push(JSON.parse(line)) }),
  );
});

test('of what fails while the API server is away, the first says so, and one a minute', async () => {
  expect(trouble.covers(unreachable)).toBe(false);
  for (let second = 1; second < 60; second++) {
    await clock.advance(SECOND);
    expect(trouble.covers(unreachable)).toBe(true);
  }
  await clock.advance(SECOND);
  expect(trouble.covers(unreachable)).toBe(false);
  expect(trouble.covers(unreachable)).toBe(true);
});

test.each([401, 429, 502, 503])('so it is where it answers %d', (code) => {
  expect(trouble.covers(answered(code))).toBe(false);
  trouble.answered({ code });
  expect(trouble.covers(answered(code))).toBe(true);
});

test.each([403, 404, 409, 422, 500])('a %d concerns that request alone', (code) => {
  trouble.covers(unreachable);
  expect(trouble.covers(answered(code))).toBe(false);
});

test('what has nothing to do with the API server is never covered', () => {
  trouble.covers(unreachable);
  expect(trouble.covers(new Error('an uncaught mistake'))).toBe(false);
});

test('once it answers again, that is told once, with how long it took', async () => {
  trouble.covers(unreachable);
  await clock.advance(61 * SECOND);
  trouble.covers(unreachable);
  trouble.answered({ code: undefined });
  trouble.answered({ code: 200 });
  trouble.answered({ code: 200 });
  expect(lines).toEqual([{ level: 30, seconds: 61, failures: 2, msg: 'the API server answers again' }]);
});

test('where it comes and goes, that is told once a minute', async () => {
  let told = 0;
  for (let second = 0; second < 180; second++) {
    told += trouble.covers(unreachable) ? 0 : 1;
    trouble.answered({ code: 200 });
    await clock.advance(SECOND);
  }
  expect(told).toBe(3);
  expect(lines).toHaveLength(3);
});
