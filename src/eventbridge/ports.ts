/** Message of an SQS queue. */
export interface QueueMessage {
  readonly messageID: string;
  /** Handle of this delivery. It expires with the visibility timeout, and each delivery has another one. */
  readonly receiptHandle: string;
  /** Text that the sender wrote, with any length and content. */
  readonly body: string;
  /** Time at which the queue accepted the message. Undefined if AWS omitted it. */
  readonly sentAt: Date | undefined;
  /** Number of deliveries of this message, including this one. */
  readonly receiveCount: number;
}

export interface ReceiveOptions {
  /** Maximum number of messages. Range: 1 to 10. */
  readonly maxMessages: number;
  /** Maximum time to wait for the first message, in seconds. Range: 0 to 20. */
  readonly waitSeconds: number;
  /** Time for which received messages are hidden from other receivers, in seconds. Range: 0 to 43200. */
  readonly visibilityTimeoutSeconds: number;
}

/**
 * SQS queue that contains the EventBridge events of a fleet. Each method rejects with a FleetError, for example, of kind `AccessDenied`,
 * `ResourceNotFound`, `Unauthenticated`, `Throttled`, or `Unavailable`.
 */
export interface EventQueue {
  /** Returns up to `maxMessages` messages, or none after `waitSeconds`. Rejects with `Canceled` when the signal is aborted. */
  receive(options: ReceiveOptions, signal: AbortSignal): Promise<readonly QueueMessage[]>;
  /** Deletes messages. A handle that expired is not an error. Accepts any number of handles; the adapter sends 10 per call. */
  delete(receiptHandles: readonly string[]): Promise<void>;
  /**
   * Hides messages for `seconds` from now on; 0 makes them visible immediately. A handle that expired is not an error. Accepts any number of
   * handles; the adapter sends 10 per call.
   */
  changeVisibility(receiptHandles: readonly string[], seconds: number): Promise<void>;
}
