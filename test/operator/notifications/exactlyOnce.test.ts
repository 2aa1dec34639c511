import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ApiError } from '../../../src/kube/apiError.ts';
import { PROVIDERS, type ProviderObject } from '../../../src/kube/resources.ts';
import type { DeliveryResult } from '../../../src/notifications/deliveryRecords.ts';
import type { ProviderReconciler } from '../../../src/operator/notifications/providerReconciler.ts';
import { fuzzRuns } from '../../fuzzRuns.ts';
import { noticeOf, waitingPolicy } from '../../notifications/policies.ts';
import { ProviderCluster } from './providerCluster.ts';

const POLICIES = ['a', 'b', 'c', 'd'];

/** What the receiver does with a request, and what the operator learns of it. */
const RESULTS = {
  Accepted: { isAccepted: true, result: { kind: 'Accepted' } },
  AcceptedWithoutResponse: { isAccepted: true, result: { kind: 'Unknown', message: 'reset' } },
  NoResponse: { isAccepted: false, result: { kind: 'Unknown', message: 'timed out' } },
  NoConnection: { isAccepted: false, result: { kind: 'Rejected', message: 'ECONNREFUSED' } },
  BadRequest: { isAccepted: false, result: { kind: 'Rejected', message: 'HTTP 400', isContent: true } },
  TooManyRequests: { isAccepted: false, result: { kind: 'Rejected', message: 'HTTP 429', retryAfterMs: 30_000 } },
} as const satisfies Record<string, { readonly isAccepted: boolean; readonly result: DeliveryResult }>;

const stepOf = fc.record({
  /** Process that holds the lease. */
  process: fc.nat(1),
  /** Whether that process was restarted before. */
  isRestarted: fc.boolean(),
  /** Whether the process has the object of its last run instead of the newest. */
  isStale: fc.boolean(),
  result: fc.constantFrom(...(Object.keys(RESULTS) as (keyof typeof RESULTS)[])),
  /** Number of the write that fails, and whether the API server wrote it. */
  failingWrite: fc.constantFrom(0, 0, 1, 2),
  isWritten: fc.boolean(),
  /** Bits of the policies whose plan waits. */
  waiting: fc.nat(15),
  advanceMs: fc.constantFrom(0, 5, 1_000, 15_000, 40 * 60_000),
});
type Step = ReturnType<(typeof stepOf)['generate']>['value'];

const LOST = () => ApiError.unanswered({ verb: 'patch', resource: PROVIDERS }, 'the connection was lost');

/** Runs the steps with a receiver that shows repetitions, and returns how often it accepted each notification, and the final states. */
async function run(steps: readonly Step[]) {
  const cluster = new ProviderCluster('slack', { maxMessagesPerHour: 3_600 });
  const accepted = new Map<string, number>();
  let outcome: keyof typeof RESULTS = 'Accepted';
  const start = () =>
    cluster.process({
      notifier: {
        send: async (_, { body }) => {
          const { isAccepted, result } = RESULTS[outcome];
          const names = POLICIES.filter((name) => JSON.parse(body).text.includes(`policy desktops/${name} `));
          for (const name of isAccepted ? names : []) {
            accepted.set(name, (accepted.get(name) ?? 0) + 1);
          }
          return result;
        },
      },
    });
  const processes: [ProviderReconciler, ProviderReconciler] = [start(), start()];
  const seen: (ProviderObject | undefined)[] = [undefined, undefined];
  const step = async ({ process, isRestarted, isStale, result, failingWrite, isWritten, waiting, advanceMs }: Step) => {
    await cluster.clock.advance(advanceMs);
    cluster.notices = POLICIES.filter((_, n) => (waiting & (1 << n)) !== 0).map((name) =>
      noticeOf(waitingPolicy(name)),
    );
    outcome = result;
    if (isRestarted) {
      processes[process] = start();
      seen[process] = undefined;
    }
    let writes = 0;
    cluster.beforeWrite = () => {
      writes++;
      if (writes === failingWrite && !isWritten) {
        throw LOST();
      }
    };
    cluster.afterWrite = () => {
      if (writes === failingWrite && isWritten) {
        throw LOST();
      }
    };
    const object = (isStale ? seen[process] : undefined) ?? cluster.object;
    const written = await processes[process === 0 ? 0 : 1].reconcile(object).then(
      (done) => done.object,
      () => cluster.object,
    );
    seen[process] = isStale ? seen[process] : written;
  };
  for (const one of steps) {
    await step(one);
  }
  for (let n = 0; n < 12; n++) {
    await step({
      process: 0,
      isRestarted: false,
      isStale: false,
      result: 'Accepted',
      failingWrite: 0,
      isWritten: false,
      waiting: 15,
      advanceMs: 60 * 60_000,
    });
  }
  return { accepted, states: cluster.states() };
}

describe('with any failures of the API server and the receiver, restarts, and changes of the lease', () => {
  test('a receiver that shows repetitions accepts no notification twice, and none waits forever', async () => {
    let lost = 0;
    const never = fc.asyncProperty(fc.array(stepOf, { maxLength: 15 }), async (steps) => {
      const { accepted, states } = await run(steps);
      expect([...accepted.values()].filter((count) => count > 1)).toEqual([]);
      expect(states).toHaveLength(POLICIES.length);
      expect(states.filter((state) => state !== 'Sent' && state !== 'Unknown')).toEqual([]);
      lost += POLICIES.length - accepted.size;
    });
    await fc.assert(never, fuzzRuns(300));
    // Otherwise, the property would only test messages without failures.
    expect(lost).toBeGreaterThan(10);
  });
});
