import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { EventQueue, QueueMessage } from '../../src/eventbridge/ports.ts';
import { kindOf } from './subject.ts';

/** Number of deliveries after which the queue of the contract gives up a message. */
export const SMALL_RECEIVE_COUNT = 3;

/** Implementation of the port, and the controls that the contract tests need. */
export interface EventQueueUnderTest extends AsyncDisposable {
  readonly queue: EventQueue;
  /** A queue that doesn't exist. */
  readonly missing: EventQueue;
  send(body: string): Promise<void>;
  /** Returns the bodies in the dead-letter queue. */
  deadLetters(): Promise<readonly string[]>;
  /** Deletes all messages of both queues. */
  purge(): Promise<void>;
  /** Lets time pass until a call that waits is complete. */
  settle<T>(call: Promise<T>): Promise<T>;
  /** Makes the next call fail because of its credentials. Undefined if the implementation checks none. */
  readonly rejectCredentials?: () => void;
  /** Makes the next call fail because of its permissions. Undefined if the implementation has none. */
  readonly denyAccess?: () => void;
}

/** Visibility timeout that a test waits for, in seconds. A busy machine makes the next call before it ends. */
const SHORT = 5;

const NEVER = new AbortController().signal;
const HANDLE_OF_NO_MESSAGE = 'AQEBwJnKyrHigUMZj6rYigCgxlaS3SLy0a';

/** Tests an implementation of EventQueue. `start` creates it once. */
export function describeEventQueue(name: string, start: () => Promise<EventQueueUnderTest>): void {
  describe(`the queue contract of ${name}`, () => {
    let subject: EventQueueUnderTest;
    beforeAll(async () => {
      subject = await start();
    });
    afterAll(async () => {
      await subject[Symbol.asyncDispose]();
    });
    beforeEach(async () => {
      await subject.purge();
    });

    /** Receives messages that are hidden for a minute unless `visibility` says otherwise. */
    const receive = ({ max = 10, wait = 0, visibility = 60 } = {}): Promise<readonly QueueMessage[]> =>
      subject.settle(
        subject.queue.receive({ maxMessages: max, waitSeconds: wait, visibilityTimeoutSeconds: visibility }, NEVER),
      );
    const receiveOne = async (options: { wait?: number; visibility?: number } = {}): Promise<QueueMessage> => {
      const messages = await receive({ ...options, max: 1 });
      expect(messages).toHaveLength(1);
      return messages[0] as QueueMessage;
    };

    test('a message arrives with its text, its time, and the number of its deliveries', async () => {
      const body = '{"text": "Zürich \\u0001 <&> 🚀"}';
      await subject.send(body);
      const message = await receiveOne();
      expect(message).toMatchObject({ body, receiveCount: 1, messageID: expect.stringMatching(/./) });
      expect(message.receiptHandle).not.toBe('');
      expect(message.sentAt).toBeInstanceOf(Date);
    });

    test('a received message is hidden, and arrives again after its visibility timeout', async () => {
      await subject.send('again');
      const first = await receiveOne({ visibility: SHORT });
      expect(await receive()).toEqual([]);
      const second = await receiveOne({ wait: 20 });
      expect(second).toMatchObject({ messageID: first.messageID, body: 'again', receiveCount: 2 });
      expect(second.receiptHandle).not.toBe(first.receiptHandle);
    });

    test('a deleted message does not arrive again', async () => {
      await subject.send('deleted');
      const { receiptHandle } = await receiveOne({ visibility: SHORT });
      await subject.queue.delete([receiptHandle]);
      expect(await receive({ wait: SHORT + 2 })).toEqual([]);
    });

    test('a handle that expired, was used, or belongs to no message is not an error', async () => {
      await subject.send('slow');
      const first = await receiveOne({ visibility: 1 });
      const second = await receiveOne({ wait: 20 });
      await subject.queue.delete([first.receiptHandle, HANDLE_OF_NO_MESSAGE]);
      await subject.queue.delete([second.receiptHandle]);
      await subject.queue.delete([second.receiptHandle]);
      await subject.queue.changeVisibility([first.receiptHandle, second.receiptHandle, HANDLE_OF_NO_MESSAGE], 1);
      expect(await receive({ wait: 2 })).toEqual([]);
    });

    test('a handle that expired does not prevent the deletion of other messages', async () => {
      await subject.send('kept');
      const { receiptHandle } = await receiveOne({ visibility: 60 });
      await subject.queue.delete([HANDLE_OF_NO_MESSAGE, receiptHandle]);
      await subject.queue.changeVisibility([receiptHandle], 0);
      expect(await receive()).toEqual([]);
    });

    test('a visibility timeout of 0 makes a message visible immediately', async () => {
      await subject.send('returned');
      const { messageID, receiptHandle } = await receiveOne();
      await subject.queue.changeVisibility([receiptHandle], 0);
      expect(await receiveOne({ wait: 20 })).toMatchObject({ messageID, receiveCount: 2 });
    });

    test('a longer visibility timeout keeps a message hidden', async () => {
      await subject.send('held');
      const { receiptHandle } = await receiveOne({ visibility: SHORT });
      await subject.queue.changeVisibility([receiptHandle], 60);
      expect(await receive({ wait: SHORT + 2 })).toEqual([]);
    });

    test('any number of messages can be hidden and deleted at once', async () => {
      const bodies = Array.from({ length: 23 }, (_, index) => `message ${index}`);
      for (const body of bodies) {
        await subject.send(body);
      }
      const received = new Map<string, string>();
      while (received.size < bodies.length) {
        const messages = await receive({ wait: 20 });
        expect(messages.length).toBeGreaterThan(0);
        expect(messages.length).toBeLessThanOrEqual(10);
        for (const { body, receiptHandle } of messages) {
          received.set(body, receiptHandle);
        }
      }
      expect([...received.keys()].sort()).toEqual([...bodies].sort());
      await subject.queue.changeVisibility([...received.values()], 60);
      await subject.queue.delete([...received.values()]);
      await subject.queue.changeVisibility([...received.values()], 0);
      expect(await receive()).toEqual([]);
    });

    test('a call without handles does nothing', async () => {
      await subject.queue.delete([]);
      await subject.queue.changeVisibility([], 0);
    });

    test('an empty queue returns no messages, immediately or after the long poll', async () => {
      expect(await receive()).toEqual([]);
      expect(await receive({ wait: 1 })).toEqual([]);
    });

    test('a long poll ends with the first message', async () => {
      const receiving = receive({ wait: 20 });
      await subject.send('first');
      expect((await receiving).map(({ body }) => body)).toEqual(['first']);
    });

    test('an aborted long poll is canceled, and takes no message', async () => {
      const controller = new AbortController();
      const options = { maxMessages: 10, waitSeconds: 20, visibilityTimeoutSeconds: 60 };
      const receiving = kindOf(subject.queue.receive(options, controller.signal));
      controller.abort();
      expect(await receiving).toBe('Canceled');
      await subject.send('later');
      expect((await receiveOne({ wait: 20 })).body).toBe('later');
    });

    test('a message that nobody deletes moves to the dead-letter queue', async () => {
      await subject.send('poison');
      for (let delivery = 1; delivery <= SMALL_RECEIVE_COUNT; delivery += 1) {
        const { receiptHandle, receiveCount } = await receiveOne({ wait: 20 });
        expect(receiveCount).toBe(delivery);
        await subject.queue.changeVisibility([receiptHandle], 0);
      }
      expect(await receive()).toEqual([]);
      expect(await subject.deadLetters()).toEqual(['poison']);
    });

    test('a missing queue is ResourceNotFound', async () => {
      const options = { maxMessages: 1, waitSeconds: 0, visibilityTimeoutSeconds: 1 };
      expect(await kindOf(subject.missing.receive(options, NEVER))).toBe('ResourceNotFound');
      expect(await kindOf(subject.missing.delete([HANDLE_OF_NO_MESSAGE]))).toBe('ResourceNotFound');
      expect(await kindOf(subject.missing.changeVisibility([HANDLE_OF_NO_MESSAGE], 1))).toBe('ResourceNotFound');
    });

    describe.each([
      ['missing credentials are Unauthenticated', 'rejectCredentials', 'Unauthenticated'],
      ['missing permissions are AccessDenied', 'denyAccess', 'AccessDenied'],
    ] as const)('a call', (title, control, kind) => {
      test(`whose ${title} does not affect the next call`, async ({ skip }) => {
        const fail = subject[control];
        if (fail === undefined) {
          skip(`${name} checks none`);
          return;
        }
        fail();
        const options = { maxMessages: 1, waitSeconds: 0, visibilityTimeoutSeconds: 1 };
        expect(await kindOf(subject.queue.receive(options, NEVER))).toBe(kind);
        expect(await receive()).toEqual([]);
      });
    });
  });
}
