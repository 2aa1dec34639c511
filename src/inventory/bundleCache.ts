import type { Clock } from '../clock.ts';
import { FleetError, type FleetErrorKind } from '../fleet/errors.ts';
import type { Bundle, ContainedApplication } from '../fleet/model.ts';
import { type BundleReader, PAGE_SIZE } from '../fleet/ports.ts';
import { DOCUMENTED_CALLS_PER_SECOND } from './readBudget.ts';

/** Applications that new and rebuilt WorkSpaces of a bundle get. */
export interface BundleContents {
  readonly bundleID: string;
  /** Image of the bundle. Undefined if AWS reports none. */
  readonly imageID: string | undefined;
  /** IDs of the applications in the bundle or its image, in ascending order. */
  readonly applicationIDs: readonly string[];
}

/** Known contents of bundles. */
export interface BundleView {
  /** Returns the contents of a bundle. Undefined if they were not read. */
  contentsOf(bundleID: string): BundleContents | undefined;
  /** Error of the last read, which left contents unknown or outdated. Undefined if it succeeded. */
  readonly failure: FleetError | undefined;
}

/** Contents of bundles that can be read. */
export interface BundleSource extends BundleView {
  /** Reads the contents of bundles that are due. Resolves when they are read. Never rejects; an error is in `failure`. */
  request(bundleIDs: readonly string[]): Promise<void>;
}

/** Minimum age at which contents are read again. */
const TTL_MS = 60 * 60_000;
/** Share of the rate limit that the reads use at most on average. Accounts with many bundles read them less often. */
const MAX_SHARE = 0.05;
/** Calls that a bundle takes: its own, one for its image, and its part of a page. */
const CALLS_PER_BUNDLE = 2 + 1 / PAGE_SIZE;
/** Delay until reads are tried again after a failure. */
const RETRY_MS = 10 * 60_000;
/** Number of ages after which a bundle that no policy requested is forgotten. */
const MAX_IDLE_TTLS = 2;

/** Errors that apply to a single bundle or image. The adapter can't read it, and reads the others. */
const SPECIFIC: ReadonlySet<FleetErrorKind> = new Set([
  'InvalidParameterValues',
  'OperationNotSupported',
  'ResourceNotFound',
]);
/** States of an application that a new WorkSpace doesn't get. */
const ABSENT_STATES: ReadonlySet<string | undefined> = new Set(['REMOVED', 'ERROR']);
/** Owner of the bundles of AWS, whose images the account can't read. */
const AMAZON = 'AMAZON';

interface Entry {
  /** Time of the last request, in milliseconds since the epoch. */
  requestedAt: number;
  /** Time of the last read, in milliseconds since the epoch. */
  readAt: number;
  contents: BundleContents | undefined;
}

/** Cache of the contents of bundles, for all policies of a fleet. Reads one bundle after the other. */
export class BundleCache implements BundleSource {
  readonly #reader: BundleReader;
  readonly #clock: Clock;
  readonly #onChange: () => void;
  readonly #limit: () => number;
  readonly #entries = new Map<string, Entry>();
  #reading: Promise<void> | undefined;
  #failure: FleetError | undefined;
  #retryAt = 0;

  /**
   * @param onChange called after reads that changed what is known
   * @param callsPerSecond returns the rate limit of the fleet. Defaults to the limit that AWS documents.
   */
  constructor(
    reader: BundleReader,
    clock: Clock,
    onChange: () => void = () => {},
    callsPerSecond: () => number = () => DOCUMENTED_CALLS_PER_SECOND,
  ) {
    this.#reader = reader;
    this.#clock = clock;
    this.#onChange = onChange;
    this.#limit = callsPerSecond;
  }

  contentsOf(bundleID: string): BundleContents | undefined {
    return this.#entries.get(bundleID)?.contents;
  }

  get failure(): FleetError | undefined {
    return this.#failure;
  }

  /** Average rate of the reads, in calls per second. */
  get callsPerSecond(): number {
    return (CALLS_PER_BUNDLE * this.#entries.size * 1000) / this.#ttl;
  }

  request(bundleIDs: readonly string[]): Promise<void> {
    const now = this.#clock.now().getTime();
    for (const bundleID of bundleIDs) {
      const entry = this.#entries.get(bundleID) ?? { readAt: Number.NEGATIVE_INFINITY, contents: undefined };
      this.#entries.set(bundleID, { ...entry, requestedAt: now });
    }
    this.#reading ??= this.#readDue().finally(() => {
      this.#reading = undefined;
    });
    return this.#reading;
  }

  async #readDue(): Promise<void> {
    const now = this.#clock.now().getTime();
    const ttl = this.#ttl;
    for (const [bundleID, { requestedAt }] of this.#entries) {
      if (now - requestedAt > MAX_IDLE_TTLS * ttl) {
        this.#entries.delete(bundleID);
      }
    }
    const due = [...this.#entries].flatMap(([bundleID, { readAt }]) => (now - readAt >= ttl ? [bundleID] : [])).sort();
    if (due.length === 0 || now < this.#retryAt) {
      return;
    }
    const before = this.#failure?.message;
    let isChanged = false;
    try {
      const bundles = new Map((await this.#describe(due)).map((bundle) => [bundle.bundleID, bundle]));
      for (const bundleID of due) {
        isChanged = (await this.#read(bundleID, bundles.get(bundleID))) || isChanged;
      }
      this.#failure = undefined;
    } catch (error) {
      this.#failure = error instanceof FleetError ? error : unexpected(error);
      this.#retryAt = this.#clock.now().getTime() + RETRY_MS;
    }
    if (isChanged || this.#failure?.message !== before) {
      this.#onChange();
    }
  }

  /** Age at which contents are read again, in milliseconds. */
  get #ttl(): number {
    return Math.max(TTL_MS, (CALLS_PER_BUNDLE * this.#entries.size * 1000) / (MAX_SHARE * this.#limit()));
  }

  /** Reads one bundle. Returns whether its contents changed. */
  async #read(bundleID: string, bundle: Bundle | undefined): Promise<boolean> {
    const imageID = bundle?.owner === AMAZON ? undefined : bundle?.imageID;
    const contained = [
      ...(await unlessSpecific(() => this.#reader.describeBundleAssociations(bundleID))),
      ...(imageID === undefined ? [] : await unlessSpecific(() => this.#reader.describeImageAssociations(imageID))),
    ];
    const present = contained.filter(({ state }) => !ABSENT_STATES.has(state));
    const applicationIDs = [...new Set(present.map(({ applicationID }) => applicationID))].sort();
    const entry = this.#entries.get(bundleID);
    if (entry === undefined) {
      return false;
    }
    const { contents } = entry;
    const isSame = contents?.applicationIDs.join(' ') === applicationIDs.join(' ') && contents.imageID === imageID;
    entry.readAt = this.#clock.now().getTime();
    entry.contents = isSame ? contents : { bundleID, imageID, applicationIDs };
    return !isSame;
  }

  #describe(bundleIDs: readonly string[]): Promise<Bundle[]> {
    return unlessSpecific(() => this.#reader.describeWorkspaceBundles(bundleIDs));
  }
}

/** An unexpected error must not end the process, because no decision depends on these reads. */
function unexpected(cause: unknown): FleetError {
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new FleetError({ kind: 'UnknownError', operation: 'DescribeBundleAssociations', reason }, { cause });
}

/** Returns the result of a read, or an empty list if AWS rejected it for its resource alone. */
async function unlessSpecific<T extends Bundle | ContainedApplication>(read: () => Promise<T[]>): Promise<T[]> {
  try {
    return await read();
  } catch (error) {
    if (error instanceof FleetError && SPECIFIC.has(error.kind)) {
      return [];
    }
    throw error;
  }
}
