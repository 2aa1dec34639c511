/** The texts of a reason in docs/reference/reasons.md, as Markdown. */
export interface ReasonText {
  readonly meaning: string;
  /** What users do about it. */
  readonly remedy: string;
}

type Catalog = Readonly<Record<string, ReasonText>>;

const AMBIGUOUS_APPLICATION: ReasonText = {
  meaning: 'An entry of `applications.required` matches several applications.',
  remedy: 'Replace the name with the ID of the application.',
};

const UNKNOWN_FIELDS_REMEDY =
  'Upgrade the operator, install the CRDs of its version, or remove the fields in the message. See Upgrade.';

/** Reasons of the conditions Ready, Reconciling, and Stalled of a policy. */
export const POLICY_REASONS = {
  ReconciliationSucceeded: {
    meaning: 'The operator evaluated the policy and can act on it.',
    remedy: 'Nothing.',
  },
  Progressing: { meaning: 'Changes, or the reads before the first evaluation, are in progress.', remedy: 'Nothing.' },
  ProgressingWithRetry: {
    meaning: 'An attempt failed, and the operator retries it automatically.',
    remedy: 'Read the message of `Ready` if this lasts.',
  },
  Pending: {
    meaning:
      'The operator has not evaluated this version of the policy yet. While the policy waits for reads, the message shows how many requests are ahead, and how long they take at the allowed rate.',
    remedy: 'Wait for the first run. If it does not start, run `wsap doctor`.',
  },
  InvalidPolicy: {
    meaning:
      "The resource is invalid. The API server can't check every rule (for example, time zones), and an older CRD checks fewer rules. The policy makes no changes, protects what it allows, and keeps the status of the last valid version.",
    remedy: 'Correct the field in the message. `wsap lint` checks all rules. `kubectl apply -f crds/` updates the CRD.',
  },
  UnknownFields: {
    meaning:
      'The CRD in the cluster is of another version, and the policy sets a field that the operator does not know. The policy makes no changes, and protects what its other fields allow.',
    remedy: UNKNOWN_FIELDS_REMEDY,
  },
  AmbiguousApplication: AMBIGUOUS_APPLICATION,
  SafeguardExceeded: {
    meaning:
      'The plan would remove applications from more WorkSpaces than `safeguards.maxAffectedWorkspaces`. The operator applies no part of it.',
    remedy: 'Run `wsap plan`. Then approve the plan, raise the limit, or correct the policy.',
  },
  RolloutHalted: {
    meaning:
      'Deployments failed: the first one of the rollout, or on `rollout.maxFailures` WorkSpaces. No other WorkSpace changes. The message shows what failed where.',
    remedy: 'Find and fix the cause. Then run `kubectl wsap resume`. See Runbooks.',
  },
  AccessDenied: {
    meaning: 'AWS denied a call.',
    remedy: 'Allow the IAM action in the message. See Configure IAM.',
  },
  Unauthenticated: {
    meaning: 'The operator has no valid AWS credentials.',
    remedy: 'Give the operator an identity, or renew its credentials.',
  },
  AuditLogUnavailable: {
    meaning:
      "The audit log can't be written. The operator makes no change that it can't record, and retries automatically.",
    remedy: 'Free space for the log, or correct `--audit-log` and the permissions of its file. See Audit changes.',
  },
  InvalidParameterValues: {
    meaning: 'AWS rejected the parameters of a call and would reject them again.',
    remedy: 'Check the IDs in the message. Usually, an ID belongs to another account.',
  },
  OperationNotSupported: {
    meaning: 'AWS does not support the operation for the resource in the message.',
    remedy: 'Check that the WorkSpace runs Windows, and that its bundle supports applications.',
  },
  Throttled: {
    meaning:
      'AWS throttled a call and its retries, or a change waited too long for its turn under the rate limit. The operator continues to retry automatically.',
    remedy:
      'Reduce the calls of other clients, or request a higher rate from AWS and raise `rateLimit.requestsPerMinute` of the fleet.',
  },
  ReadFailed: {
    meaning:
      'A read failed for another reason. The operator makes no decision on incomplete data, and retries automatically.',
    remedy: 'Nothing, unless it lasts. Then read the message.',
  },
  RefNotPermitted: {
    meaning:
      "No WorkspaceFleet with this name allows the namespace of the policy. If the policy names no fleet, the operator's own AWS settings don't serve its namespace either.",
    remedy: 'Name another fleet in `spec.fleetRef`, or ask your platform team to allow the namespace.',
  },
  FleetNotReady: { meaning: 'The WorkspaceFleet of the policy is not Ready.', remedy: 'See Fleet reasons.' },
  FleetNotFound: {
    meaning:
      "The policy names no fleet, and no WorkspaceFleet `default` exists. The operator's own AWS settings serve no policies once a WorkspaceFleet exists or existed. The policy makes no changes, and protects what it allows.",
    remedy: 'Create the WorkspaceFleet `default`, or name a fleet in `spec.fleetRef`.',
  },
  ExceptionsForbidden: {
    meaning: 'The policy defines exceptions, and its WorkspaceFleet forbids them.',
    remedy: 'Remove the exceptions, or ask your platform team to allow them.',
  },
} as const satisfies Catalog;

/** Reasons of the condition Compliant, which can also have the reason of a hold. */
export const COMPLIANCE_REASONS = {
  Compliant: { meaning: 'All selected WorkSpaces comply with the policy.', remedy: 'Nothing.' },
  Restored: {
    meaning:
      'No selected WorkSpace drifts, but AWS restored some. A restore changes the applications of a WorkSpace and not its associations, so AWS does not report which applications it has.',
    remedy: 'See After a restore.',
  },
  NothingSelected: {
    meaning: 'The selector matches no WorkSpace. This counts as compliant.',
    remedy: 'Check the selector.',
  },
  Undecided: {
    meaning:
      'No WorkSpace is known to differ from the policy, but AWS omitted or rejected values that decide on a part of them. The status of the condition is Unknown.',
    remedy: 'Read the message of `Ready`, and the row of the WorkSpace.',
  },
  Drifted: {
    meaning: 'WorkSpaces differ from the policy, and no hold applies.',
    remedy: 'Nothing. The operator changes them.',
  },
  InProgress: { meaning: 'AWS carries out changes.', remedy: 'Nothing.' },
  Held: { meaning: 'A hold delays changes.', remedy: 'Read the reason in the row of the WorkSpace.' },
  Failed: {
    meaning: 'AWS reports an error that requires manual action, for example, `ValidationError.InsufficientDiskSpace`.',
    remedy: 'Fix the WorkSpace in AWS.',
  },
  ApplicationNotFound: {
    meaning: 'A required entry matches no application.',
    remedy: 'Correct or remove the entry.',
  },
} as const satisfies Catalog;

/** Reasons of the condition ApplicationsResolved. */
export const APPLICATION_REASONS = {
  Resolved: { meaning: 'Every entry of the lists matches an application.', remedy: 'Nothing.' },
  ApplicationNotFound: {
    meaning:
      'An entry matches no application. Usually, this is a typo. If the entry is required, the policy is not `Compliant` either.',
    remedy: 'Check the spelling, or remove the entry.',
  },
  AmbiguousApplication: AMBIGUOUS_APPLICATION,
} as const satisfies Catalog;

/** Reasons of the conditions of a WorkspaceFleet. */
export const FLEET_REASONS = {
  Connected: { meaning: 'STS reports the expected account.', remedy: 'Nothing.' },
  Suspended: {
    meaning: 'The fleet is connected, and `spec.suspend` is true.',
    remedy: 'Set `spec.suspend` to false to allow changes.',
  },
  Connecting: { meaning: 'The operator is requesting the account ID from STS.', remedy: 'Wait.' },
  InvalidFleet: { meaning: 'The resource is invalid.', remedy: 'Correct the field in the message.' },
  UnknownFields: {
    meaning:
      'The CRD in the cluster is of another version, and the fleet sets a field that the operator does not know. The policies of the fleet make no changes.',
    remedy: UNKNOWN_FIELDS_REMEDY,
  },
  AccountMismatch: {
    meaning:
      'The account differs from `expectedAccountID`. If the fleet names no account, the account differs from the one that the fleet used before, also before a restart. The operator reads and changes nothing.',
    remedy:
      'Correct the role, the credentials, or `expectedAccountID`. To accept another account, set `expectedAccountID` to its ID.',
  },
  AccessDenied: {
    meaning: "The operator can't assume the role.",
    remedy: "Name the operator's identity and the external ID in the trust policy of the role.",
  },
  Unauthenticated: {
    meaning: 'The operator has no valid credentials of its own.',
    remedy: "Give the operator an identity of the SDK's default chain.",
  },
  InvalidParameterValues: {
    meaning: 'STS rejects the role or the external ID.',
    remedy: 'Correct the field in the message.',
  },
  OperationNotSupported: {
    meaning: 'STS rejects the operation in the region.',
    remedy: 'Check whether the region is enabled for the account.',
  },
  Throttled: {
    meaning: 'STS throttles the operator. It retries automatically.',
    remedy: 'Nothing, unless it lasts.',
  },
  Unavailable: {
    meaning: "The operator can't reach STS. It retries automatically.",
    remedy: 'Allow network access to the STS endpoint of the region.',
  },
} as const satisfies Catalog;

/** Reasons of the condition EventsReceived of a WorkspaceFleet. */
export const EVENTS_RECEIVED_REASONS = {
  Receiving: {
    meaning: 'Events of AWS arrive. The operator renews its listings at `spec.events.resyncInterval`.',
    remedy: 'Nothing.',
  },
  Connecting: { meaning: 'The operator reads the queue for the first time.', remedy: 'Nothing.' },
  NoRecentEvent: {
    meaning:
      'No event of a change of associations arrived within 7 days, so nothing proves that events arrive. The operator reads what events announce, and at the intervals of the policies.',
    remedy: 'Test the path. See Detect drift in seconds.',
  },
  QueueNotFound: {
    meaning: 'The queue does not exist. The operator reads at the intervals of the policies.',
    remedy: 'Create the queue, or correct `spec.events.queueURL`. See Detect drift in seconds.',
  },
  AccessDenied: {
    meaning:
      'AWS denies receiving, hiding, or deleting messages of the queue. The operator reads at the intervals of the policies.',
    remedy: 'Allow the actions in the message for the identity of the fleet. See Configure IAM.',
  },
  QueueUnavailable: {
    meaning:
      'The operator has not read the queue for two minutes. It retries, and reads at the intervals of the policies.',
    remedy: 'Nothing, unless it lasts. Then allow network access to the SQS endpoint of the region.',
  },
  ReadsFailing: {
    meaning:
      'Reads that events cause have failed for two minutes. The operator retries, and reads at the intervals of the policies until such a read succeeds.',
    remedy: 'Nothing, unless it lasts. Then follow the message.',
  },
  EventsMissing: {
    meaning:
      'A change was not announced within 30 minutes: one of the operator, or one that a listing shows. The operator reads at the intervals of the policies until an event of a later change arrives.',
    remedy: 'Check the path of the events. See WsapEventsNotReceived in Runbooks.',
  },
  QueueShared: {
    meaning:
      'Another fleet reads the same queue, which delivers each event once. The operator reads at the intervals of the policies.',
    remedy: 'Create a queue for each fleet.',
  },
} as const satisfies Catalog;

/** Reasons of the conditions of a NotificationProvider. */
export const PROVIDER_REASONS = {
  ReconciliationSucceeded: {
    meaning: 'The receiver accepted the last message, or nothing was to be sent.',
    remedy: 'Nothing.',
  },
  Suspended: {
    meaning: '`spec.suspend` is true. Nothing is sent.',
    remedy: 'Set `spec.suspend` to false. The operator then sends the notifications that still apply.',
  },
  InvalidProvider: { meaning: 'The resource is invalid.', remedy: 'Correct the field in the message.' },
  SecretNotFound: {
    meaning: 'The Secret does not exist in the namespace of the operator.',
    remedy: 'Create it there, with the key `address`.',
  },
  InvalidSecret: {
    meaning: 'The Secret lacks a key, or the address is not an allowed URL.',
    remedy: 'Correct the key in the message.',
  },
  ReadFailed: {
    meaning: "The operator can't read the Secret. It retries automatically.",
    remedy:
      'If the API server denies it, add the name of the Secret to `notifications.secretNames` of the chart, or to the Role of the kustomize component.',
  },
  SendFailed: {
    meaning:
      'The receiver did not accept the last message. The operator retries while the reason of the message lasts.',
    remedy: 'Read the message. See Runbooks.',
  },
  ResultUnknown: {
    meaning:
      'The receiver may have accepted the last message, and its reason lasts. The operator does not send it again, because the receiver would show a repetition.',
    remedy:
      'Check whether the message arrived. `status.notifications` shows the policy. The reason ends when the receiver accepts another message, or when the reason of the message ends.',
  },
  ProgressingWithRetry: { meaning: 'The operator sends a message again.', remedy: 'Nothing, unless it lasts.' },
} as const satisfies Catalog;

const FAILED_CALL: ReasonText = { meaning: 'A call failed.', remedy: 'See Policy reasons.' };

/** Reasons of Events, which can also be the reason of a hold or of a condition. */
export const EVENT_REASONS = {
  Associated: { meaning: 'The operator associated an application.', remedy: 'Nothing.' },
  Disassociated: { meaning: 'The operator disassociated an application.', remedy: 'Nothing.' },
  Reverted: {
    meaning: 'The operator reverted a change that it began, because no policy requests the change.',
    remedy: 'Nothing.',
  },
  Deploying: { meaning: 'The operator started a deployment.', remedy: 'Nothing.' },
  Installed: { meaning: 'AWS completed an installation.', remedy: 'Nothing.' },
  Replaced: { meaning: 'AWS replaced one application with another in one deployment.', remedy: 'Nothing.' },
  Removed: { meaning: 'AWS completed a removal.', remedy: 'Nothing.' },
  Restored: {
    meaning: 'AWS restored WorkSpaces. Their applications are unknown, and they do not count as compliant.',
    remedy: 'See After a restore.',
  },
  DriftSourceFound: {
    meaning:
      'A bundle of the selected WorkSpaces contains an application that the policy removes. A rebuild, and each new WorkSpace of the bundle, gets it.',
    remedy:
      'Remove the application from the image, and update the bundle. The operator never changes bundles or images.',
  },
  Undecided: {
    meaning:
      'The policy might select a WorkSpace, but AWS omitted a value that decides it, returned a value that cannot be trusted, or rejected a read of this WorkSpace. The operator does not change it.',
    remedy:
      'Read the message. To decide without the value, name the WorkSpace in `workspaceIDs` or `exclude.workspaceIDs`.',
  },
  Failed: COMPLIANCE_REASONS.Failed,
  AccessDenied: FAILED_CALL,
  Unauthenticated: FAILED_CALL,
  InvalidParameterValues: FAILED_CALL,
  OperationNotSupported: FAILED_CALL,
  Throttled: FAILED_CALL,
  AuditLogUnavailable: {
    meaning: "The operator didn't make a change, because the audit log can't be written.",
    remedy: 'See Policy reasons.',
  },
  Incompatible: {
    meaning:
      'The application is incompatible with the compute type, the operating system, or other applications of the WorkSpace.',
    remedy:
      'Exclude the WorkSpace, or change it. The operator retries when the WorkSpace, the application, or the policy changes, and once a day.',
  },
  ResourceInUse: {
    meaning: 'Something else is changing the WorkSpace.',
    remedy: 'Nothing. The operator retries automatically.',
  },
  ResourceUnavailable: {
    meaning: 'The WorkSpace is not available.',
    remedy: 'Nothing. The operator retries automatically.',
  },
  ResourceNotFound: {
    meaning: 'The WorkSpace, application, or association no longer exists.',
    remedy: 'Nothing. The operator reads the state again.',
  },
  ResourceAlreadyExists: {
    meaning: 'The association already exists.',
    remedy: 'Nothing. The operator reads the state again.',
  },
  Unavailable: {
    meaning: 'AWS returned no usable response.',
    remedy: 'Nothing. The operator reads the state before it acts again.',
  },
  InvalidResponse: {
    meaning: 'AWS returned a response that may be incomplete.',
    remedy: 'Nothing. The operator reads the state before it acts again.',
  },
  UnknownError: {
    meaning: 'AWS rejected a call with an error that this version of the operator does not know.',
    remedy: 'Nothing, unless it lasts. The operator retries automatically. Then read the message.',
  },
  ApprovalIgnored: {
    meaning:
      "The operator handled the annotation `wsap.dev/approved-plan`, and it approves nothing: the status of this object didn't show that plan as waiting when the annotation appeared, or nothing of the plan remains.",
    remedy: 'Review the waiting plan, and approve it. If no plan waits, remove the annotation, also in Git.',
  },
  NotificationNotSent: {
    meaning: 'The receiver of a NotificationProvider did not accept a message. The operator retries automatically.',
    remedy: 'Nothing, unless it lasts. Then read the message.',
  },
  NotificationUnknown: {
    meaning:
      'A receiver may have accepted a message, but did not answer, or the operator stopped meanwhile. If the receiver would show a repetition, the operator does not send the message again.',
    remedy: 'Check whether the message arrived. `status.notifications` shows the policy.',
  },
  ReportNotWritten: {
    meaning:
      "The operator can't write the reports of a policy. Everything else continues, and the operator retries automatically.",
    remedy: 'Add the verb in the message to the ClusterRole of the operator.',
  },
} as const satisfies Catalog;
