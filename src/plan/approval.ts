import { createHash } from 'node:crypto';
import { isTransitioning } from '../fleet/states.ts';
import { type Finding, outcomeOf, type Plan, willComplete } from './plan.ts';

/** The unapproved outcomes of a plan, which users can approve by the ID. */
interface Proposal {
  readonly id: string;
  /** Outcomes that have not been reached, by `outcomeOf`, in the order of the findings. */
  readonly outcome: readonly string[];
}

/** Approval of the plan of a policy. */
export interface Approval {
  /** Approved outcomes that have not been reached, by `outcomeOf`. */
  readonly approvedOutcomes: ReadonlySet<string>;
  /** Unapproved outcomes. Undefined if there are none. */
  readonly proposed: Proposal | undefined;
  /** ID of the last approved plan. */
  readonly lastApproved: string | undefined;
}

/** An approval as recorded in the status, for a process that starts. */
export interface RecordedApproval {
  readonly lastApproved: string | undefined;
  /** Result of `encodeRemaining`. Undefined if no approved outcome remained. */
  readonly remainder: string | undefined;
}

/**
 * Updates an approval for a new plan. An approval covers the outcomes of the approved plan until they are reached. Outcomes that appear
 * later, or reappear after they were reached, require a new approval. A proposal keeps its ID while no outcome is added to it.
 *
 * @param approvedPlan ID of the plan in the policy's annotation
 */
export function advanceApproval(plan: Plan, before: Approval, approvedPlan: string | undefined): Approval {
  const outcomes = reachableFindings(plan).map(outcomeOf);
  const approvedOutcomes = new Set(
    before.approvedOutcomes.size === 0 ? [] : outcomes.filter((outcome) => before.approvedOutcomes.has(outcome)),
  );
  const unapproved =
    approvedOutcomes.size === 0 ? outcomes : outcomes.filter((outcome) => !approvedOutcomes.has(outcome));
  const { lastApproved } = before;
  if (unapproved.length === 0) {
    return { approvedOutcomes, proposed: undefined, lastApproved };
  }
  const known = before.proposed;
  const isPartOfKnown = known !== undefined && isSubsequence(unapproved, known.outcome);
  const proposed = isPartOfKnown ? { id: known.id, outcome: unapproved } : newProposal(unapproved, lastApproved, known);
  return proposed.id === approvedPlan
    ? {
        approvedOutcomes: new Set([...approvedOutcomes, ...unapproved]),
        proposed: undefined,
        lastApproved: proposed.id,
      }
    : { approvedOutcomes, proposed, lastApproved };
}

/**
 * Returns a proposal with a new ID. A used approval must not approve the same outcomes when they reappear, so the ID depends on
 * `lastApproved`. If a proposal shrank and grew back, its old ID must not approve it, because its status showed fewer outcomes.
 */
function newProposal(outcome: readonly string[], lastApproved: string | undefined, known?: Proposal): Proposal {
  const id = hash([...(lastApproved === undefined ? [] : [lastApproved]), ...outcome]);
  return { id: id === known?.id ? hash([id, ...outcome]) : id, outcome };
}

/** Whether a list contains all items of another list in the same order. Plans are sorted by WorkSpace, then by application. */
function isSubsequence(part: readonly string[], whole: readonly string[]): boolean {
  let found = 0;
  for (const item of whole) {
    if (item === part[found]) {
      found++;
    }
  }
  return found === part.length;
}

/** Restores an approval that an earlier process recorded. It covers the remaining outcomes of the recorded ones. */
export function restoreApproval(plan: Plan, { lastApproved, remainder = '' }: RecordedApproval): Approval {
  if (remainder === '') {
    return { approvedOutcomes: new Set(), proposed: undefined, lastApproved };
  }
  const outcomes = reachableFindings(plan).map(outcomeOf);
  if (remainder.startsWith(HASH_PREFIX)) {
    const isUnchanged = hashOf(plan, new Set(outcomes)) === remainder;
    return { approvedOutcomes: new Set(isUnchanged ? outcomes : []), proposed: undefined, lastApproved };
  }
  const fingerprints = fingerprintsIn(remainder);
  const approvedOutcomes = outcomes.filter((outcome) => fingerprints.has(fingerprint(outcome)));
  return { approvedOutcomes: new Set(approvedOutcomes), proposed: undefined, lastApproved };
}

/** Maximum number of fingerprints in a status. */
const MAX_FINGERPRINTS = 1_000;
/** 48 bits in base64. */
const FINGERPRINT_CHARACTERS = 8;
/** Marks one hash of all outcomes instead of one fingerprint for each. */
const HASH_PREFIX = '#';

/**
 * Encodes the approved outcomes for `restoreApproval`, or returns undefined if there are none. If there are too many for a status, encodes
 * one hash, which matches only if the same outcomes remain, except for changes in progress.
 */
export function encodeRemaining(
  plan: Plan,
  { approvedOutcomes }: Pick<Approval, 'approvedOutcomes'>,
): string | undefined {
  if (approvedOutcomes.size === 0) {
    return undefined;
  }
  return approvedOutcomes.size > MAX_FINGERPRINTS
    ? hashOf(plan, approvedOutcomes)
    : [...approvedOutcomes].map(fingerprint).join('');
}

function hashOf(plan: Plan, approvedOutcomes: ReadonlySet<string>): string {
  const notInProgress = reachableFindings(plan).filter(({ association }) => !isTransitioning(association));
  return `${HASH_PREFIX}${hash(notInProgress.map(outcomeOf).filter((outcome) => approvedOutcomes.has(outcome)))}`;
}

function fingerprintsIn(remainder: string): ReadonlySet<string> {
  return new Set(remainder.match(new RegExp(`.{${FINGERPRINT_CHARACTERS}}`, 'g')));
}

function fingerprint(outcome: string): string {
  return createHash('sha256').update(outcome).digest('base64url').slice(0, FINGERPRINT_CHARACTERS);
}

/** Returns the ID of the plan that requires approval, or of the approved plan that is in progress. Undefined if there is neither. */
export function planIdOf({ proposed, approvedOutcomes, lastApproved }: Approval): string | undefined {
  return proposed?.id ?? (approvedOutcomes.size > 0 ? lastApproved : undefined);
}

/** Whether the outcome of a finding is approved. */
export function isApproved(finding: Finding, { approvedOutcomes }: Approval): boolean {
  return approvedOutcomes.size > 0 && approvedOutcomes.has(outcomeOf(finding));
}

function reachableFindings({ findings }: Plan): Finding[] {
  return findings.filter(willComplete);
}

function hash(parts: readonly string[]): string {
  return createHash('sha256').update(parts.join('\n')).digest('hex').slice(0, 16);
}
