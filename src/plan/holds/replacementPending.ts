import { associationKey } from '../../fleet/associationID.ts';
import type { Policy } from '../../policy/policy.ts';
import { concatenated, IndexList, selection } from '../../sequence.ts';
import { eachSliced, isYieldDue, type Sliced } from '../../slices.ts';
import { nameOf } from '../compatibility.ts';
import { outcomeOf } from '../outcome.ts';
import { associationIDOf, type Change, type Finding, type HeldChange, type Plan } from '../plan.ts';
import type { Held, Hold } from './hold.ts';

/** Parts of a replacement that depend on each other are not changed alone. */
export const replacementPending: Hold = {
  reason: 'ReplacementPending',
  meaning:
    "The policies remove one application and require another on the WorkSpace, and the other part of this replacement comes first, or isn't ready. The message says which.",
  endsWhen: 'The other part is ready.',
  prepare: (plan, { policy }) => {
    const partsOf = partsByReplacement(plan);
    return ({ finding }) => finding.waitsFor ?? waitOf(finding, partsOf(finding), policy);
  },
};

/** Part of a replacement on a WorkSpace. */
interface Part {
  readonly finding: Finding;
  /** Whether its change is due or on hold. */
  readonly isDue: boolean;
}

/** Returns a function that returns all parts of the replacement that a finding belongs to. */
function partsByReplacement({ findings, changes, held }: Plan): (finding: Finding) => readonly Part[] {
  const due = new Set<string>();
  const addDue = ({ finding }: Change) => {
    if (finding.replacement?.isOwn === true) {
      due.add(associationKey(associationIDOf(finding)));
    }
  };
  for (const change of changes) {
    addDue(change);
  }
  for (const { change } of held) {
    addDue(change);
  }
  const parts = new Map<string, Part[]>();
  for (const finding of findings) {
    if (finding.replacement?.isOwn === true) {
      const outcome = outcomeOf(finding);
      const part = { finding, isDue: due.has(associationKey(associationIDOf(finding))) };
      parts.set(outcome, [...(parts.get(outcome) ?? []), part]);
    }
  }
  return (finding) => (finding.replacement?.isOwn === true ? (parts.get(outcomeOf(finding)) ?? []) : []);
}

/** Returns why a part waits for another one. */
function waitOf(finding: Finding, parts: readonly Part[], { replacements }: Policy): Held | undefined {
  const isFirst = replacements === 'Sequential' && finding.desired === 'Absent';
  const isSecond = replacements === 'Sequential' && finding.step?.kind === 'Associate';
  const others = isFirst ? [] : parts.filter((part) => part.finding.desired !== finding.desired);
  for (const { finding: other, isDue } of others) {
    const name = nameOf(other.application);
    const change = other.desired === 'Absent' ? 'removal' : 'installation';
    if (isSecond) {
      return { message: `the operator first removes ${name} (spec.rollout.replacements is Sequential)` };
    }
    if (other.step?.kind === 'NeedsIntervention') {
      return { message: `the ${change} of ${name} needs manual action: ${other.step.message}` };
    }
    if (!isDue) {
      return { message: `the ${change} of ${name} isn't ready, and both changes are made together` };
    }
  }
  return undefined;
}

/**
 * Holds all changes of a replacement if one of them is on hold, because a part alone could leave the user without both applications. With
 * `deploy: Manual`, the other parts are still associated and disassociated.
 */
export function* holdWholeReplacements(plan: Plan, { replacements }: Policy): Sliced<Plan> {
  const holds = new Map<string, HeldChange>();
  yield* eachSliced(plan.held, (held) => {
    const { finding } = held.change;
    const isPartial =
      held.reason === 'ManualDeploy' || (replacements === 'Sequential' && held.reason === 'ReplacementPending');
    if (finding.replacement?.isOwn === true && !isPartial) {
      const outcome = outcomeOf(finding);
      holds.set(outcome, holds.get(outcome) ?? held);
    }
  });
  if (holds.size === 0) {
    return plan;
  }
  const holdOf = ({ finding }: Change) =>
    finding.replacement?.isOwn === true ? holds.get(outcomeOf(finding)) : undefined;
  const remaining = new IndexList();
  const moved: HeldChange[] = [];
  for (const [index, change] of plan.changes.entries()) {
    if (isYieldDue(index)) {
      yield;
    }
    const hold = holdOf(change);
    if (hold === undefined) {
      remaining.push(index);
    } else {
      const { reason, message, unredacted, until } = hold;
      moved.push({ change, reason, message, unredacted, until });
    }
  }
  return moved.length === 0
    ? plan
    : { ...plan, changes: selection(plan.changes, remaining.values()), held: concatenated(plan.held, moved) };
}
