import type { FleetErrorKind } from '../fleet/errors.ts';
import type { DesiredState } from '../plan/nextStep.ts';
import type { Verdict } from '../plan/verdict.ts';

/** Position of a record: its chain, its number in the chain, starting from 1, and its hash. */
export interface ChainPosition {
  /** Identity of the process that writes the chain. */
  readonly chain: string;
  readonly sequence: number;
  /** SHA-256 of the record in 64 hexadecimal digits. */
  readonly hash: string;
}

/** First record of a process. */
interface StartRecord {
  readonly kind: 'Start';
  /** Version of the operator. */
  readonly version: string;
  /** Last record in the log before this process. Null if the log was empty or can't be read, for example, standard output. */
  readonly continues: ChainPosition | null;
}

/** Manager of a part of a policy, according to its `metadata.managedFields`, which contain no user name and which a client can replace. */
export interface FieldManager {
  /** Name of the manager, for example, kubectl-annotate or argocd-controller. */
  readonly manager: string;
  /** `Apply` for server-side apply, otherwise `Update`. */
  readonly operation: string;
  /** Time of the last change of any field by this manager, in RFC 3339. */
  readonly time: string;
}

/** AWS operations that change a fleet. */
export const CHANGE_OPERATIONS = [
  'AssociateWorkspaceApplication',
  'DisassociateWorkspaceApplication',
  'DeployWorkspaceApplications',
] as const;
export type ChangeCall = (typeof CHANGE_OPERATIONS)[number];

/** An application in a call. */
export interface RecordedChange {
  readonly applicationID: string;
  readonly applicationName: string | null;
  /** State of the association before the call. Null if there is no association. */
  readonly before: string | null;
  readonly desired: DesiredState | null;
  readonly verdict: Verdict;
  /** Human-readable explanation of the verdict. */
  readonly reason: string;
  /** Whether the operator reverts a change of its own that no policy requests. */
  readonly revert: boolean;
}

/** State of an association. */
export interface RecordedState {
  readonly applicationID: string;
  readonly state: string | null;
}

/** A call that the operator is about to send. */
export interface IntentRecord {
  readonly kind: 'Intent';
  readonly call: ChangeCall;
  /** Whether a deployment repeats a failed one. */
  readonly force: boolean;
  readonly workspaceID: string;
  readonly userName: string | null;
  readonly changes: readonly RecordedChange[];
  /** Other pending associations of the WorkSpace, which a deployment also carries out. */
  readonly alsoPending: readonly RecordedState[];
  readonly policy: {
    readonly namespace: string;
    readonly name: string;
    readonly uid: string;
    readonly generation: number;
  };
  /** ID of the plan that the call carries out. */
  readonly plan: string;
  /** Manager of fields of the spec that changed the policy last. Null if the API server doesn't report it. */
  readonly editedBy: FieldManager | null;
  /** Who set the annotation that approved the plan. Null if the call needs no approval, or if the API server doesn't report it. */
  readonly approvedBy: FieldManager | null;
  /** Name of the WorkspaceFleet. Null for the operator's own AWS settings. */
  readonly fleet: string | null;
  readonly accountID: string;
  readonly region: string;
  /** ARN of the AWS identity that makes the call. Null if it is unknown. */
  readonly caller: string | null;
}

/**
 * Results of a call. `Unknown`: no usable response arrived, and the read after it doesn't show an effect. `NotSent`: the call was not sent,
 * or AWS throttled each attempt, before its precondition ended.
 */
export type RecordedResult = 'Succeeded' | 'Rejected' | 'Unknown' | 'NotSent';

/** Result of the call of an intent. */
export interface OutcomeRecord {
  readonly kind: 'Outcome';
  /** Sequence of the intent in the same chain. */
  readonly intent: number;
  readonly result: RecordedResult;
  /** AWS request IDs of all responses. There are several if AWS throttled the call. */
  readonly requestIDs: readonly string[];
  /** Time at which the call was last sent, in RFC 3339. Null if the result is NotSent. */
  readonly sentAt: string | null;
  /** Whether the response was lost and a read shows the effect. */
  readonly confirmedByRead: boolean;
  /** States after the call, as far as AWS reported them. */
  readonly after: readonly RecordedState[];
  readonly error: {
    readonly kind: FleetErrorKind;
    readonly exception: string | null;
    readonly message: string;
  } | null;
}

/** What a later read shows about a call with the result `Unknown`. */
export interface SettlementRecord {
  readonly kind: 'Settlement';
  /** Sequence of the intent in the same chain. */
  readonly intent: number;
  readonly result: 'Applied' | 'NotApplied';
}

/** Last record of a process that ended regularly. */
interface StopRecord {
  readonly kind: 'Stop';
}

export type AuditRecord = StartRecord | IntentRecord | OutcomeRecord | SettlementRecord | StopRecord;

/** Members that each record has, in addition to those of its kind. */
export interface ChainMembers {
  /** Version of the format. */
  readonly audit: 1;
  readonly chain: string;
  readonly sequence: number;
  /** Hash of the previous record of the chain. Empty for the first one. */
  readonly previous: string;
  /** Time of the record in RFC 3339. */
  readonly time: string;
}

/** A record as it is in the log. */
export type ChainedRecord = ChainMembers & { readonly hash: string } & AuditRecord;
