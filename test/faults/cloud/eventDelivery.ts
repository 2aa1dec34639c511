import type { EventQueue, QueueMessage, ReceiveOptions } from '../../../src/eventbridge/ports.ts';
import { LISTING_RECEIVE_COUNT, MAX_RECEIVE_COUNT } from '../../../src/eventbridge/receiveCounts.ts';
import { FleetError } from '../../../src/fleet/errors.ts';
import { seededRandom } from '../../../src/simulator/random.ts';
import { callEvent } from '../../eventbridge/samples.ts';
import type { ActiveFaults } from '../faults.ts';
import type { SimulatedProcess } from '../process.ts';
import type { EventFaults } from '../schedule.ts';
import type { SimulatedTime } from '../time.ts';

/** Call that an event describes. */
export interface DescribedCall {
  readonly name: string;
  readonly workspaceID: string;
  /** ID of the WorkSpace that a migration creates. AWS reports it in the response elements of the same event. */
  readonly newID?: string | undefined;
}

/** A message of the queue, and the event that it contains. */
export interface DeliveredEvent extends DescribedCall {
  /** Time of the event, in milliseconds from the start. */
  readonly at: number;
  /** Request ID of the call. Undefined if nobody made it: the event is forged. */
  readonly requestID: string | undefined;
}

interface StoredMessage extends DeliveredEvent {
  readonly messageID: string;
  readonly body: string;
  visibleAt: number;
  receiveCount: number;
}

export interface EventDeliveryParts {
  readonly time: SimulatedTime;
  readonly faults: ActiveFaults;
  readonly eventFaults: EventFaults;
  readonly seed: number;
  readonly account: { readonly accountID: string; readonly region: string };
  /** Called when a process reads the queue. */
  readonly onRead: (process: SimulatedProcess) => void;
  /** Called when a process deletes a message, which it must not do before it has read the WorkSpace. */
  readonly onDeleted: (process: SimulatedProcess, event: DeliveredEvent) => void;
}

/** Usual time from a call until its event is in the queue (ms). */
const DELIVERY_MS = { least: 500, most: 5_000 };
const CALL_MS = 30;

/** Events of AWS, and the queue that receives them: lost, late, duplicated, and out of order, as the schedule demands. */
export class EventDelivery {
  readonly #parts: EventDeliveryParts;
  readonly #random: () => number;
  /** Apart from the other random numbers, so that messages with earlier deliveries arrive when they would without. */
  readonly #randomOfDeliveries: () => number;
  readonly #messages = new Map<string, StoredMessage>();
  #waiters: (() => void)[] = [];
  #sent = 0;

  constructor(parts: EventDeliveryParts) {
    this.#parts = parts;
    this.#random = seededRandom(parts.seed ^ 0x2545f491);
    this.#randomOfDeliveries = seededRandom(parts.seed ^ 0x61c88647);
  }

  /** Publishes the event of a call. Without a request ID, the event is forged. */
  publish(call: DescribedCall, requestID?: string): void {
    const { eventFaults, faults, time } = this.#parts;
    const isFaulty = !faults.isOver;
    const canBeLost = isFaulty && time.elapsed >= (eventFaults.lostFrom ?? 0);
    if (canBeLost && requestID !== undefined && this.#random() < eventFaults.lost) {
      return;
    }
    const copies = isFaulty && this.#random() < eventFaults.duplicated ? 2 : 1;
    for (let copy = 0; copy < copies; copy++) {
      this.#send(call, requestID, isFaulty && this.#random() < eventFaults.late ? eventFaults.delayMs : 0);
    }
  }

  #send(call: DescribedCall, requestID: string | undefined, extraMs: number): void {
    const { name, workspaceID, newID } = call;
    const { time, account } = this.#parts;
    const number = ++this.#sent;
    const at = time.elapsed;
    const eventTime = new Date(time.now).toISOString();
    const list = [{ workspaceId: workspaceID }];
    const request = {
      workspaceId: workspaceID,
      resourceId: workspaceID,
      sourceWorkspaceId: workspaceID,
      rebuildWorkspaceRequests: list,
      terminateWorkspaceRequests: list,
    };
    const body = JSON.stringify(
      callEvent(
        name,
        request,
        newID === undefined ? null : { sourceWorkspaceId: workspaceID, targetWorkspaceId: newID },
        {
          eventTime,
          requestID: requestID ?? `forged-${number}`,
          awsRegion: account.region,
          recipientAccountId: account.accountID,
        },
        { id: `event-${number}`, time: eventTime, account: account.accountID, region: account.region },
      ),
    );
    const delay =
      DELIVERY_MS.least + this.#random() * (DELIVERY_MS.most - DELIVERY_MS.least) + this.#random() * extraMs;
    const isRedelivered = this.#randomOfDeliveries() < (this.#parts.eventFaults.redelivered ?? 0);
    const receiveCount = isRedelivered ? LISTING_RECEIVE_COUNT - 1 : 0;
    time.after(delay, () => {
      const messageID = `message-${number}`;
      const visibleAt = time.elapsed;
      this.#messages.set(messageID, { ...call, at, requestID, messageID, body, visibleAt, receiveCount });
      this.#notify();
    });
  }

  /** Returns the queue as a process reaches it. */
  queueOf(process: SimulatedProcess, boundary: (process: SimulatedProcess) => boolean): EventQueue {
    const call = <T>(work: () => T, signal?: AbortSignal): Promise<T> =>
      new Promise((resolve, reject) => {
        if (!process.isAlive || boundary(process)) {
          return;
        }
        const { time, faults } = this.#parts;
        time.after(CALL_MS, () => {
          const fault = faults.hit('ServerError') ?? faults.hit('QueueUnavailable');
          const isRefused = fault !== undefined || signal?.aborted === true;
          const result = isRefused ? undefined : work();
          process.deliver(() => {
            if (isRefused) {
              reject(new FleetError({ kind: 'Unavailable', operation: 'ReceiveMessage', reason: 'injected' }));
            } else {
              resolve(result as T);
            }
          });
        });
      });
    return {
      receive: async (options, signal) => {
        await this.#untilVisible(options.waitSeconds, process, signal);
        return call(() => {
          this.#parts.onRead(process);
          return this.#take(options);
        }, signal);
      },
      delete: (handles) => (handles.length === 0 ? Promise.resolve() : call(() => this.#delete(process, handles))),
      changeVisibility: (handles, seconds) => call(() => this.#hide(handles, seconds)),
    };
  }

  /** Resolves when a message is visible, the time has passed, or the signal is aborted. */
  #untilVisible(seconds: number, process: SimulatedProcess, signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      let isDone = false;
      const finish = () => {
        if (!isDone) {
          isDone = true;
          cancel();
          process.deliver(resolve);
        }
      };
      const cancel = this.#parts.time.after(seconds * 1_000, finish);
      signal.addEventListener('abort', finish, { once: true });
      if (this.#visible().length > 0) {
        this.#parts.time.after(1, finish);
      } else {
        this.#waiters.push(finish);
      }
    });
  }

  #notify(): void {
    for (const wake of this.#waiters.splice(0)) {
      wake();
    }
  }

  #visible(): StoredMessage[] {
    const now = this.#parts.time.elapsed;
    return [...this.#messages.values()].filter(({ visibleAt }) => visibleAt <= now);
  }

  #take({ maxMessages, visibilityTimeoutSeconds }: ReceiveOptions): QueueMessage[] {
    return this.#visible()
      .slice(0, maxMessages)
      .flatMap((message) => {
        if (++message.receiveCount > MAX_RECEIVE_COUNT) {
          this.#messages.delete(message.messageID);
          return [];
        }
        this.#hideOne(message, visibilityTimeoutSeconds);
        const { messageID, body, receiveCount } = message;
        return [{ messageID, receiptHandle: `${messageID}/${receiveCount}`, body, sentAt: undefined, receiveCount }];
      });
  }

  #delete(process: SimulatedProcess, handles: readonly string[]): void {
    for (const message of this.#withHandles(handles)) {
      this.#messages.delete(message.messageID);
      this.#parts.onDeleted(process, message);
    }
  }

  #hide(handles: readonly string[], seconds: number): void {
    for (const message of this.#withHandles(handles)) {
      this.#hideOne(message, seconds);
    }
  }

  #hideOne(message: StoredMessage, seconds: number): void {
    message.visibleAt = this.#parts.time.elapsed + seconds * 1_000;
    this.#parts.time.after(seconds * 1_000, () => this.#notify());
  }

  #withHandles(handles: readonly string[]): StoredMessage[] {
    const given = new Set(handles);
    return [...this.#messages.values()].filter((one) => given.has(`${one.messageID}/${one.receiveCount}`));
  }
}
