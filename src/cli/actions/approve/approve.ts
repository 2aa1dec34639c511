import process from 'node:process';
import { createInterface } from 'node:readline/promises';
import type { PolicyObject } from '../../../kube/resources.ts';
import { APPROVED_PLAN_ANNOTATION } from '../../../policy/annotations.ts';
import { sanitize } from '../../../sanitize.ts';
import type { WaitFlags } from '../../commands/flags.ts';
import { CliError, stopSignal } from '../../exit.ts';
import { connectToCluster } from '../connectToCluster.ts';
import { policiesOf } from '../policies.ts';
import { sendAndPrint } from '../policyRequest.ts';
import { approvalPreview } from './preview.ts';

/**
 * Approves the proposed plan of a policy: the plan with the given ID, or the one that the user confirms.
 *
 * @throws CliError if the policy proposes no plan or another one, or if the user doesn't confirm it
 */
export async function approvePlan(name: string, planId: string | undefined, flags: WaitFlags): Promise<void> {
  const cluster = connectToCluster(flags);
  const signal = stopSignal();
  const [policy] = await policiesOf(cluster, [name], signal);
  const proposed = policy?.status?.plan?.id;
  if (policy === undefined || proposed === undefined) {
    throw new CliError(`policy ${sanitize(name)} has no plan that waits for approval`);
  }
  if (planId === undefined) {
    await confirm(policy, proposed);
  } else if (planId !== proposed) {
    throw new CliError(
      `policy ${sanitize(name)} now proposes plan ${sanitize(proposed)} instead of ${sanitize(planId)}; review the new plan, then approve it`,
    );
  }
  const approval = {
    patch: { metadata: { annotations: { [APPROVED_PLAN_ANNOTATION]: proposed } } },
    isHandled: ({ status }: PolicyObject) => status?.lastApprovedPlan === proposed,
    done: `approved (plan ${proposed})`,
  };
  await sendAndPrint(cluster, [policy], () => approval, flags, signal);
}

/** Shows the plan, so that the user sees what the approval covers, and asks for confirmation. */
async function confirm(policy: PolicyObject, planId: string): Promise<void> {
  if (!process.stdin.isTTY || !process.stdout.isTTY) {
    throw new CliError(
      `confirmation requires a terminal; to approve the plan that you have reviewed, add its ID: ${sanitize(planId)}`,
    );
  }
  const { namespace, name } = policy.metadata;
  process.stdout.write(
    `Plan ${sanitize(planId)} of policy ${sanitize(`${namespace}/${name}`)}:\n\n${approvalPreview(policy)}`,
  );
  const terminal = createInterface({ input: process.stdin, output: process.stdout });
  // Ctrl-C and Ctrl-D reject the question.
  const answer = await terminal.question('\nApprove this plan? Only "yes" is accepted: ').catch(() => '');
  terminal.close();
  if (answer.trim() !== 'yes') {
    throw new CliError('the plan was not approved');
  }
}
