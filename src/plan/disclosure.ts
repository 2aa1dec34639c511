import { mapped } from '../sequence.ts';
import type { Change, Finding, Plan } from './plan.ts';

/**
 * Returns a plan whose explanations and messages contain the names and the texts of policies in all namespaces. For readers who could read
 * these policies anyway: the operator's log, and the command line, which reads with the permissions of its user.
 */
export function disclose(plan: Plan): Plan {
  const discloseChange = (change: Change) => ({ ...change, finding: discloseFinding(change.finding) });
  return {
    ...plan,
    findings: mapped(plan.findings, discloseFinding),
    changes: mapped(plan.changes, discloseChange),
    held: mapped(plan.held, ({ change, reason, message, unredacted = message, until }) => ({
      change: discloseChange(change),
      reason,
      message: unredacted,
      until,
    })),
  };
}

function discloseFinding(finding: Finding): Finding {
  const { because, unredacted = because } = finding;
  return {
    workspace: finding.workspace,
    application: finding.application,
    association: finding.association,
    isAssociated: finding.isAssociated,
    verdict: finding.verdict,
    because: unredacted,
    until: finding.until,
    desired: finding.desired,
    step: finding.step,
    failed: finding.failed,
    isIrreversible: finding.isIrreversible,
    isUndecided: finding.isUndecided,
    unrequested: finding.unrequested,
  };
}
