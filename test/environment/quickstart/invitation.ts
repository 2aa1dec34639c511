import type { Seed } from '../../../src/simulator/seed.ts';
import type { Simulator } from '../../../src/simulator/start.ts';
import type { ControlPlane } from '../controlPlane.ts';
import { isOnPath, lookAround, type Removed, tryNext } from './hints.ts';
import type { WatchedPolicy } from './policyWatch.ts';
import type { Screen } from './screen.ts';

export interface Stage {
  readonly controlPlane: ControlPlane;
  readonly simulator: Simulator;
  readonly seed: Seed;
  readonly policies: readonly WatchedPolicy[];
}

/** Prints commands to try in another terminal. */
export async function invite(screen: Screen, { controlPlane, simulator, seed, policies }: Stage): Promise<void> {
  const { kubeconfigPath, binaryDirectory } = controlPlane;
  const kubectlFolder = (await isOnPath('kubectl')) ? undefined : binaryDirectory;
  screen.line();
  screen.heading('To inspect the cluster, run these commands in another terminal:');
  screen.block(lookAround({ kubeconfigPath, kubectlFolder, awsUrl: simulator.url, awsRegion: seed.region }).join('\n'));
  const [policy] = policies;
  const removed = policy && firstRemoved(policy, simulator, seed);
  if (policy !== undefined && removed !== undefined) {
    screen.line();
    screen.heading('Then try:');
    for (const { comment, command } of tryNext(simulator.url, policy, removed)) {
      screen.block(`# ${comment}`, 'dim');
      screen.block(command);
    }
  }
  screen.line();
  screen.heading('Changes are shown here. To stop, press Ctrl-C.');
}

/** Returns the first removal of an application that a policy denies. */
function firstRemoved({ status }: WatchedPolicy, { calls }: Simulator, { workspaces }: Seed): Removed | undefined {
  const denied = new Set(
    status?.applications?.flatMap(({ verdict, applicationID }) => (verdict === 'Denied' ? [applicationID] : [])),
  );
  const call = calls
    .list()
    .find(
      ({ operation, done, input }) =>
        operation === 'DisassociateWorkspaceApplication' &&
        done &&
        denied.has((input as { ApplicationId?: string } | null)?.ApplicationId ?? ''),
    );
  const { WorkspaceId, ApplicationId } = (call?.input ?? {}) as { WorkspaceId?: string; ApplicationId?: string };
  const workspace = workspaces.find(({ workspaceID }) => workspaceID === WorkspaceId);
  return workspace && ApplicationId !== undefined
    ? { workspaceID: workspace.workspaceID, userName: workspace.userName, applicationID: ApplicationId }
    : undefined;
}
