import type { EventName } from '../../eventbridge/eventNames.ts';
import type { Workspace } from '../../fleet/model.ts';

/** What the events of a fleet need of the operator. */
export interface EventHost {
  /** Whether this replica reads the events of the fleet, because it owns the fleet and its AWS scope. */
  isActive(): boolean;
  /** Name of another fleet that reads the same queue. Undefined if this fleet may read it. */
  otherQueueReader(): string | undefined;
  /** Returns the keys of the policies of the fleet. */
  policyKeys(): readonly string[];
  /**
   * Reads everything that the policies of the fleet require, requested at `notBefore` or later. Resolves with whether the reads of all
   * policies succeeded, except of policies that are stalled until somebody fixes the cause.
   */
  readAll(notBefore: Date): Promise<boolean>;
  /** Enqueues the policies of the fleet that can select any of these WorkSpaces. */
  enqueue(workspaces: readonly Workspace[]): void;
  /** Enqueues all policies of the fleet. */
  enqueueAll(): void;
  /** Called when the events of the fleet start or stop to arrive. */
  onStateChanged(): void;
}

/** Result of a message. */
export type MessageResult = 'Refreshed' | 'OwnChange' | 'NotNeeded' | 'Ignored' | 'Malformed';

/** Observer of the messages of a fleet. */
export interface EventObserver {
  /** Called once for each message that is received, except for repeated deliveries that wait for reads already. */
  onMessage(event: EventName | 'Other', result: MessageResult): void;
  /** Called when a refresh is recorded, with the time since the event in milliseconds. */
  onRefreshed(delayMs: number): void;
}
