/** What a person asks of a policy by annotations, which change no generation. */
export interface PolicyAnnotations {
  /** The value of `wsap.dev/reconcile-requested-at`: each new one asks for a run now. */
  readonly reconcileRequestedAt: string | undefined;
  /** The value of `wsap.dev/approved-plan`: the id of the plan that a person approves. */
  readonly approvedPlan: string | undefined;
  /** When the operator learnt of it: what is older doesn't answer it. */
  readonly receivedAt: Date;
}

export const APPROVED_PLAN_ANNOTATION = 'wsap.dev/approved-plan';
export const RECONCILE_REQUESTED_AT_ANNOTATION = 'wsap.dev/reconcile-requested-at';
/** What the status has room for, in characters. */
const MAX_LENGTH = 256;

/** Reads the annotations of a policy. */
export function parseAnnotations(
  annotations: Readonly<Record<string, string>> | undefined,
  now: Date,
): PolicyAnnotations {
  const requestedAt = annotations?.[RECONCILE_REQUESTED_AT_ANNOTATION];
  return {
    reconcileRequestedAt: requestedAt === undefined ? undefined : [...requestedAt].slice(0, MAX_LENGTH).join(''),
    approvedPlan: annotations?.[APPROVED_PLAN_ANNOTATION]?.trim(),
    receivedAt: now,
  };
}

/** The command by which a person approves a plan of a policy. */
export function approveCommandLine({ namespace, name }: { namespace: string; name: string }, planId: string): string {
  return `kubectl -n ${namespace} annotate --overwrite wsap ${name} ${APPROVED_PLAN_ANNOTATION}=${planId}`;
}
