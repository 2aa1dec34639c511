import { objectKey } from '../../../kube/resource.ts';
import type { Policy } from '../../../policy/policy.ts';
import { sanitize } from '../../../sanitize.ts';
import { CliError } from '../../output/cliError.ts';
import type { PlanInputs } from './planInputs.ts';

/** Whether a policy is meant. */
export type PolicyFilter = (policy: Pick<Policy, 'namespace' | 'name' | 'key'>) => boolean;

/**
 * The policies that are meant: those of these names, or all, of the namespace or of all.
 *
 * @throws CliError if there is none of a name, or none at all
 */
export function policyFilter(
  names: readonly string[],
  { allNamespaces, filename }: { readonly allNamespaces: boolean; readonly filename?: readonly string[] },
  { current, earlier, namespace, offered }: PlanInputs,
): PolicyFilter {
  const isOffered: PolicyFilter = (policy) =>
    (offered === undefined || offered.has(policy.key)) &&
    (namespace === undefined || allNamespaces || policy.namespace === namespace);
  const all = [...current.policies, ...(earlier?.policies ?? [])].map(({ metadata }) => ({
    key: objectKey(metadata),
    namespace: metadata.namespace ?? '',
    name: metadata.name,
  }));
  const known = new Set(all.filter(isOffered).map(({ name }) => name));
  const missing = names.find((name) => !known.has(name));
  if (missing !== undefined || known.size === 0) {
    const what = missing === undefined ? '' : ` ${sanitize(missing)}`;
    const places = [
      ...(filename === undefined ? [] : ['in the files']),
      ...(namespace === undefined || allNamespaces ? [] : [`in the namespace ${sanitize(namespace)}`]),
    ];
    const hint = filename === undefined && !allNamespaces ? '; -A is for those of all namespaces' : '';
    throw new CliError(`there is no policy${what} ${places.join(' ') || 'in the cluster'}${hint}`);
  }
  return (policy) => isOffered(policy) && (names.length === 0 || names.includes(policy.name));
}
