import { minimum } from '../compare.ts';
import { PAGE_SIZE } from '../fleet/ports.ts';
import type { ReadSubject } from './eventNames.ts';

/** Times of the requested reads of one subject, in milliseconds since the epoch. */
interface RequestedRead {
  /** Time of the next read. */
  first: number;
  /** Time from which a read answers all requests. */
  last: number;
}

interface RequestedWorkspace {
  readonly reads: Map<ReadSubject, RequestedRead>;
  /** IDs of the messages that wait for reads of the WorkSpace. */
  readonly messageIDs: Set<string>;
}

/** Reads of single WorkSpaces that messages require. All times are in milliseconds since the epoch. */
export class RequestedReads {
  readonly #limit: number;
  readonly #workspaces = new Map<string, RequestedWorkspace>();

  /** @param limit maximum number of WorkSpaces */
  constructor(limit: number) {
    this.#limit = limit;
  }

  /** IDs of the WorkSpaces. */
  get ids(): readonly string[] {
    return [...this.#workspaces.keys()];
  }

  /** Number of calls that all reads take. */
  get calls(): number {
    const counts: Record<ReadSubject, number> = { workspace: 0, associations: 0, tags: 0, connection: 0 };
    for (const { reads } of this.#workspaces.values()) {
      for (const subject of reads.keys()) {
        counts[subject]++;
      }
    }
    const { workspace, associations, tags, connection } = counts;
    return Math.ceil(workspace / PAGE_SIZE) + associations + tags + Math.ceil(connection / PAGE_SIZE);
  }

  /** Time of the first read. Infinity if there is none. */
  get first(): number {
    return minimum(this.#times().map(({ first }) => first));
  }

  /** Time from which reads answer all requests. Negative infinity if there are none. */
  get last(): number {
    return -minimum(this.#times().map(({ last }) => -last));
  }

  /** Whether the limit permits a read of a WorkSpace. */
  hasRoomFor(workspaceID: string): boolean {
    return this.#workspaces.has(workspaceID) || this.#workspaces.size < this.#limit;
  }

  /** Requests reads of a WorkSpace that start at `readyAt` or later, optionally for a message. */
  request(workspaceID: string, subjects: readonly ReadSubject[], readyAt: number, messageID?: string): void {
    const requested = this.#workspaces.get(workspaceID) ?? { reads: new Map(), messageIDs: new Set() };
    this.#workspaces.set(workspaceID, requested);
    for (const subject of subjects) {
      const { first, last } = requested.reads.get(subject) ?? { first: readyAt, last: readyAt };
      requested.reads.set(subject, { first: Math.min(first, readyAt), last: Math.max(last, readyAt) });
    }
    if (messageID !== undefined) {
      requested.messageIDs.add(messageID);
    }
  }

  /** Returns the WorkSpaces, and when the first read of each is due. */
  dueTimes(): (readonly [workspaceID: string, dueAt: number])[] {
    return [...this.#workspaces].map(([id, { reads }]) => [id, minimum([...reads.values()].map(({ first }) => first))]);
  }

  /** Returns the subjects of a WorkSpace whose reads are due. */
  dueSubjects(workspaceID: string, now: number): ReadSubject[] {
    const reads = this.#workspaces.get(workspaceID)?.reads ?? [];
    return [...reads].flatMap(([subject, { first }]) => (first <= now ? [subject] : []));
  }

  /** Returns the reads of these subjects. Defaults to all reads. */
  of<T extends ReadSubject>(subjects?: readonly T[]): (readonly [workspaceID: string, subject: T])[] {
    return [...this.#workspaces].flatMap(([id, { reads }]) =>
      (subjects ?? ([...reads.keys()] as T[]))
        .filter((subject) => reads.has(subject))
        .map((subject) => [id, subject] as const),
    );
  }

  /** Returns the messages that wait for reads of a WorkSpace. */
  messagesOf(workspaceID: string): readonly string[] {
    return [...(this.#workspaces.get(workspaceID)?.messageIDs ?? [])];
  }

  /** Records that all reads of a WorkSpace that a message requires are recorded. */
  removeMessage(workspaceID: string, messageID: string): void {
    this.#workspaces.get(workspaceID)?.messageIDs.delete(messageID);
  }

  /** Records a read. It answers the requests until its start. Returns whether it answered any. */
  record(workspaceID: string, subject: ReadSubject, startedAt: number): boolean {
    const reads = this.#workspaces.get(workspaceID)?.reads;
    const requested = reads?.get(subject);
    if (reads === undefined || requested === undefined || startedAt < requested.first) {
      return false;
    }
    if (startedAt >= requested.last) {
      reads.delete(subject);
    } else {
      requested.first = requested.last;
    }
    return true;
  }

  /** Removes a WorkSpace whose reads are all recorded. */
  removeIfRead(workspaceID: string): void {
    if (this.#workspaces.get(workspaceID)?.reads.size === 0) {
      this.remove(workspaceID);
    }
  }

  remove(workspaceID: string): void {
    this.#workspaces.delete(workspaceID);
  }

  clear(): void {
    this.#workspaces.clear();
  }

  #times(): RequestedRead[] {
    return [...this.#workspaces.values()].flatMap(({ reads }) => [...reads.values()]);
  }
}
