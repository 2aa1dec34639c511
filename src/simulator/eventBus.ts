import type { Clock } from '../clock.ts';
import type { Account } from './accessDenied.ts';
import { accessEvent, type BusEvent, type Caller, callEvent, type RecordedCall } from './cloudTrail.ts';
import type { Faults } from './faults.ts';
import type { SimulatedQueue } from './simulatedQueue.ts';
import type { JsonObject } from './validate.ts';

/** Action of a console user, by the call that the console makes, or a login of a user. */
export type ConsoleAction =
  | { readonly operation: string; readonly input: JsonObject; readonly output?: JsonObject }
  | { readonly login: { readonly workspaceID: string; readonly directoryID: string } };

export interface EventBusOptions {
  readonly account: Account;
  /** Queues that receive each event. */
  readonly queues: readonly SimulatedQueue[];
  readonly faults: Pick<Faults, 'strikeEvent'>;
  readonly clock: Clock;
}

/**
 * EventBridge with a rule that sends the events of WorkSpaces to queues. Events arrive immediately and in order, unless a fault loses, delays,
 * or duplicates them. AWS delivers them minutes later.
 */
export class EventBus {
  readonly #options: EventBusOptions;
  #count = 0;
  #actions = 0;

  constructor(options: EventBusOptions) {
    this.#options = options;
  }

  /** Publishes the event of a change through the API. */
  publishCall(call: RecordedCall): void {
    this.#publish((number, time) => callEvent(this.#options.account, call, number, time));
  }

  /** Publishes the event of an action outside the simulated API. */
  publishAction(action: ConsoleAction): void {
    const { account } = this.#options;
    if ('login' in action) {
      this.#publish((number, time) => accessEvent(account, action.login, number, time));
      return;
    }
    this.#actions += 1;
    const requestID = `00000000-0000-4000-9000-${String(this.#actions).padStart(12, '0')}`;
    this.publishCall({ ...action, requestID, caller: consoleUser(account) });
  }

  #publish(create: (number: number, time: Date) => BusEvent): void {
    const { queues, faults, clock } = this.#options;
    if (queues.length === 0) {
      return;
    }
    this.#count += 1;
    const event = create(this.#count, clock.now());
    const fault = faults.strikeEvent(event);
    if (fault?.fault === 'LoseEvent') {
      return;
    }
    const delayMs = fault?.delayMs ?? 0;
    const body = JSON.stringify(event.body);
    for (const queue of queues) {
      if (fault?.fault === 'DuplicateEvent') {
        queue.send(body);
      }
      queue.send(body, delayMs);
    }
  }
}

function consoleUser({ accountID }: Account): Caller {
  return {
    arn: `arn:aws:sts::${accountID}:assumed-role/Administrator/console`,
    userID: 'AROASIMULATED0000001:console',
    userAgent: 'AWS Internal',
  };
}
