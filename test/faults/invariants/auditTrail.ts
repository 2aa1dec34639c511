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
}

/** What is known of an intent. */
interface Intent {
  readonly entry: Entry;
  /** Calls of the intent: several, if AWS throttled it. */
  readonly sent: SentCall[];
  readonly outcomes: Entry[];
  /** Number of calls that AWS throttled. */
  throttled: number;
  isApplied: boolean;
}

/** Time within which a running process records an outcome, in milliseconds. Longer than the timeout of a call and the read after it. */
const OUTCOME_WITHIN_MS = 5 * 60_000;

/**
 * Rule that the audit log has exactly one intent before each call that changes AWS, and one outcome after it, unless the process is killed
 * in between, and that its chains are intact.
 */
export class AuditTrailRule {
  readonly #lines: readonly string[];
  readonly #intents = new Map<string, Intent>();
  readonly #open = new Map<string, Intent>();
  readonly #bySent = new Map<SentCall, Intent>();
  readonly #heads = new Map<string, Entry>();
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

  /** Returns the violations at the end of a run. */
  finish(elapsed: number): UntimedViolation[] {
    this.#readLines();
    for (const { entry, sent, outcomes, throttled, isApplied } of this.#intents.values()) {
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
    }
    return this.#violations;
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
    const isNext = sequence === (head?.sequence ?? 0) + 1 && previous === (head?.hash ?? '');
    if (!isNext || hash !== hashOf(line)) {
      this.#violations.push(violation(`the chain of ${chain} is broken at record ${sequence}`));
    }
    this.#heads.set(chain, entry);
    if (kind === 'Intent') {
      const intent = { entry, sent: [], outcomes: [], throttled: 0, isApplied: false };
      const input = { WorkspaceId: entry.workspaceID, ApplicationId: entry.changes?.[0]?.applicationID };
      const key = keyOf(chain, entry.call ?? '', input);
      this.#intents.set(`${chain} ${sequence}`, intent);
      if (this.#open.has(key)) {
        this.#violations.push(violation(`${key} has two intents and no outcome`));
      }
      this.#open.set(key, intent);
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
