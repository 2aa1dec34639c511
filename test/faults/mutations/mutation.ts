import type { ScenarioName } from '../scenarios/index.ts';

/** One rule switched off, in the source text, as it is loaded into a test's own process. */
export interface Mutation {
  /** The rule, in the words of docs/reliability.md. */
  readonly rule: string;
  /** The story that is aimed at it; undefined: any schedule may catch it. */
  readonly scenario?: ScenarioName;
  /** Of src. */
  readonly file: string;
  readonly from: string;
  readonly to: string;
  /** Further places where the same rule is kept: the plan and the fresh look before each change. */
  readonly also?: readonly { readonly file: string; readonly from: string; readonly to: string }[];
}

/** A hold left out of those that a plan goes through. */
export function without(hold: string) {
  return { file: 'plan/holds/index.ts', from: `  ${hold},\n`, to: '' };
}
