import type { Rule } from './violation.ts';

/**
 * Rules that the operator does not implement completely. No run reports their violations, and nothing waits for them. To
 * enforce a rule, delete its line, and add its mutations.
 */
const PENDING_RULES: ReadonlySet<Rule> = new Set([
  // Waits for the reverts: the operator reverts what it began and no policy asks for, and never deploys it.
  'AbandonedChange',
  // Waits for the accurate records: `recentRemovals` lists the removals that the operator has made, and no others.
  'AccurateRecords',
  // Waits for the forced deployments that repeat only what the operator started.
  'ForcedDeployment',
]);

/** Returns the violations of the rules that are enforced. */
export function enforced<T extends { readonly rule: Rule }>(violations: readonly T[]): T[] {
  return violations.filter(({ rule }) => !PENDING_RULES.has(rule));
}
