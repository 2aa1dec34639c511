import type { OngoingReads } from './ongoingReads.ts';
import type { Refresher, RefreshRequest } from './refresher.ts';
import { type WaitForReads, waitDirectly } from './waitForReads.ts';

/** Reads of the WorkSpaces whose changes a policy holds until a read shows the end of the hold. */
export class HoldReads {
  readonly #refresher: Pick<Refresher, 'refresh'>;
  readonly #ongoing: OngoingReads;
  /** Reads that have ended since the last run, by the key of the policy. */
  readonly #ended = new Map<string, RefreshRequest>();

  constructor(refresher: Pick<Refresher, 'refresh'>, ongoing: OngoingReads) {
    this.#refresher = refresher;
    this.#ongoing = ongoing;
  }

  /**
   * Reads WorkSpaces again, after such reads of the policy that are in progress. If a read fails, the last known values remain. Returns the
   * reads.
   */
  async read(policyKey: string, request: RefreshRequest, wait: WaitForReads = waitDirectly): Promise<RefreshRequest> {
    if (!isEmpty(request)) {
      await wait(() => this.#ongoing.queue(nameOf(policyKey), () => this.#refresher.refresh(request)));
    }
    this.#ended.delete(policyKey);
    return request;
  }

  /**
   * Starts to read WorkSpaces again, unless such reads of the policy are in progress or have ended since the last run. Returns the reads that
   * have ended.
   */
  start(policyKey: string, request: RefreshRequest): RefreshRequest {
    const ended = this.#ended.get(policyKey);
    this.#ended.delete(policyKey);
    if (ended === undefined && !isEmpty(request)) {
      void this.#ongoing.share(nameOf(policyKey), async () => {
        await this.#refresher.refresh(request);
        this.#ended.set(policyKey, request);
      });
    }
    return ended ?? {};
  }
}

function nameOf(policyKey: string): string {
  return `holds of ${policyKey}`;
}

function isEmpty({ since: _, ...ids }: RefreshRequest): boolean {
  return Object.values(ids).every(({ length }) => length === 0);
}
