import type { Application } from '../fleet/model.ts';
import { areOfDifferentFamilies, areOfSameFamily } from '../fleet/products.ts';
import type { Snapshot } from '../inventory/snapshot.ts';
import type { Policy } from '../policy/policy.ts';
import { nameOf } from './compatibility.ts';
import type { EffectiveRequests } from './effectiveRequests.ts';
import type { Finding, Replacement } from './plan.ts';
import type { Refusals } from './refusals.ts';
import type { StartedView } from './reverts.ts';

/** Inputs for the replacements of a plan. */
export interface ReplacementInputs {
  readonly policy: Policy;
  readonly effective: EffectiveRequests;
  readonly snapshot: Snapshot;
  readonly started: StartedView;
  readonly refusals: Refusals;
  /** Returns the same object for equal replacements. */
  readonly shared: (replacement: Replacement) => Replacement;
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

/** Returns the explanation of a part of a replacement, which names the other part. */
export function explainedAs(
  { desired, because, unredacted }: Pick<Finding, 'desired' | 'because' | 'unredacted'>,
  { removed, installed }: Pick<Replacement, 'removed' | 'installed'>,
): Pick<Finding, 'because' | 'unredacted'> {
  const others =
    desired === 'Absent'
      ? `replaced with ${installed.map(nameOf).join(' and ')}`
      : `replaces ${removed.map(nameOf).join(' and ')}`;
  return {
    because: `${because}; ${others}`,
    unredacted: unredacted === undefined ? undefined : `${unredacted}; ${others}`,
  };
}
