import { objectKey } from '../../../kube/resource.ts';
import type { Policy } from '../../../policy/policy.ts';
import { sanitize } from '../../../sanitize.ts';
import { CliError } from '../../exit.ts';
import type { PlanInputs } from './planInputs.ts';

/** Whether a policy is selected. */
export type PolicyFilter = (policy: Pick<Policy, 'namespace' | 'name' | 'key'>) => boolean;

/**
 * Returns the filter for the names and the namespace. Without names, it selects all policies.
 *
 * @throws CliError if a named policy doesn't exist, or if there is no policy to select
 */
export function policyFilter(
  names: readonly string[],
  { allNamespaces, filename }: { readonly allNamespaces: boolean; readonly filename?: readonly string[] },
  { current, earlier, namespace, selectable }: PlanInputs,
): PolicyFilter {
  const isSelectable: PolicyFilter = (policy) =>
    (selectable === undefined || selectable.has(policy.key)) &&
    (namespace === undefined || allNamespaces || policy.namespace === namespace);
  const all = [...current.policies, ...(earlier?.policies ?? [])].map(({ metadata }) => ({
    key: objectKey(metadata),
    namespace: metadata.namespace ?? '',
    name: metadata.name,
  }));
  const known = new Set(all.filter(isSelectable).map(({ name }) => name));
  const missing = names.find((name) => !known.has(name));
  if (missing !== undefined || known.size === 0) {
    const subject = missing === undefined ? 'no policies' : `policy ${sanitize(missing)} not`;
    const scope = [
      ...(filename === undefined ? [] : ['in the files']),
      ...(namespace === undefined || allNamespaces ? [] : [`in namespace ${sanitize(namespace)}`]),
    ];
    const hint = filename === undefined && !allNamespaces ? '; use -A to select from all namespaces' : '';
    throw new CliError(`${subject} found ${scope.join(' ') || 'in the cluster'}${hint}`);
  }
  return (policy) => isSelectable(policy) && (names.length === 0 || names.includes(policy.name));
}
