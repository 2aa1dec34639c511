import type { Policy } from '../../policy/policy.ts';
import { printable } from '../../printable.ts';
import { CliError } from '../failure.ts';
import type { PlanWorld } from './world.ts';

/**
 * The policies that are meant: those of these names, or all, of the namespace or of all.
 *
 * @throws CliError if there is none of a name
 */
export function choiceOf(
  names: readonly string[],
  { allNamespaces }: { readonly allNamespaces: boolean },
  { world, namespace }: { readonly world: PlanWorld; readonly namespace: string | undefined },
): (policy: Policy) => boolean {
  const missing = names.find((name) => !world.has(name, allNamespaces ? undefined : namespace));
  if (missing !== undefined) {
    const where = namespace === undefined ? 'in the files' : `in the namespace ${namespace}`;
    throw new CliError(`there is no policy ${printable(missing)} ${where}`);
  }
  return (policy) =>
    (namespace === undefined || allNamespaces || policy.namespace === namespace) &&
    (names.length === 0 || names.includes(policy.name));
}
