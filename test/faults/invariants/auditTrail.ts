import { createHash } from 'node:crypto';
import type { SentCall } from '../cloud/traffic.ts';
import type { SimulatedProcess } from '../process.ts';
import type { UntimedViolation } from '../violation.ts';

/** A record of the audit log. */
interface Entry {
  readonly chain: string;
  readonly sequence: number;
  readonly previous: string;
  readonly hash: string;
  readonly kind: string;
  readonly call?: string;
  readonly workspaceID?: string;
  readonly changes?: readonly { readonly applicationID: string }[];
  readonly intent?: number;
  readonly result?: string;
  readonly confirmedByRead?: boolean;
  readonly policy?: { readonly uid: string };
}

/** What is known of an intent. */
interface Intent {
  readonly entry: Entry;
  /** Calls of the intent: several, if AWS throttled it. */
  readonly sent: SentCall[];
  readonly outcomes: Entry[];
  readonly settlements: Entry[];
  /** Number of calls that AWS throttled. */
  throttled: number;
  isApplied: boolean;
}

/** Time within which a running process records an outcome, in milliseconds. Longer than the timeout of a call and the read after it. */
const OUTCOME_WITHIN_MS = 5 * 60_000;

/** Time within which the status of the fleet shows the last record of a running process (ms): a minute, and the interval of the status. */
const ANCHOR_WITHIN_MS = 15 * 60_000;

/** Last record of a process, as the status of a fleet shows it. */
export interface Anchor {
  readonly chain: string;
  readonly sequence: number;
  readonly hash: string;
}

/**
 * Rule that the audit log has exactly one intent before each call that changes AWS, which names a policy that requests the change, and one
 * outcome after it, unless the process is killed in between, that settlements of unknown outcomes are right, that its chains are intact, and
 * that the status of the fleet shows the last record of each process.
 */
export class AuditTrailRule {
  readonly #lines: readonly string[];
  readonly #intents = new Map<string, Intent>();
  readonly #open = new Map<string, Intent>();
  readonly #bySent = new Map<SentCall, Intent>();
  readonly #heads = new Map<string, Entry>();
  readonly #hashes = new Map<string, string>();
  readonly #violations: UntimedViolation[] = [];
  #read = 0;

  constructor(lines: readonly string[]) {
    this.#lines = lines;
  }

  /** Checks that a call that is about to be sent is recorded. */
  callSent(sent: SentCall): UntimedViolation[] {
    this.#readLines();
    const intent = this.#open.get(keyOf(sent.process.identity, sent.operation, sent.input));
    if (intent === undefined) {
      return [violation('the call is sent without an intent in the audit log')];
    }
    intent.sent.push(sent);
    this.#bySent.set(sent, intent);
    return [];
  }

  /** Checks that the intent of a call names one of the policies that request the change, by their UIDs. */
  requestersKnown(sent: SentCall, requestedBy: ReadonlySet<string>): UntimedViolation[] {
    const uid = this.#bySent.get(sent)?.entry.policy?.uid;
    return uid === undefined || requestedBy.size === 0 || requestedBy.has(uid)
      ? []
      : [violation(`the intent names the policy ${uid}, but ${[...requestedBy].join()} request the change`)];
  }

  /** Checks that the last records that the status of a fleet shows are in the log. */
  anchorsWritten(anchors: readonly Anchor[]): UntimedViolation[] {
    this.#readLines();
    return anchors
      .filter(({ chain, sequence, hash }) => this.#hashes.get(`${chain} ${sequence}`) !== hash)
      .map(({ chain, sequence }) =>
        violation(`the status shows record ${sequence} of ${chain}, which is not in the log`),
      );
  }

  /** Records that AWS made a change. */
  changeApplied(sent: SentCall): void {
    const intent = this.#bySent.get(sent);
    if (intent !== undefined) {
      intent.isApplied = true;
    }
  }

  /** Records that AWS throttled a call. */
  changeThrottled(sent: SentCall): void {
    const intent = this.#bySent.get(sent);
    if (intent !== undefined) {
      intent.throttled++;
    }
  }

  /**
   * Returns the violations at the end of a run.
   *
   * @param anchors last records that the status of the fleet shows
   * @param isShown whether a read by the process shows the result of an association or disassociation
   * @param isContested whether somebody else changed the WorkSpace at about the same time, so that no read can show who made a change
   */
  finish(
    elapsed: number,
    anchors: readonly Anchor[],
    isShown: (sent: SentCall) => boolean,
    isContested: (sent: SentCall) => boolean,
  ): UntimedViolation[] {
    this.#readLines();
    this.#violations.push(...this.#missingAnchors(elapsed, anchors));
    for (const { entry, sent, outcomes, settlements, throttled, isApplied } of this.#intents.values()) {
      const text = `record ${entry.sequence} of ${entry.chain} (${entry.call} ${entry.workspaceID})`;
      const [first, ...others] = outcomes;
      const last = sent.at(-1);
      if (others.length > 0) {
        this.#violations.push(violation(`${text} has several outcomes`));
      }
      if (first === undefined) {
        const isExpected = last !== undefined && hasEnded(last, elapsed);
        this.#violations.push(...(isExpected ? [violation(`${text} has no outcome`)] : []));
        continue;
      }
      const { result, confirmedByRead = false } = first;
      const isPlausible =
        result === 'NotSent'
          ? sent.length === throttled
          : sent.length > 0 && (isApplied ? result !== 'Rejected' : result !== 'Succeeded' || confirmedByRead);
      if (!isPlausible) {
        const what =
          sent.length === 0 ? 'the call was not sent' : isApplied ? 'AWS made the change' : 'AWS made no change';
        this.#violations.push(violation(`${text} has the outcome ${result}, but ${what}`));
      }
      if (result === 'Unknown' && settlements.length === 0 && last !== undefined && isShown(last)) {
        this.#violations.push(violation(`${text} is not settled, although a read shows its result`));
      }
      for (const settlement of settlements) {
        const mayBeOfOthers = settlement.result === 'Applied' && last !== undefined && isContested(last);
        if ((settlement.result === 'Applied') !== isApplied && !mayBeOfOthers) {
          const what = isApplied ? 'AWS made the change' : 'AWS made no change';
          this.#violations.push(violation(`${text} is settled as ${settlement.result}, but ${what}`));
        }
      }
    }
    return this.#violations;
  }

  /** Returns a violation for each running process whose last record the status of the fleet should show, and doesn't. */
  #missingAnchors(elapsed: number, anchors: readonly Anchor[]): UntimedViolation[] {
    const lastSent = new Map([...this.#bySent.keys()].map((sent) => [sent.process, sent.at]));
    return [...lastSent]
      .filter(([process, at]) => process.isAlive && elapsed - at > ANCHOR_WITHIN_MS)
      .filter(([{ identity }]) => {
        const shown = anchors.find(({ chain }) => chain === identity);
        return shown === undefined || shown.sequence < (this.#heads.get(identity)?.sequence ?? 0);
      })
      .map(([{ identity }]) => violation(`the status of the fleet doesn't show the last record of ${identity}`));
  }

  #readLines(): void {
    for (; this.#read < this.#lines.length; this.#read++) {
      this.#add(this.#lines[this.#read] ?? '');
    }
  }

  #add(line: string): void {
    const entry = parsed(line);
    if (entry === undefined) {
      return;
    }
    const { chain, sequence, previous, hash, kind } = entry;
    const head = this.#heads.get(chain);
    this.#hashes.set(`${chain} ${sequence}`, hash);
    const isNext = sequence === (head?.sequence ?? 0) + 1 && previous === (head?.hash ?? '');
    if (!isNext || hash !== hashOf(line)) {
      this.#violations.push(violation(`the chain of ${chain} is broken at record ${sequence}`));
    }
    this.#heads.set(chain, entry);
    if (kind === 'Intent') {
      const intent = { entry, sent: [], outcomes: [], settlements: [], throttled: 0, isApplied: false };
      const input = { WorkspaceId: entry.workspaceID, ApplicationId: entry.changes?.[0]?.applicationID };
      const key = keyOf(chain, entry.call ?? '', input);
      this.#intents.set(`${chain} ${sequence}`, intent);
      if (this.#open.has(key)) {
        this.#violations.push(violation(`${key} has two intents and no outcome`));
      }
      this.#open.set(key, intent);
    } else if (kind === 'Settlement') {
      const intent = this.#intents.get(`${chain} ${entry.intent}`);
      if (intent?.outcomes.at(-1)?.result !== 'Unknown' || intent.settlements.length > 0) {
        this.#violations.push(violation(`record ${sequence} of ${chain} settles an outcome that is not unknown`));
      }
      intent?.settlements.push(entry);
    } else if (kind === 'Outcome') {
      const intent = this.#intents.get(`${chain} ${entry.intent}`);
      intent?.outcomes.push(entry);
      for (const [key, open] of this.#open) {
        if (open === intent) {
          this.#open.delete(key);
        }
      }
    }
  }
}

/** Whether a process must have recorded the outcome of a call: it runs, or it was stopped regularly. */
function hasEnded({ process, at }: SentCall, elapsed: number): boolean {
  return isRegular(process) && elapsed - at > OUTCOME_WITHIN_MS;
}

function isRegular(process: SimulatedProcess): boolean {
  return process.isAlive || (process.isStopping && !process.isKilled);
}

function keyOf(chain: string, operation: string, { WorkspaceId, ApplicationId }: SentCall['input']): string {
  const application = operation === 'DeployWorkspaceApplications' ? '' : ApplicationId;
  return `${chain} ${operation} ${WorkspaceId} ${application}`;
}

/** Returns a record. Undefined if the line was not written completely. */
function parsed(line: string): Entry | undefined {
  try {
    return JSON.parse(line) as Entry;
  } catch {
    return undefined;
  }
}

function hashOf(line: string): string {
  return createHash('sha256')
    .update(line.replace(/,"hash":"[0-9a-f]{64}"\}$/, '}'))
    .digest('hex');
}

function violation(message: string): UntimedViolation {
  return { rule: 'AuditTrail', message };
}
