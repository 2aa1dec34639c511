import type { ScenarioName } from '../scenarios/index.ts';

/** Source text that switches off one rule. It replaces the original when a separate process loads the sources. */
export interface Mutation {
  /** Rule in one sentence, as printed by `npm run mutate-rules`. */
  readonly rule: string;
  /** Name of the scenario that aims at the rule. If undefined, any schedule may catch the mutation. */
  readonly scenario?: ScenarioName;
  /** Path below src. */
  readonly file: string;
  readonly from: string;
  readonly to: string;
  /** Further implementations of the same rule, for example, the revalidation before each change. */
  readonly also?: readonly { readonly file: string; readonly from: string; readonly to: string }[];
}

/** Removes a hold from the list of holds. */
export function without(hold: string) {
  return { file: 'plan/holds/index.ts', from: `  ${hold},\n`, to: '' };
}
