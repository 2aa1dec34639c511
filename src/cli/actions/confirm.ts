import type { PolicyObject } from '../../kube/resources.ts';
import { confirmationOf, RESTORES_CONFIRMED_ANNOTATION } from '../../policy/annotations.ts';
import { sanitize } from '../../sanitize.ts';
import { type RestoredWorkspace, restoredIn } from '../../status/restored.ts';
import type { WaitFlags } from '../commands/flags.ts';
import { CliError, stopSignal } from '../exit.ts';
import { connectToCluster } from './connectToCluster.ts';
import { policiesOf } from './policies.ts';
import { type PolicyRequest, sendAndPrint } from './policyRequest.ts';

/**
 * Confirms the restored WorkSpaces that the status of a policy shows: all of them, or the given ones.
 *
 * @throws CliError if the status shows no restored WorkSpace, or not the given ones
 */
export async function confirmRestores(name: string, workspaceIDs: readonly string[], flags: WaitFlags): Promise<void> {
  const cluster = connectToCluster(flags);
  const signal = stopSignal();
  const policies = await policiesOf(cluster, [name], signal);
  const [restored = []] = policies.map(({ status }) => restoredIn(status));
  if (restored.length === 0) {
    throw new CliError(
      `policy ${sanitize(name)} has no restored WorkSpaces to confirm; to read its status, run: kubectl wsap status -n ${sanitize(cluster.namespace)} ${sanitize(name)}`,
    );
  }
  const unknown = workspaceIDs.find((id) => !restored.some(({ workspaceID }) => workspaceID === id));
  if (unknown !== undefined) {
    const ids = restored.map(({ workspaceID }) => workspaceID).join(', ');
    throw new CliError(
      `the status of policy ${sanitize(name)} doesn't list WorkSpace ${sanitize(unknown, 66)} as restored; it lists ${sanitize(ids, 512)}`,
    );
  }
  await sendAndPrint(cluster, policies, () => confirmation(restored, workspaceIDs), flags, signal);
}

/** Returns the request that confirms the latest restore that the user can have seen, and all earlier ones. */
function confirmation(restored: readonly RestoredWorkspace[], workspaceIDs: readonly string[]): PolicyRequest {
  const covered =
    workspaceIDs.length === 0 ? restored : restored.filter((one) => workspaceIDs.includes(one.workspaceID));
  const [latest = ''] = covered
    .map(({ time }) => time)
    .sort()
    .reverse();
  const ids = new Set(covered.map(({ workspaceID }) => workspaceID));
  const count = ids.size === 1 ? '1 restored WorkSpace' : `${ids.size} restored WorkSpaces`;
  const isOpen = ({ workspaceID, time }: RestoredWorkspace) => ids.has(workspaceID) && time <= latest;
  return {
    patch: { metadata: { annotations: { [RESTORES_CONFIRMED_ANNOTATION]: confirmationOf(latest, workspaceIDs) } } },
    isHandled: ({ status }: PolicyObject) => !restoredIn(status).some(isOpen),
    done: `confirmed ${count}`,
  };
}
