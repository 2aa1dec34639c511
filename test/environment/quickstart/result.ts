import type { ControlPlane } from '../controlPlane.ts';
import { conditionLines } from './compliance.ts';
import type { WatchedPolicy } from './policyWatch.ts';
import type { Screen } from './screen.ts';

/** Prints the policies as kubectl shows them: the list, then the details of each. */
export async function showResult(
  screen: Screen,
  { kubectl }: Pick<ControlPlane, 'kubectl'>,
  policies: readonly WatchedPolicy[],
): Promise<void> {
  screen.line();
  screen.beginPhase('Result');
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

/** Prints the conditions of the policies and the last log lines of the operator. */
export function showFailure(
  screen: Screen,
  message: string,
  policies: readonly WatchedPolicy[],
  log: readonly string[],
): void {
  screen.line();
  screen.line(screen.style('red', message));
  for (const policy of policies) {
    screen.heading(`${policy.metadata.name}:`);
    screen.block(conditionLines(policy).join('\n'));
  }
  screen.heading("The operator's last log lines:");
  screen.block(log.join('\n'));
}
