/** Requests that users make with annotations of a policy. Annotations don't change the generation. */
export interface PolicyAnnotations {
  /** Value of `wsap.dev/reconcile-requested-at`. Each new value requests a run. */
  readonly reconcileRequestedAt: string | undefined;
  /** Value of `wsap.dev/approved-plan`: the ID of the approved plan. */
  readonly approvedPlan: string | undefined;
  /** Time at which the operator received the annotations. Reads from before this time don't satisfy the request. */
  readonly receivedAt: Date;
}

export const APPROVED_PLAN_ANNOTATION = 'wsap.dev/approved-plan';
export const RECONCILE_REQUESTED_AT_ANNOTATION = 'wsap.dev/reconcile-requested-at';
/** Maximum length of `status.lastHandledReconcileAt` in the CRD. */
const MAX_REQUEST_CHARACTERS = 256;

/** Returns the requests in the annotations of a policy. */
export function parseAnnotations(
  annotations: Readonly<Record<string, string>> | undefined,
  now: Date,
): PolicyAnnotations {
  const requestedAt = annotations?.[RECONCILE_REQUESTED_AT_ANNOTATION];
  return {
    reconcileRequestedAt:
      requestedAt === undefined ? undefined : [...requestedAt].slice(0, MAX_REQUEST_CHARACTERS).join(''),
    approvedPlan: annotations?.[APPROVED_PLAN_ANNOTATION]?.trim(),
    receivedAt: now,
  };
}

/** Returns the command that approves a plan of a policy. */
export function approveCommandLine({ namespace, name }: { namespace: string; name: string }, planId: string): string {
  return `kubectl -n ${namespace} annotate --overwrite wsap ${name} ${APPROVED_PLAN_ANNOTATION}=${planId}`;
}
