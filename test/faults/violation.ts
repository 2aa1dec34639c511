/** Name of a rule that the operator must never violate. README.md describes each rule. */
export type Rule =
  | 'UnrequestedChange'
  | 'MissingData'
  | 'InvalidTransition'
  | 'UnmanagedChange'
  | 'AbandonedChange'
  | 'ForcedDeployment'
  | 'MissingApproval'
  | 'ClosedWindow'
  | 'LicensePaid'
  | 'GracePeriod'
  | 'SafeguardExceeded'
  | 'ManualDeployment'
  | 'UserSession'
  | 'NobodyWithout'
  | 'ReplacementOrder'
  | 'OpenWork'
  | 'BudgetExceeded'
  | 'Halted'
  | 'ProtectedWorkspace'
  | 'UnreadyWorkspace'
  | 'StaleRead'
  | 'StaleSession'
  | 'RepeatedChange'
  | 'RejectedChange'
  | 'IgnoredBackoff'
  | 'FlappingRemoval'
  | 'UnreadEvent'
  | 'EventsReceived'
  | 'AccurateRecords'
  | 'AccurateHistory'
  | 'AuditTrail'
  | 'HourlyQuota'
  | 'LostLease'
  | 'ApiServerSilence'
  | 'ChangeAfterStop'
  | 'UnexpectedExit'
  | 'MissingConvergence'
  | 'DifferentOutcome'
  | 'ChangeOnQuietDay';

/** Violation of a rule. */
export interface Violation {
  readonly rule: Rule;
  /** Milliseconds from the start. */
  readonly at: number;
  readonly message: string;
}

/** Violation before the watcher adds the time. */
export type UntimedViolation = Omit<Violation, 'at'>;
