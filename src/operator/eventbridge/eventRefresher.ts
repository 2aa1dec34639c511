import type { Logger } from 'pino';
import { withFlow } from '../../aws/flow.ts';
import { type Backoff, backoffDelay } from '../../backoff.ts';
import type { Clock } from '../../clock.ts';
import type { DeliveryHealth } from '../../eventbridge/deliveryHealth.ts';
import type { ReadSubject } from '../../eventbridge/eventNames.ts';
import type { RefreshSchedule, ScheduledMessage } from '../../eventbridge/refreshSchedule.ts';
import { FleetError } from '../../fleet/errors.ts';
import type { Workspace } from '../../fleet/model.ts';
import type { FleetReader } from '../../fleet/ports.ts';
import { isTransient } from '../../fleet/states.ts';
import type { AnnouncedReads } from '../../inventory/announcedReads.ts';
import { sanitize } from '../../sanitize.ts';
import type { EventHost, EventObserver } from './eventHost.ts';
import { IDLE_DELAY_MS, pause } from './eventReceiver.ts';
import type { MessageCalls } from './messageCalls.ts';

export interface EventRefresherOptions {
  readonly calls: MessageCalls;
  readonly schedule: RefreshSchedule;
  readonly health: DeliveryHealth;
  readonly reads: AnnouncedReads;
  /** Reader for single WorkSpaces, with precedence over listings. */
  readonly fleet: FleetReader;
  readonly host: EventHost;
  readonly observer: EventObserver;
  readonly clock: Clock;
  readonly log: Logger;
  /** Called after the health changed. */
  readonly onChanged: () => void;
}

/** Maximum delay until the listings are checked, in milliseconds. */
const CHECK_INTERVAL_MS = 30_000;
/** Delay before the queue delivers a message again whose reads failed. */
const REDELIVERY_BACKOFF: Backoff = { baseMs: 30_000, maxMs: 15 * 60_000 };
/** Flow of the requests in the line for tokens. No namespace has this name. */
const FLOW = '<events>';

/** Reads the WorkSpaces that events announce, enqueues their policies, and then deletes the messages. */
export class EventRefresher {
  readonly #options: EventRefresherOptions;
  #wake = new AbortController();

  constructor(options: EventRefresherOptions) {
    this.#options = options;
  }

  /** Ends the wait for the next read, because the schedule changed. */
  wake(): void {
    this.#wake.abort();
  }

  /** Reads until the signal is aborted. The queue then delivers the remaining messages to the next receiver. */
  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      this.#wake = new AbortController();
      await this.#checkListings();
      const hasRead = this.#options.host.isActive() && (await withFlow(FLOW, () => this.#refresh()));
      await this.#finish();
      if (!hasRead && !signal.aborted) {
        await this.#untilNext(signal);
      }
    }
  }

  /** Reads what is due. Returns whether anything was due. */
  async #refresh(): Promise<boolean> {
    const { schedule } = this.#options;
    const due = schedule.due(this.#now, this.#listingCalls);
    if (due === undefined) {
      return false;
    }
    await ('listing' in due ? this.#readAll() : this.#readEach(due.reads));
    return true;
  }

  async #readAll(): Promise<void> {
    const { schedule, reads, host, clock, log } = this.#options;
    const startedAt = clock.now();
    log.info({ workspaces: schedule.pending }, 'many events: reading the fleet instead of single WorkSpaces');
    if (await host.readAll(startedAt)) {
      this.#recordReads(undefined);
      reads.discardBefore(startedAt.getTime());
      // No policy required the tags and connections that were not read. Without a record, a later policy reads them.
      for (const [id, subject] of schedule.requested(['tags', 'connection'])) {
        reads.forgetBefore(id, subject, startedAt.getTime());
      }
      schedule.recordListing(startedAt.getTime(), this.#now);
      host.enqueueAll();
    } else {
      this.#recordReads('a read of the fleet failed; the policies of the fleet show the cause');
      await this.#redeliver(schedule.releaseAll(this.#now));
    }
  }

  /** Records the result of reads. The first failure is logged at a level that shows it, because each event is read again and again. */
  #recordReads(failure: string | undefined): void {
    const { health, log, onChanged } = this.#options;
    const isFirst = health.recordReads(failure, this.#now);
    if (failure !== undefined) {
      log[isFirst ? 'warn' : 'debug']({ error: sanitize(failure, 1024) }, 'reads of announced WorkSpaces failed');
    }
    onChanged();
  }

  async #readEach(due: ReadonlyMap<ReadSubject, readonly string[]>): Promise<void> {
    const { schedule, reads, fleet, host } = this.#options;
    const startedAt = this.#now;
    let failure: string | undefined;
    try {
      await reads.read(due, fleet);
    } catch (error) {
      if (!(error instanceof FleetError)) {
        throw error;
      }
      failure = error.message;
    }
    this.#recordReads(failure);
    const [read, failed] = [new Set<string>(), new Set<string>()];
    for (const [subject, ids] of due) {
      for (const id of ids) {
        const readAt = reads.readAt(id, subject) ?? Number.NEGATIVE_INFINITY;
        if (readAt >= startedAt) {
          read.add(id);
          schedule.recordRead(id, subject, startedAt);
          if (subject === 'workspace') {
            schedule.recordState(id, stateOf(reads.workspace(id)), startedAt);
          }
        } else {
          failed.add(id);
        }
      }
    }
    host.enqueue([...read].map((id) => this.#workspace(id)));
    await reads.forgetUnknown(due.get('workspace') ?? []);
    await this.#redeliver(schedule.release([...failed], this.#now));
  }

  /** Enqueues the policies of messages whose reads are recorded, and deletes the messages. */
  async #finish(): Promise<void> {
    const { schedule, host, calls, observer } = this.#options;
    const complete = schedule.takeComplete();
    if (complete.length === 0) {
      return;
    }
    const ids = new Set(complete.flatMap(({ reads }) => [...reads.keys()]));
    host.enqueue([...ids].map((id) => this.#workspace(id)));
    for (const { eventAt } of complete) {
      observer.onRefreshed(Math.max(0, this.#now - eventAt));
    }
    await calls.delete(complete.map(({ receiptHandle }) => receiptHandle));
  }

  /** Takes over what listings show: changes without an event, and WorkSpaces in a transient state. */
  async #checkListings(): Promise<void> {
    const { schedule, health, reads } = this.#options;
    for (const { workspaceID, since, listedAt } of await reads.takeChanges()) {
      health.recordListedChange(workspaceID, since, listedAt);
    }
    for (const { workspaceID, listedAt } of await reads.takeTransient()) {
      schedule.recordListedTransient(workspaceID, listedAt);
    }
  }

  async #redeliver(messages: readonly ScheduledMessage[]): Promise<void> {
    const byDelay = Map.groupBy(messages, ({ receiveCount }) =>
      Math.ceil(backoffDelay(REDELIVERY_BACKOFF, Math.max(0, receiveCount - 1)) / 1_000),
    );
    for (const [seconds, delayed] of byDelay) {
      await this.#options.calls.changeVisibility(
        delayed.map(({ receiptHandle }) => receiptHandle),
        seconds,
      );
    }
  }

  async #untilNext(signal: AbortSignal): Promise<void> {
    const { schedule, clock, host } = this.#options;
    // Reads that are due wait for the fleet, too.
    const dueIn = host.isActive() ? schedule.nextDue(this.#listingCalls) - this.#now : IDLE_DELAY_MS;
    const ms = Math.min(CHECK_INTERVAL_MS, Math.max(1, dueIn));
    await pause(ms, clock, AbortSignal.any([signal, this.#wake.signal]));
  }

  #workspace(workspaceID: string): Workspace {
    return this.#options.reads.workspace(workspaceID) ?? { workspaceID };
  }

  get #listingCalls(): number {
    const { reads, host } = this.#options;
    // Without policies, a listing reads nothing.
    return host.policyKeys().length === 0 ? Number.POSITIVE_INFINITY : (reads.listingCalls ?? Number.POSITIVE_INFINITY);
  }

  get #now(): number {
    return this.#options.clock.now().getTime();
  }
}

function stateOf(workspace: Workspace | undefined): 'Stable' | 'Transient' | 'Missing' {
  return workspace === undefined ? 'Missing' : isTransient(workspace.state) ? 'Transient' : 'Stable';
}
