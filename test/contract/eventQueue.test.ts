import { SqsEventQueue } from '../../src/aws/eventQueue.ts';
import { seedFrom } from '../../src/simulator/seed.ts';
import { startSimulator } from '../../src/simulator/start.ts';
import { VirtualClock } from '../fakes/clock.ts';
import { FakeEventQueue } from '../fakes/eventQueue.ts';
import { describeEventQueue, SMALL_RECEIVE_COUNT } from './eventQueue.contract.ts';
import { queueClient } from './queueClient.ts';

/** Lets virtual time pass until a call is complete. */
async function settle<T>(clock: VirtualClock, call: Promise<T>): Promise<T> {
  let isPending = true;
  const done = call.finally(() => {
    isPending = false;
  });
  done.catch(() => {});
  while (isPending) {
    await new Promise((resolve) => setTimeout(resolve, 1));
    // A call over HTTP sleeps only after its request arrived.
    if (isPending && clock.sleeping().length > 0) {
      await clock.advance(500);
    }
  }
  return done;
}

describeEventQueue('the fake', async () => {
  const queue = new FakeEventQueue({ maxReceiveCount: SMALL_RECEIVE_COUNT });
  const missing = new FakeEventQueue();
  missing.failAlways('ResourceNotFound');
  return {
    queue,
    missing,
    send: async (body) => queue.send(body),
    deadLetters: async () => queue.deadLetters.messages.map(({ body }) => body),
    purge: async () => queue.purge(),
    settle: (call) => settle(queue.clock, call),
    rejectCredentials: () => queue.failNext('receive', 'Unauthenticated'),
    denyAccess: () => queue.failNext('receive', 'AccessDenied'),
    [Symbol.asyncDispose]: async () => {},
  };
});

describeEventQueue('the SDK adapter over the simulator', async () => {
  const clock = new VirtualClock();
  const queues = [
    { name: 'events', deadLetterQueue: 'dead-letters', maxReceiveCount: SMALL_RECEIVE_COUNT },
    { name: 'dead-letters' },
  ];
  const simulator = await startSimulator({ seed: seedFrom({ applications: [], queues }), clock });
  const api = queueClient(simulator.url, clock);
  const [events, deadLetters] = ['events', 'dead-letters'].map((name) => simulator.queues.get(name));
  const urlOf = (name: string) => `https://sqs.eu-central-1.amazonaws.com/123456789012/${name}`;
  const failNext = (fault: 'AccessDenied' | 'Exception') =>
    simulator.faults.add({
      fault,
      operation: 'ReceiveMessage',
      times: 1,
      ...(fault === 'Exception' && { exception: 'ExpiredTokenException' }),
    });
  return {
    queue: new SqsEventQueue(api, urlOf('events')),
    missing: new SqsEventQueue(api, urlOf('missing')),
    send: async (body) => {
      events?.send(body);
    },
    deadLetters: async () => deadLetters?.messages.map(({ body }) => body) ?? [],
    purge: async () => {
      events?.purge();
      deadLetters?.purge();
    },
    settle: (call) => settle(clock, call),
    rejectCredentials: () => failNext('Exception'),
    denyAccess: () => failNext('AccessDenied'),
    [Symbol.asyncDispose]: () => simulator.close(),
  };
});
