import type { Application } from '../fleet/model.ts';
import type { Snapshot } from '../inventory/snapshot.ts';
import type { Policy } from '../policy/policy.ts';
import type { EffectivePolicies } from './effectivePolicies.ts';
import { areOfDifferentFamilies, areOfSameFamily } from './officeProducts.ts';
import type { Refusals } from './refusals.ts';
import type { StartedView } from './reverts.ts';

/** Inputs for the replacements of a plan. */
export interface ReplacementInputs {
  readonly policy: Policy;
  readonly effective: EffectivePolicies;
  readonly snapshot: Snapshot;
  readonly started: StartedView;
  readonly refusals: Refusals;
}

/** Returns the installations that replace an application, of all that may. */
export function replacing<T extends { readonly application: Application }>(
  { application: { name } }: { readonly application: Application },
  candidates: readonly T[],
): readonly T[] {
  const same = candidates.filter(({ application }) => areOfSameFamily(name, application.name));
  return same.length > 0
    ? same
    : candidates.filter(({ application }) => !areOfDifferentFamilies(name, application.name));
}
