import process from 'node:process';
import { createInterface } from 'node:readline/promises';
import type { PolicyObject } from '../../../kube/resources.ts';
import { APPROVED_PLAN_ANNOTATION } from '../../../policy/annotations.ts';
import { sanitize } from '../../../sanitize.ts';
import { approvalPreview } from '../../../status/approvalPreview.ts';
import { waitingPlanID } from '../../../status/waitingPlan.ts';
import type { WaitFlags } from '../../commands/flags.ts';
import { CliError, stopSignal } from '../../exit.ts';
import { connectToCluster } from '../connectToCluster.ts';
import { policiesOf } from '../policies.ts';
import { sendAndPrint } from '../policyRequest.ts';

/**
 * Approves the waiting plan of a policy: the plan with the given ID, or the one that the user confirms.
 *
 * @throws CliError if no plan or another one waits, if the user doesn't confirm it, or if the operator ignores the approval
 */
export async function approvePlan(name: string, planID: string | undefined, flags: WaitFlags): Promise<void> {
  const cluster = connectToCluster(flags);
  const signal = stopSignal();
  const [policy] = await policiesOf(cluster, [name], signal);
  const proposed = policy && waitingPlanID(policy);
  if (policy === undefined || proposed === undefined) {
    throw new CliError(
      `policy ${sanitize(name)} has no plan that waits for approval${planID === undefined ? '' : `, so ${sanitize(planID, 64)} approves nothing`}; to read its status, run: kubectl wsap status -n ${sanitize(cluster.namespace)} ${sanitize(name)}`,
    );
  }
  if (planID === undefined) {
    await confirm(policy, proposed);
  } else if (planID !== proposed) {
    throw new CliError(
      `policy ${sanitize(name)} now proposes plan ${sanitize(proposed)} instead of ${sanitize(planID)}; review the new plan, then approve it`,
    );
  }
  const approval = {
    patch: { metadata: { annotations: { [APPROVED_PLAN_ANNOTATION]: proposed } } },
    isHandled: ({ status }: PolicyObject) => status?.lastHandledApproval === proposed,
    done: `approved (plan ${proposed})`,
    failureOf: ({ status }: PolicyObject) =>
      status?.lastApprovedPlan === proposed
        ? undefined
        : `the operator ignored the approval of plan ${sanitize(proposed)}, because the plan changed; review the new plan, then approve it`,
  };
  await sendAndPrint(cluster, [policy], () => approval, flags, signal);
}

/** Shows the plan, so that the user sees what the approval covers, and asks for confirmation. */
async function confirm(policy: PolicyObject, planID: string): Promise<void> {
  if (!process.stdin.isTTY || !process.stdout.isTTY) {
    throw new CliError(
      `confirmation requires a terminal; to approve the plan that you have reviewed, add its ID: ${sanitize(planID)}`,
    );
  }
  const { namespace, name } = policy.metadata;
  process.stdout.write(
    `Plan ${sanitize(planID)} of policy ${sanitize(`${namespace}/${name}`)}:\n\n${approvalPreview(policy)}`,
  );
  const terminal = createInterface({ input: process.stdin, output: process.stdout });
  // Ctrl-C and Ctrl-D reject the question.
  const answer = await terminal.question('\nApprove this plan? Only "yes" is accepted: ').catch(() => '');
  terminal.close();
  if (answer.trim() !== 'yes') {
    throw new CliError('the plan was not approved');
  }
}
