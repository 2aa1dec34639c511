import { createHash } from 'node:crypto';
import { isTransitioning } from '../fleet/states.ts';
import { type Finding, outcomeOf, type Plan, willComplete } from './plan.ts';

/** A plan that a person can approve by its id. */
export interface Proposal {
  readonly id: string;
  /** What is to come about by it, or what is left of that, by `outcomeOf`, in the order of its findings. */
  readonly outcome: readonly string[];
}

/** How far a policy's plan is approved. */
export interface Approval {
  /** What was approved and hasn't come about yet, by `outcomeOf`. */
  readonly approvedOutcomes: ReadonlySet<string>;
  /** What wasn't; undefined if that is nothing. */
  readonly proposed: Proposal | undefined;
  /** The id of the plan that was approved last. */
  readonly lastApproved: string | undefined;
}

/** What a status tells of an approval to a process that has just started. */
export interface RecordedApproval {
  readonly lastApproved: string | undefined;
  /** `encodeRemaining` the approval; undefined if nothing was covered. */
  readonly remainder: string | undefined;
}

/**
 * Carries an approval on to a plan. An approval covers what its plan said, to the end of it, and never what nobody saw: what comes
 * up later, or comes back after it was done, is proposed anew. A proposal keeps its id while nothing is added to it.
 *
 * @param approvedPlan the id that the policy's annotation approves
 */
export function advanceApproval(plan: Plan, before: Approval, approvedPlan: string | undefined): Approval {
  const outcome = expectedIn(plan).map(outcomeOf);
  const approvedOutcomes = new Set(
    before.approvedOutcomes.size === 0 ? [] : outcome.filter((one) => before.approvedOutcomes.has(one)),
  );
  const open = approvedOutcomes.size === 0 ? outcome : outcome.filter((one) => !approvedOutcomes.has(one));
  const { lastApproved } = before;
  if (open.length === 0) {
    return { approvedOutcomes, proposed: undefined, lastApproved };
  }
  const known = before.proposed;
  const isPartOfKnown = known !== undefined && isPartOf(open, known.outcome);
  const proposed = isPartOfKnown ? { id: known.id, outcome: open } : proposalOf(open, lastApproved, known);
  return proposed.id === approvedPlan
    ? { approvedOutcomes: new Set([...approvedOutcomes, ...open]), proposed: undefined, lastApproved: proposed.id }
    : { approvedOutcomes, proposed, lastApproved };
}

/**
 * An approval that is spent must not approve the same outcome when it comes up again. Nor must the id of a proposal that has shrunk and
 * is whole again: what was shown last under it is less.
 */
function proposalOf(outcome: readonly string[], lastApproved: string | undefined, known?: Proposal): Proposal {
  const id = hash([...(lastApproved === undefined ? [] : [lastApproved]), ...outcome]);
  return { id: id === known?.id ? hash([id, ...outcome]) : id, outcome };
}

/** Whether all of a list is in another, which is in the same order: plans come by WorkSpace, then by application. */
function isPartOf(part: readonly string[], whole: readonly string[]): boolean {
  let found = 0;
  for (const one of whole) {
    if (one === part[found]) {
      found++;
    }
  }
  return found === part.length;
}

/** Takes up an approval that an earlier process recorded: it covers what is left of what it covered then. */
export function restoreApproval(plan: Plan, { lastApproved, remainder = '' }: RecordedApproval): Approval {
  if (remainder === '') {
    return { approvedOutcomes: new Set(), proposed: undefined, lastApproved };
  }
  const outcome = expectedIn(plan).map(outcomeOf);
  if (remainder.startsWith(WHOLE)) {
    const isTheSame = wholeOf(plan, new Set(outcome)) === remainder;
    return { approvedOutcomes: new Set(isTheSame ? outcome : []), proposed: undefined, lastApproved };
  }
  const fingerprints = fingerprintsIn(remainder);
  const approvedOutcomes = outcome.filter((one) => fingerprints.has(fingerprint(one)));
  return { approvedOutcomes: new Set(approvedOutcomes), proposed: undefined, lastApproved };
}

/** What a status has room for. */
const MAX_FINGERPRINTS = 1_000;
/** 48 bits, in base64. */
const FINGERPRINT_LENGTH = 8;
const WHOLE = '#';

/**
 * What is covered, for `restoreApproval`; undefined if nothing is. So many that a status can't list them are known again only as a whole: if
 * the same is left of them, but for what AWS is at work on.
 */
export function encodeRemaining(
  plan: Plan,
  { approvedOutcomes }: Pick<Approval, 'approvedOutcomes'>,
): string | undefined {
  if (approvedOutcomes.size === 0) {
    return undefined;
  }
  return approvedOutcomes.size > MAX_FINGERPRINTS
    ? wholeOf(plan, approvedOutcomes)
    : [...approvedOutcomes].map(fingerprint).join('');
}

function wholeOf(plan: Plan, approvedOutcomes: ReadonlySet<string>): string {
  const left = expectedIn(plan).filter(({ association }) => !isTransitioning(association));
  return `${WHOLE}${hash(left.map(outcomeOf).filter((one) => approvedOutcomes.has(one)))}`;
}

function fingerprintsIn(remainder: string): ReadonlySet<string> {
  return new Set(remainder.match(new RegExp(`.{${FINGERPRINT_LENGTH}}`, 'g')));
}

function fingerprint(outcome: string): string {
  return createHash('sha256').update(outcome).digest('base64url').slice(0, FINGERPRINT_LENGTH);
}

/** The id of the plan that is to be approved, or else of the approved one that is being carried out; undefined without either. */
export function planIdOf({ proposed, approvedOutcomes, lastApproved }: Approval): string | undefined {
  return proposed?.id ?? (approvedOutcomes.size > 0 ? lastApproved : undefined);
}

/** Whether a person has approved what a finding is to come to. */
export function isApproved(finding: Finding, { approvedOutcomes }: Approval): boolean {
  return approvedOutcomes.size > 0 && approvedOutcomes.has(outcomeOf(finding));
}

function expectedIn({ findings }: Plan): Finding[] {
  return findings.filter(willComplete);
}

function hash(parts: readonly string[]): string {
  return createHash('sha256').update(parts.join('\n')).digest('hex').slice(0, 16);
}
