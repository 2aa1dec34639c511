import { completeDelivery, type DeliveryRecord, type DeliveryResult } from '../../notifications/deliveryRecords.ts';

/** Result of a message that the status may not show yet. */
export interface UnwrittenResult {
  readonly messageID: string;
  /** Time of the intent in the records. Distinguishes the attempt from one of another replica. */
  readonly startTime: string;
  readonly result: DeliveryResult;
  readonly isIdempotent: boolean;
  readonly at: Date;
}

/** Maximum number of results of a provider. Each write of its status contains all of them, so more exist only in a long outage. */
const MAX_RESULTS = 20;

/** Results that this process knows, and that the status of a provider may not show yet, by the UID of the provider. */
export class UnwrittenResults {
  readonly #results = new Map<string, readonly UnwrittenResult[]>();

  remember(uid: string, result: UnwrittenResult): void {
    const results = [...(this.#results.get(uid) ?? []), result];
    // Each written intent contains all earlier results, so only the first one can be the result of a request.
    this.#results.set(uid, results.toSpliced(1, Math.max(0, results.length - MAX_RESULTS)));
  }

  forget(uid: string): void {
    this.#results.delete(uid);
  }

  /** Returns the records of a provider with its results, even if they couldn't be written. */
  applyTo(uid: string, records: readonly DeliveryRecord[]): readonly DeliveryRecord[] {
    return (this.#results.get(uid) ?? []).reduce((known, { messageID, startTime, result, isIdempotent, at }) => {
      const isOwn = known.some((one) => one.messageID === messageID && one.time === startTime);
      return isOwn ? completeDelivery(known, messageID, result, isIdempotent, at) : known;
    }, records);
  }
}
