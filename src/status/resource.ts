import type { WorkspaceApplicationPolicy } from '../policy/resource.gen.ts';

/** Status of a WorkspaceApplicationPolicy. */
export type PolicyStatus = NonNullable<WorkspaceApplicationPolicy['status']>;

/** Association in a status. */
export type ListedAssociation = NonNullable<PolicyStatus['associations']>[number];

/** Returns a date in RFC 3339 without fractions, like the times that Kubernetes writes. */
export function timestamp(date: Date): string {
  return `${date.toISOString().slice(0, 19)}Z`;
}

/** Returns the part of a status that confirms a requested reconciliation. */
export function handled(reconcileRequestedAt: string | undefined): PolicyStatus {
  return reconcileRequestedAt === undefined ? {} : { lastHandledReconcileAt: reconcileRequestedAt };
}

/** Returns the associations of a stored status. Ignores entries of another form: version 0.1 used other field names. */
export function listedAssociations(status: PolicyStatus | undefined): readonly ListedAssociation[] {
  const associations: readonly ListedAssociation[] = status?.associations ?? [];
  return associations.filter(
    ({ workspaceID, associatedResourceID }: Partial<ListedAssociation>) =>
      workspaceID !== undefined && associatedResourceID !== undefined,
  );
}
