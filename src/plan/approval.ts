import { createHash } from 'node:crypto';
import { isProtected, isTransitioning } from '../fleet/states.ts';
import type { ApprovalRequest } from '../policy/annotations.ts';
import type { Policy } from '../policy/policy.ts';
import { concatenated, pickSliced, type Sequence } from '../sequence.ts';
import { eachSliced, everySliced, type Sliced, setSliced } from '../slices.ts';
import { distinctOutcomes, outcomeOf, remaindersOf } from './outcome.ts';
import { type OutcomeSet, outcomesOf } from './outcomeSet.ts';
import { type Finding, type Plan, willComplete } from './plan.ts';
import { affectedCounts, exceedsSafeguard } from './safeguard.ts';

/** The unapproved outcomes of a plan, which users can approve by the ID. */
interface Proposal {
  readonly id: string;
  /** Outcomes that have not been reached, by `outcomeOf`, in the order of the findings. */
  readonly outcome: OutcomeSet;
}

/** Approval of the plan of a policy. */
export interface Approval {
  /** Approved outcomes that have not been reached, by `outcomeOf`. */
  readonly approvedOutcomes: OutcomeSet;
  /** Unapproved outcomes. Undefined if there are none. */
  readonly proposed: Proposal | undefined;
  /** ID of the last approved plan. */
  readonly lastApproved: string | undefined;
  /** Last value of the annotation that was handled, whether or not it approved anything. */
  readonly lastHandled: string | undefined;
  /** Number of plans that were proposed. It is part of each ID, so that no ID comes back. */
  readonly revision: number;
}

/** An approval as recorded in the status, for a process that starts. */
export interface RecordedApproval extends Omit<Approval, 'approvedOutcomes' | 'proposed'> {
  /** Result of `encodeOutcomes` for the approved outcomes. Undefined if none remained. */
  readonly remainder: string | undefined;
  /** ID of the proposal, with the result of `encodeOutcomes`. Undefined if there was none. */
  readonly proposal: { readonly id: string; readonly outcome: string } | undefined;
}

const NONE: OutcomeSet = new Set();

/** Approval of a policy that never had a plan. */
export const NO_APPROVAL: Approval = {
  approvedOutcomes: NONE,
  proposed: undefined,
  lastApproved: undefined,
  lastHandled: undefined,
  revision: 0,
};

/**
 * Updates an approval for a new plan. An approval covers the outcomes that the status showed when the annotation appeared, until they are
 * reached. Outcomes that appear later, or reappear after they were reached, require a new approval. A proposal keeps its ID while no
 * outcome is added to it. The outcomes of protected WorkSpaces are neither proposed nor approved.
 *
 * @param before approval that the last written status shows
 * @param request annotation of the policy
 */
export function* advanceApproval(
  policy: Policy,
  plan: Plan,
  before: Approval,
  request: ApprovalRequest | undefined,
): Sliced<Approval> {
  const findings = yield* reachableFindings(plan);
  const shown = before.proposed?.outcome ?? NONE;
  const isWaiting = requiresApproval(policy, plan);
  // An unread tag might be the protection. It can't enter a proposal, but a failed read doesn't change a proposal either.
  const isChecked = ({ workspace }: Finding) => !isWaiting || isProtected(workspace) === false;
  const remainders = yield* remaindersOf(before.approvedOutcomes, plan.findings);
  const isStillApproved = (outcome: string) => before.approvedOutcomes.has(outcome) || remainders.has(outcome);
  const stillApproved =
    before.approvedOutcomes.size === 0
      ? []
      : yield* pickSliced(findings, (finding) => isStillApproved(outcomeOf(finding)));
  const open =
    before.approvedOutcomes.size === 0
      ? findings
      : yield* pickSliced(findings, (finding) => !isStillApproved(outcomeOf(finding)));
  const proposable = yield* pickSliced(open, (one) => isChecked(one) || shown.has(outcomeOf(one)));

  const isShown = request !== undefined && request.planID === request.shownPlanID;
  const isNew = request !== undefined && request.planID !== before.lastHandled;
  const isValid = isNew && isShown && isWaiting && request.planID === before.proposed?.id;
  const accepted = isValid ? yield* within(shown, yield* pickSliced(open, isChecked)) : [];
  // If all that was shown awaits the read of its tags, the annotation is handled after that read.
  const isDeferred = isValid && accepted.length === 0 && proposable.some((one) => shown.has(outcomeOf(one)));
  const approvedOutcomes = yield* outcomesOf(concatenated(stillApproved, accepted));
  const lastHandled = isNew && !isDeferred ? request.planID : before.lastHandled;
  const rest = accepted.length === 0 ? proposable : yield* outside(approvedOutcomes, proposable);
  const handled = {
    approvedOutcomes,
    lastApproved: accepted.length === 0 ? before.lastApproved : request?.planID,
    lastHandled,
  };
  const { proposed, revision } = before;
  if (rest.length === 0) {
    return { ...handled, proposed: undefined, revision };
  }
  // A handled value can't approve anything again, so it can't stay the ID of a proposal.
  const mayKeepID = proposed !== undefined && proposed.id !== lastHandled;
  const keepsID = mayKeepID && (yield* everySliced(rest, (one) => shown.has(outcomeOf(one))));
  return keepsID
    ? { ...handled, proposed: { id: proposed.id, outcome: yield* outcomesOf(rest) }, revision }
    : { ...handled, ...(yield* newProposal(policy, rest, revision, new Set([lastHandled, request?.planID]))) };
}

/** Returns a proposal with a new ID. Skips the values of the annotation that were set before the status showed the proposal. */
function* newProposal(
  policy: Policy,
  findings: Sequence<Finding>,
  lastRevision: number,
  used: ReadonlySet<string | undefined>,
): Sliced<Pick<Approval, 'proposed' | 'revision'>> {
  const revision = lastRevision + 1;
  const id = yield* hash([policy.uid, String(revision)], distinctOutcomes(findings));
  return used.has(id)
    ? yield* newProposal(policy, findings, revision, used)
    : { proposed: { id, outcome: yield* outcomesOf(findings) }, revision };
}

/** Whether the operator makes no unapproved change of a plan: with `enforcement: Approve`, or if the plan exceeds the safeguard. */
export function requiresApproval(policy: Policy, plan: Plan): boolean {
  const { enforcement } = policy;
  return enforcement === 'Approve' || (enforcement === 'Enforce' && exceedsSafeguard(affectedCounts(plan, policy)));
}

/** Returns the WorkSpaces whose tags decide whether their unapproved outcomes can be proposed. */
export function* workspacesToCheckForProtection(
  policy: Policy,
  plan: Plan,
  { approvedOutcomes }: Approval,
): Sliced<string[]> {
  if (!requiresApproval(policy, plan)) {
    return [];
  }
  const unapproved = yield* outside(approvedOutcomes, yield* reachableFindings(plan));
  return [...(yield* setSliced(unapproved, ({ workspace }) => workspace.workspaceID))];
}

/** Restores an approval that an earlier process recorded. It covers the remaining outcomes of the recorded ones. */
export function* restoreApproval(plan: Plan, { remainder, proposal, ...recorded }: RecordedApproval): Sliced<Approval> {
  const findings = yield* reachableFindings(plan);
  const approvedOutcomes = yield* outcomesOf(yield* decodeOutcomes(findings, remainder));
  const open = yield* outside(approvedOutcomes, findings);
  return {
    ...recorded,
    approvedOutcomes,
    proposed: proposal && {
      id: proposal.id,
      outcome: yield* outcomesOf(yield* decodeOutcomes(open, proposal.outcome, 'Settled')),
    },
  };
}

/** Maximum number of fingerprints in a field of the status. */
const MAX_FINGERPRINTS = 1_000;
/** 48 bits in base64. */
const FINGERPRINT_CHARACTERS = 8;
/** Marks one hash of all outcomes instead of one fingerprint for each. */
const HASH_PREFIX = '#';

/**
 * Encodes outcomes for `restoreApproval`, or returns undefined if there are none. If there are too many for a status, encodes one hash,
 * which matches only if the same outcomes remain, except for changes in progress.
 */
export function* encodeOutcomes(plan: Plan, outcomes: OutcomeSet = NONE): Sliced<string | undefined> {
  if (outcomes.size === 0) {
    return undefined;
  }
  return outcomes.size > MAX_FINGERPRINTS
    ? yield* hashOf(yield* within(outcomes, yield* reachableFindings(plan)))
    : [...outcomes].map(fingerprint).join('');
}

/**
 * Returns the findings whose outcomes are encoded. A hash doesn't show which changes in progress it included: with `Settled`, the
 * result contains none of them.
 */
function* decodeOutcomes(
  findings: Sequence<Finding>,
  encoded: string | undefined,
  ofHash: 'All' | 'Settled' = 'All',
): Sliced<Sequence<Finding>> {
  if (encoded === undefined) {
    return [];
  }
  if (encoded.startsWith(HASH_PREFIX)) {
    const included = ofHash === 'All' ? findings : yield* settledIn(findings);
    return (yield* hashOf(findings)) === encoded ? included : [];
  }
  const fingerprints = fingerprintsIn(encoded);
  return yield* pickSliced(findings, (finding) => fingerprints.has(fingerprint(outcomeOf(finding))));
}

function* hashOf(findings: Sequence<Finding>): Sliced<string> {
  return `${HASH_PREFIX}${yield* hash([], distinctOutcomes(yield* settledIn(findings)))}`;
}

/** Returns the findings whose associations AWS isn't changing. */
function settledIn(findings: Sequence<Finding>): Sliced<Sequence<Finding>> {
  return pickSliced(findings, ({ association }) => !isTransitioning(association));
}

function fingerprintsIn(encoded: string): ReadonlySet<string> {
  return new Set(encoded.match(new RegExp(`.{${FINGERPRINT_CHARACTERS}}`, 'g')));
}

function fingerprint(outcome: string): string {
  return createHash('sha256').update(outcome).digest('base64url').slice(0, FINGERPRINT_CHARACTERS);
}

/** Returns the ID of the plan that requires approval, or of the approved plan that is in progress. Undefined if there is neither. */
export function planIdOf({ proposed, approvedOutcomes, lastApproved }: Approval): string | undefined {
  return proposed?.id ?? (approvedOutcomes.size > 0 ? lastApproved : undefined);
}

/**
 * Returns the ID of the plan that changes belong to: the approved plan if it covers all of them. Empty if there is none.
 *
 * @param changed findings whose changes were made, without reverts, which belong to no plan
 */
export function carriedOutPlanID(changed: readonly Finding[], approval: Approval): string {
  if (changed.length === 0) {
    return '';
  }
  const isCovered = changed.every((finding) => isApproved(finding, approval));
  return (isCovered ? approval.lastApproved : planIdOf(approval)) ?? '';
}

/** Whether the last written status, which shows `before`, records the last approval. */
export function isRecorded({ lastApproved }: Pick<Approval, 'lastApproved'>, before: Pick<Approval, 'lastApproved'>) {
  return lastApproved === before.lastApproved;
}

/** Whether the outcome of a finding is approved. */
export function isApproved(finding: Finding, { approvedOutcomes }: Approval): boolean {
  return approvedOutcomes.size > 0 && approvedOutcomes.has(outcomeOf(finding));
}

/** Whether an annotation was handled without an approval. */
export function isIgnored(
  request: ApprovalRequest | undefined,
  { lastHandled, lastApproved }: Pick<Approval, 'lastHandled' | 'lastApproved'>,
): request is ApprovalRequest {
  return request !== undefined && request.planID === lastHandled && request.planID !== lastApproved;
}

/** Whether the operator can complete a finding and its WorkSpace isn't protected, as far as its tags are known. */
export function isReachable(finding: Finding): boolean {
  return willComplete(finding) && isProtected(finding.workspace) !== true;
}

function reachableFindings({ findings }: Plan): Sliced<Sequence<Finding>> {
  return pickSliced(findings, isReachable);
}

/** Returns the findings whose outcomes are in a set. */
function* within(outcomes: OutcomeSet, findings: Sequence<Finding>): Sliced<Sequence<Finding>> {
  return outcomes.size === 0 ? [] : yield* pickSliced(findings, (finding) => outcomes.has(outcomeOf(finding)));
}

/** Returns the findings whose outcomes are not in a set. */
function* outside(outcomes: OutcomeSet, findings: Sequence<Finding>): Sliced<Sequence<Finding>> {
  return outcomes.size === 0 ? findings : yield* pickSliced(findings, (finding) => !outcomes.has(outcomeOf(finding)));
}

/** Returns the hash of lines. */
function* hash(first: readonly string[], others: Iterable<string>): Sliced<string> {
  const sum = createHash('sha256').update(first.join('\n'));
  let isFirst = first.length === 0;
  yield* eachSliced(others, (line) => {
    sum.update(isFirst ? line : `\n${line}`);
    isFirst = false;
  });
  return sum.digest('hex').slice(0, 16);
}
