/** Requests that users make with annotations of a policy. Annotations don't change the generation. */
export interface PolicyAnnotations {
  /** Value of `wsap.dev/reconcile-requested-at`. Each new value requests a run. */
  readonly reconcileRequestedAt: string | undefined;
  /** Value of `wsap.dev/approved-plan`, with what the status showed when the value appeared. */
  readonly approval: ApprovalRequest | undefined;
  /** Value of `wsap.dev/resume-requested-at`, with what the status showed when the value appeared. */
  readonly resume?: ResumeRequest | undefined;
  /** Value of `wsap.dev/restores-confirmed-at`. Undefined if there is no valid one. */
  readonly restoreConfirmation?: RestoreConfirmation | undefined;
  /** Time at which the operator received the annotations. Reads from before this time don't satisfy the request. */
  readonly receivedAt: Date;
}

/** A value of `wsap.dev/restores-confirmed-at`: a user has checked the WorkSpaces that were restored until this time. */
export interface RestoreConfirmation {
  /** Milliseconds since the epoch. */
  readonly time: number;
  /** IDs of the checked WorkSpaces. Undefined for all. */
  readonly workspaceIDs: ReadonlySet<string> | undefined;
}

/** A value of `wsap.dev/approved-plan`. */
export interface ApprovalRequest {
  /** ID of the plan to approve. */
  readonly planID: string;
  /**
   * ID of the plan that the status showed as waiting for an approval in the version of the object in which the value first appeared.
   * Undefined if no plan waited, or if the status belonged to another object.
   */
  readonly shownPlanID: string | undefined;
}

/** A value of `wsap.dev/resume-requested-at`. */
export interface ResumeRequest {
  readonly value: string;
  /** Whether the status of this object showed a halted rollout in the version in which the value first appeared. */
  readonly isHaltShown: boolean;
}

export const APPROVED_PLAN_ANNOTATION = 'wsap.dev/approved-plan';
export const RECONCILE_REQUESTED_AT_ANNOTATION = 'wsap.dev/reconcile-requested-at';
export const RESUME_REQUESTED_AT_ANNOTATION = 'wsap.dev/resume-requested-at';
/** Annotation of a NotificationProvider that requests a test message. */
export const TEST_REQUESTED_AT_ANNOTATION = 'wsap.dev/test-requested-at';
export const RESTORES_CONFIRMED_ANNOTATION = 'wsap.dev/restores-confirmed-at';
/** Annotations of an Event: generation of the policy, ID of the plan, field managers, and AWS request IDs of the calls. */
export const GENERATION_ANNOTATION = 'wsap.dev/generation';
export const PLAN_ANNOTATION = 'wsap.dev/plan';
export const EDITED_BY_ANNOTATION = 'wsap.dev/edited-by';
export const APPROVED_BY_ANNOTATION = 'wsap.dev/approved-by';
export const REQUEST_IDS_ANNOTATION = 'wsap.dev/request-ids';
/** Maximum length of `status.lastHandledReconcileAt` and `status.lastHandledResumeAt` in the CRD. */
const MAX_REQUEST_CHARACTERS = 256;
/** Maximum length of `status.lastHandledApproval` in the CRD. */
const MAX_PLAN_ID_CHARACTERS = 64;

/** The parts of a policy's resource that the requests depend on. */
export interface AnnotatedObject {
  readonly metadata: { readonly uid?: string; readonly annotations?: Readonly<Record<string, string>> };
  readonly spec?: { readonly enforcement?: string };
  readonly status?: {
    readonly objectUID?: string;
    readonly plan?: { readonly id?: string };
    readonly rollout?: { readonly halted?: boolean };
    readonly conditions?: readonly { readonly type: string; readonly reason: string }[];
  };
}

/** Whether the status of a policy shows that its plan requires an approval: with `enforcement: Approve`, or if it exceeds the safeguard. */
export function showsApprovalAsRequired({ spec, status }: AnnotatedObject): boolean {
  const exceeds = status?.conditions?.some(({ type, reason }) => type === 'Ready' && reason === 'SafeguardExceeded');
  return spec?.enforcement === 'Approve' || (spec?.enforcement === 'Enforce' && exceeds === true);
}

/**
 * Returns the requests in the annotations of a policy. A request that an earlier version of the object had keeps what is known about its
 * first appearance.
 *
 * @param known requests of the earlier version. Undefined for the first version that the operator receives
 */
export function parseAnnotations(
  object: AnnotatedObject,
  known: PolicyAnnotations | undefined,
  now: Date,
): PolicyAnnotations {
  const { uid, annotations } = object.metadata;
  const { status } = object;
  const requestedAt = annotations?.[RECONCILE_REQUESTED_AT_ANNOTATION];
  const reconcileRequestedAt = requestedAt && firstCharacters(requestedAt, MAX_REQUEST_CHARACTERS);
  const planID = firstCharacters(annotations?.[APPROVED_PLAN_ANNOTATION]?.trim() ?? '', MAX_PLAN_ID_CHARACTERS);
  const resumeAt = firstCharacters(annotations?.[RESUME_REQUESTED_AT_ANNOTATION] ?? '', MAX_REQUEST_CHARACTERS);
  const shown = uid !== undefined && status?.objectUID === uid ? status : undefined;
  const shownPlanID = showsApprovalAsRequired(object) ? shown?.plan?.id : undefined;
  return {
    reconcileRequestedAt,
    restoreConfirmation: parseConfirmation(annotations?.[RESTORES_CONFIRMED_ANNOTATION]),
    approval: planID === '' ? undefined : planID === known?.approval?.planID ? known.approval : { planID, shownPlanID },
    resume:
      resumeAt === ''
        ? undefined
        : resumeAt === known?.resume?.value
          ? known.resume
          : { value: resumeAt, isHaltShown: shown?.rollout?.halted === true },
    receivedAt: known?.reconcileRequestedAt === reconcileRequestedAt ? (known?.receivedAt ?? now) : now,
  };
}

/** RFC 3339 time, optionally followed by a space and WorkSpace IDs with commas. */
const CONFIRMATION = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z)(?: (\S+))?$/;
/** Maximum length of a confirmation: 250 WorkSpace IDs of the maximum length. */
const MAX_CONFIRMATION_CHARACTERS = 20_000;

/** Returns the confirmation in a value of the annotation, or undefined if it is missing or invalid. */
function parseConfirmation(value = ''): RestoreConfirmation | undefined {
  const [, text = '', ids] = CONFIRMATION.exec(value.slice(0, MAX_CONFIRMATION_CHARACTERS).trim()) ?? [];
  const time = Date.parse(text);
  return Number.isNaN(time)
    ? undefined
    : { time, workspaceIDs: ids === undefined ? undefined : new Set(ids.split(',')) };
}

/** Returns a value of the annotation that confirms restores until a time, in RFC 3339. Without IDs, it confirms all WorkSpaces. */
export function confirmationOf(time: string, workspaceIDs: readonly string[]): string {
  return workspaceIDs.length === 0 ? time : `${time} ${workspaceIDs.join(',')}`;
}

function firstCharacters(text: string, count: number): string {
  return [...text].slice(0, count).join('');
}

/** Returns the command that resumes a policy. */
export function resumeCommandLine({ namespace, name }: { namespace: string; name: string }): string {
  return `kubectl wsap resume -n ${namespace} ${name}`;
}

/** Returns the command that approves a plan of a policy. */
export function approveCommandLine({ namespace, name }: { namespace: string; name: string }, planID: string): string {
  return `kubectl -n ${namespace} annotate --overwrite wsap ${name} ${APPROVED_PLAN_ANNOTATION}=${planID}`;
}
