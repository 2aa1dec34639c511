import type { Clock } from '../clock.ts';
import { FleetError } from '../fleet/errors.ts';
import type { Listing } from './observationOverlay.ts';

/** How long a failed read is the answer for everybody, in milliseconds, so that a thousand policies don't repeat it at once. */
const FAILURE_AGE = 5_000;

/** How long a listing is kept at least, in milliseconds: longer than any takes. */
const KEPT = 60 * 60_000;

interface Asked<T> {
  readonly askedAt: number;
  readonly answer: Promise<Listing<T> | FleetError>;
  /** Milliseconds since the epoch; undefined while there is no answer, and if it is a good one. */
  failedAt: number | undefined;
}

interface Entry<T> {
  /** The last that was answered. */
  good: Listing<T> | undefined;
  /** The last that was asked for. */
  asked: Asked<T> | undefined;
  /** Milliseconds since the epoch. */
  neededUntil: number;
}

/** Listings by name: each is asked for once for all who need it, and a failure takes nothing from those whom an older one serves. */
export class ListCache {
  readonly #clock: Clock;
  readonly #entries = new Map<string, Entry<unknown>>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** The listing of this name that was asked for at `since` or later; what `read` answers if there is none yet. */
  async get<T>(name: string, since: number, read: () => Promise<T[]>): Promise<Listing<T> | FleetError> {
    const now = this.#clock.now().getTime();
    const entry = (this.#entries.get(name) ?? { good: undefined, asked: undefined, neededUntil: 0 }) as Entry<T>;
    this.#entries.set(name, entry as Entry<unknown>);
    entry.neededUntil = Math.max(entry.neededUntil, now + 2 * (now - since) + KEPT);
    if (entry.good !== undefined && entry.good.askedAt >= since) {
      return entry.good;
    }
    const { asked } = entry;
    const isShared =
      asked !== undefined &&
      (asked.failedAt === undefined ? asked.askedAt >= since : asked.failedAt > now - FAILURE_AGE);
    if (isShared) {
      return asked.answer;
    }
    entry.asked = this.#ask(entry, now, read);
    return entry.asked.answer;
  }

  /** The last listing of this name that was answered; undefined if there is none. Asks for nothing. */
  last<T>(name: string): Listing<T> | undefined {
    return this.#entries.get(name)?.good as Listing<T> | undefined;
  }

  /** The last listings that were answered whose name begins so. Asks for nothing. */
  lastOf<T>(prefix: string): Listing<T>[] {
    return [...this.#entries].flatMap(([name, { good }]) =>
      good !== undefined && name.startsWith(prefix) ? [good as Listing<T>] : [],
    );
  }

  /**
   * Reads single things, several in a call, each for all who need it, as `get` does. `readPage` is asked for those that nobody has read
   * since then. Returns what failed.
   */
  async getEach(
    kind: string,
    ids: readonly string[],
    since: number,
    pageSize: number,
    readPage: (ids: readonly string[]) => Promise<unknown>,
  ): Promise<FleetError[]> {
    const missing: string[] = [];
    const started = Promise.withResolvers<readonly Promise<unknown>[]>();
    const answers = ids.map((id) => {
      return this.get(`${kind} ${id}`, since, async () => {
        const page = Math.floor((missing.push(id) - 1) / pageSize);
        await (await started.promise)[page];
        return [];
      });
    });
    const pages = Array.from({ length: Math.ceil(missing.length / pageSize) }, (_, page) =>
      readPage(missing.slice(page * pageSize, (page + 1) * pageSize)),
    );
    started.resolve(pages);
    const failed = new Set((await Promise.all(answers)).filter((answer) => answer instanceof FleetError));
    return [...failed];
  }

  /** Forgets what nobody has needed for longer than they keep listings. */
  prune(): void {
    const now = this.#clock.now().getTime();
    for (const [name, { neededUntil }] of this.#entries) {
      if (neededUntil < now) {
        this.#entries.delete(name);
      }
    }
  }

  #ask<T>(entry: Entry<T>, askedAt: number, read: () => Promise<T[]>): Asked<T> {
    const asked: Asked<T> = {
      askedAt,
      failedAt: undefined,
      answer: read().then(
        (value) => {
          const listing = { askedAt, value };
          if (entry.good === undefined || entry.good.askedAt < askedAt) {
            entry.good = listing;
          }
          return listing;
        },
        (error: unknown) => {
          asked.failedAt = this.#clock.now().getTime();
          if (error instanceof FleetError) {
            return error;
          }
          entry.asked = undefined;
          throw error;
        },
      ),
    };
    return asked;
  }
}
