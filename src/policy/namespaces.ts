import type { WorkspaceFleet } from './fleetResource.gen.ts';
import { invalidField } from './invalidField.ts';
import { type LabelSelector, matchesLabels, toLabelSelector } from './labelSelector.ts';

/** Namespaces in a resource: all of them, or those that a selector matches. */
type NamespacesField = WorkspaceFleet['spec']['allowedNamespaces'];

/**
 * Returns the selector of a field that names namespaces. Undefined for all namespaces.
 *
 * @param path path of the field in the resource
 * @throws InvalidResourceError
 */
export function parseNamespaces({ from, selector }: NamespacesField, path: string): LabelSelector | undefined {
  const field = `${path}.selector`;
  if (from === 'All') {
    return selector === undefined
      ? undefined
      : invalidField(field, 'requires from: Selector; set it, or remove selector');
  }
  if (selector === undefined) {
    return invalidField(field, 'must be set if from is Selector');
  }
  const { matchLabels, matchExpressions } = selector;
  if (matchLabels === undefined && matchExpressions === undefined) {
    invalidField(field, 'must contain at least one label in matchLabels or matchExpressions');
  }
  return toLabelSelector(matchLabels, matchExpressions, field);
}

/** Whether a selector matches the labels of a namespace. Undefined matches all namespaces. */
export function matchesNamespace(
  selector: LabelSelector | undefined,
  labels: Readonly<Record<string, string>>,
): boolean {
  return selector === undefined || matchesLabels(selector, new Map(Object.entries(labels)));
}
