import type { WorkspaceApplicationPolicy } from '../policy/resource.gen.ts';

/** The status of a WorkspaceApplicationPolicy. */
export type PolicyStatus = NonNullable<WorkspaceApplicationPolicy['status']>;

/** RFC 3339 without fractions, as Kubernetes writes times. */
export function timestamp(date: Date): string {
  return `${date.toISOString().slice(0, 19)}Z`;
}

/** What of a status tells that a request was handled. */
export function handled(reconcileRequestedAt: string | undefined): PolicyStatus {
  return reconcileRequestedAt === undefined ? {} : { lastHandledReconcileAt: reconcileRequestedAt };
}
