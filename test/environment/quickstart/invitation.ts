import type { Seed } from '../../../src/simulator/seed.ts';
import type { Simulator } from '../../../src/simulator/start.ts';
import type { ControlPlane } from '../controlPlane.ts';
import { isOnPath, lookAround, reviewChanges, tryNext } from './hints.ts';
import type { WatchedPolicy } from './policyWatch.ts';
import { firstRemoved } from './removed.ts';
import type { Screen } from './screen.ts';

export interface Stage {
  readonly controlPlane: ControlPlane;
  readonly simulator: Simulator;
  readonly seed: Seed;
  readonly policies: readonly WatchedPolicy[];
  /** Path of the audit log of the operator. */
  readonly auditLog: string;
}

/** Prints commands to try in another terminal. */
export async function invite(
  screen: Screen,
  { controlPlane, simulator, seed, policies, auditLog }: Stage,
): Promise<void> {
  const { kubeconfigPath, binaryDirectory } = controlPlane;
  const kubectlFolder = (await isOnPath('kubectl')) ? undefined : binaryDirectory;
  screen.line();
  screen.heading('To inspect the cluster, run these commands in another terminal:');
  screen.block(lookAround({ kubeconfigPath, kubectlFolder, awsUrl: simulator.url, awsRegion: seed.region }).join('\n'));
  const [policy] = policies;
  const removed = policy && firstRemoved(policy, simulator.calls, seed);
  if (policy !== undefined && removed !== undefined) {
    screen.line();
    screen.heading('Then try:');
    for (const { comment, command } of [...tryNext(simulator.url, policy, removed), ...reviewChanges(auditLog)]) {
      screen.block(`# ${comment}`, 'dim');
      screen.block(command);
    }
  }
  screen.line();
  screen.heading('Changes are shown here. To stop, press Ctrl-C.');
}
