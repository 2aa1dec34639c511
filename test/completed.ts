/** Functions that pause in production, without pauses. */
import * as approval from '../src/plan/approval.ts';
import { applyHolds } from '../src/plan/holds/index.ts';
import type { OutcomeSet } from '../src/plan/outcomeSet.ts';
import * as planning from '../src/plan/planChanges.ts';
import { complete, type Sliced } from '../src/slices.ts';
import * as assessment from '../src/status/assessment.ts';
import * as compliance from '../src/status/compliance.ts';
import * as events from '../src/status/events.ts';
import * as status from '../src/status/status.ts';

function completed<Inputs extends readonly unknown[], Result>(
  sliced: (...inputs: Inputs) => Sliced<Result>,
): (...inputs: Inputs) => Result {
  return (...inputs) => complete(sliced(...inputs));
}

/** Outcomes that tests can compare with an array. */
class PlainOutcomes extends Array<string> implements OutcomeSet {
  get size(): number {
    return this.length;
  }

  has(outcome: string): boolean {
    return this.includes(outcome);
  }
}

function withPlainOutcomes<Inputs extends readonly unknown[]>(
  advance: (...inputs: Inputs) => Sliced<approval.Approval>,
): (...inputs: Inputs) => approval.Approval {
  return (...inputs) => {
    const { approvedOutcomes, proposed, ...others } = complete(advance(...inputs));
    return {
      ...others,
      approvedOutcomes: new Set(approvedOutcomes),
      proposed: proposed && { ...proposed, outcome: PlainOutcomes.from(proposed.outcome) as PlainOutcomes },
    };
  };
}

export const advanceApproval = withPlainOutcomes(approval.advanceApproval);
export const restoreApproval = withPlainOutcomes(approval.restoreApproval);
export const workspacesToCheckForProtection = completed(approval.workspacesToCheckForProtection);
export const encodeOutcomes = completed(approval.encodeOutcomes);
export const planChanges = completed(planning.planChanges);
export const withHolds = completed(applyHolds);
export const assess = completed(assessment.assess);
export const complianceOf = completed(compliance.complianceOf);
export const eventsOf = completed(events.eventsOf);
export const evaluatedStatus = completed(status.evaluatedStatus);
