import { expect, test } from 'vitest';
import type { DeliveryState } from '../../src/eventbridge/deliveryHealth.ts';
import type { FleetObject } from '../../src/kube/resources.ts';
import type { FleetRuntime } from '../../src/operator/fleetRuntime.ts';
import { FleetStatusReporter } from '../../src/operator/fleetStatusReporter.ts';
import { FleetStore } from '../../src/operator/fleetStore.ts';
import { StatusCache } from '../../src/operator/statusCache.ts';
import { type FleetStatus, fleetStatusChanged } from '../../src/status/fleetStatus.ts';
import { fleetObject } from '../builders.ts';
import { VirtualClock } from '../fakes/clock.ts';

const QUEUE_URL = 'https://sqs.eu-central-1.amazonaws.com/123456789012/wsap-events';

/** Writes the status of a fleet once for each state. Returns the recorded Events. */
async function eventsOf(
  states: readonly DeliveryState[],
  isWritten: (index: number) => boolean = () => true,
): Promise<string[]> {
  const clock = new VirtualClock();
  let object = fleetObject('emea', { events: { queueURL: QUEUE_URL } }) as unknown as FleetObject;
  let index = 0;
  const fleetStore = new FleetStore(undefined);
  fleetStore.put(object);
  const recorded: string[] = [];
  const reporter = new FleetStatusReporter({
    fleetStore,
    runtime: () => {
      const events = {
        view: { delivery: states[index], otherQueueReader: undefined, pendingRefreshes: 0 },
      };
      return { quota: { counts: () => [] }, events } as unknown as FleetRuntime;
    },
    fleetUsage: { policyCount: () => 1 },
    statusCache: new StatusCache<FleetStatus>({
      writer: {
        apply: async (_, status) => {
          if (!isWritten(index)) {
            return 'GivenUp';
          }
          object = { ...object, status } as FleetObject;
          return object;
        },
      },
      informer: { get: () => object },
      clock,
      stopping: new AbortController().signal,
      statusChanged: fleetStatusChanged,
    }),
    owned: () => ({ mayWriteStatus: true }),
    events: { record: (_, type, reason, message) => void recorded.push(`${type} ${reason} ${message}`) },
    clock,
  });
  for (; index < states.length; index++) {
    await reporter.write('emea');
  }
  return recorded;
}

const missing = { status: 'False', reason: 'QueueNotFound', cause: "the queue doesn't exist" } as const;
const receiving = { status: 'True', reason: 'Receiving', cause: undefined } as const;

test('records Events when events stop to arrive and arrive again, each once', async () => {
  expect(await eventsOf([receiving, missing, missing, receiving])).toEqual([
    expect.stringMatching(/^Warning QueueNotFound the queue doesn't exist; /),
    expect.stringMatching(/^Normal Receiving events arrive/),
  ]);
});

test('records no Event for a status that was not written', async () => {
  expect(await eventsOf([receiving, missing, missing], (index) => index !== 1)).toHaveLength(1);
});
