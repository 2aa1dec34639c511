import { Command } from 'commander';
import { addBulkFlags, addExamples, type BulkFlags, reflow } from './flags.ts';

/** Returns the command `wsap reconcile`. */
export function reconcileCommand(): Command {
  const command = new Command('reconcile').summary('Reconcile policies immediately').description(
    reflow(`Reconcile policies immediately, with a fresh read from AWS.

The command waits until the operator has evaluated the policies and prints the result. Changes that the operator starts may take
longer. Exits with 1 if a policy is not Ready or the time is up.`),
  );
  addExamples(addBulkFlags(command), {
    'Reconcile one policy and wait up to 2 minutes': 'kubectl wsap reconcile -n desktops no-visio --timeout 2m',
    'Reconcile all policies in a namespace': 'kubectl wsap reconcile -n desktops --all',
  });
  return command.action(async (names: string[], flags: BulkFlags) => {
    const { reconcilePolicies } = await import('../actions/reconcile.ts');
    await reconcilePolicies(names, flags);
  });
}
