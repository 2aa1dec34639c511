import type { Change, Finding, Plan } from './plan.ts';

/**
 * Returns a plan whose explanations and messages contain the names and the texts of policies in all namespaces. For readers who could read
 * these policies anyway: the operator's log, and the command line, which reads with the permissions of its user.
 */
export function disclose(plan: Plan): Plan {
  const disclosed = new Map(plan.findings.map((finding) => [finding, discloseFinding(finding)]));
  const discloseChange = (change: Change) => ({ ...change, finding: disclosed.get(change.finding) ?? change.finding });
  return {
    ...plan,
    findings: [...disclosed.values()],
    changes: plan.changes.map(discloseChange),
    held: plan.held.map(({ change, message, unredacted = message, ...hold }) => ({
      ...hold,
      change: discloseChange(change),
      message: unredacted,
    })),
  };
}

function discloseFinding({ because, unredacted = because, ...finding }: Finding): Finding {
  return { ...finding, because: unredacted };
}
