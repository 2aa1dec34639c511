import type { Policy } from '../../policy/policy.ts';
import { nameOf } from '../compatibility.ts';
import type { Change, Finding, HeldChange, Plan, Replacement } from '../plan.ts';
import type { Held, Hold } from './hold.ts';

/** Parts of a replacement that depend on each other are not changed alone. */
export const replacementPending: Hold = {
  reason: 'ReplacementPending',
  meaning:
    "The policies remove one application and require another on the WorkSpace, and the other part of this replacement comes first, or isn't ready. The message says which.",
  endsWhen: 'The other part is ready.',
  prepare: (plan, { policy }) => {
    const partsOf = partsByReplacement(plan);
    const due = new Set([...plan.changes, ...plan.held.map(({ change }) => change)].map(({ finding }) => finding));
    return ({ finding }) => finding.waitsFor ?? waitOf(finding, partsOf(finding), due, policy);
  },
};

function partsByReplacement({ findings }: Plan): (finding: Finding) => readonly Finding[] {
  const parts = Map.groupBy(
    findings.filter(({ replacement }) => replacement?.isOwn),
    ({ replacement }) => replacement,
  );
  return ({ replacement }) => parts.get(replacement) ?? [];
}

/** @param due findings with changes that are due or on hold */
function waitOf(
  finding: Finding,
  parts: readonly Finding[],
  due: ReadonlySet<Finding>,
  { replacements }: Policy,
): Held | undefined {
  const isFirst = replacements === 'Sequential' && finding.desired === 'Absent';
  const isSecond = replacements === 'Sequential' && finding.step?.kind === 'Associate';
  const others = isFirst ? [] : parts.filter(({ desired }) => desired !== finding.desired);
  for (const other of others) {
    const name = nameOf(other.application);
    const change = other.desired === 'Absent' ? 'removal' : 'installation';
    if (isSecond) {
      return { message: `the operator first removes ${name} (spec.rollout.replacements is Sequential)` };
    }
    if (other.step?.kind === 'NeedsIntervention') {
      return { message: `the ${change} of ${name} needs manual action: ${other.step.message}` };
    }
    if (!due.has(other)) {
      return { message: `the ${change} of ${name} isn't ready, and both changes are made together` };
    }
  }
  return undefined;
}

/**
 * Holds all changes of a replacement if one of them is on hold, because a part alone could leave the user without both applications. With
 * `deploy: Manual`, the other parts are still associated and disassociated.
 */
export function holdWholeReplacements(plan: Plan, { replacements }: Policy): Plan {
  const holds = new Map<Replacement, HeldChange>();
  for (const held of plan.held) {
    const { replacement } = held.change.finding;
    const isPartial =
      held.reason === 'ManualDeploy' || (replacements === 'Sequential' && held.reason === 'ReplacementPending');
    if (replacement?.isOwn === true && !isPartial && !holds.has(replacement)) {
      holds.set(replacement, held);
    }
  }
  if (holds.size === 0) {
    return plan;
  }
  const holdOf = ({ finding: { replacement } }: Change) => replacement && holds.get(replacement);
  return {
    ...plan,
    changes: plan.changes.filter((change) => holdOf(change) === undefined),
    held: [
      ...plan.held,
      ...plan.changes.flatMap((change) => {
        const hold = holdOf(change);
        return hold === undefined ? [] : [{ ...hold, change }];
      }),
    ],
  };
}
