import type { ControlPlane } from '../controlPlane.ts';
import { conditionLines } from './compliance.ts';
import type { WatchedPolicy } from './policyWatch.ts';
import type { Screen } from './screen.ts';

/** Shows what kubectl says of the policies: the overview, then everything about each. */
export async function showResult(
  screen: Screen,
  { kubectl }: Pick<ControlPlane, 'kubectl'>,
  policies: readonly WatchedPolicy[],
): Promise<void> {
  screen.line();
  screen.beginPhase('the result, as anybody in the cluster can read it');
  const commands = [
    ['get', 'wsap', '-A'],
    ...policies.map(({ metadata: { name, namespace = '' } }) => ['describe', 'wsap', name, '-n', namespace]),
  ];
  for (const command of commands) {
    const output = await kubectl(command);
    screen.line();
    screen.heading(`$ kubectl ${command.join(' ')}`);
    screen.line(output.trimEnd());
  }
}

/** Shows why the policies aren't compliant: their conditions, and what the operator logged last. */
export function showTrouble(
  screen: Screen,
  what: string,
  policies: readonly WatchedPolicy[],
  log: readonly string[],
): void {
  screen.line();
  screen.line(screen.style('red', what));
  for (const policy of policies) {
    screen.heading(`${policy.metadata.name}:`);
    screen.block(conditionLines(policy).join('\n'));
  }
  screen.heading("The operator's last log lines:");
  screen.block(log.join('\n'));
}
