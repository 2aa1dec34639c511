import type { RecordedIntent } from '../audit/auditTrail.ts';
import { intentOf, recordedState } from '../audit/intent.ts';
import type { IntentRecord, RecordedResult, SettlementRecord } from '../audit/record.ts';
import { FleetError } from '../fleet/errors.ts';
import type { Association } from '../fleet/model.ts';
import type { CallRecorder } from '../fleet/ports.ts';
import type { Change } from '../plan/plan.ts';
import { sanitize } from '../sanitize.ts';
import { mayHaveBeenApplied } from './ambiguousResult.ts';
import type { ExecuteContext, SendCheck } from './context.ts';
import type { CallSummary } from './outcome.ts';

/**
 * Records one call in the audit log: an intent that is durable before the call is sent, and an outcome. A call that is not sent because of
 * the rate limit or a precondition leaves no record, unless the precondition ends while the intent is written.
 */
export class CallRecord implements CallRecorder {
  readonly #changes: readonly [Change, ...Change[]];
  readonly #context: ExecuteContext;
  readonly #check: SendCheck;
  readonly #requestIDs = new Set<string>();
  #intent: IntentRecord | undefined;
  #recorded: RecordedIntent | undefined;

  constructor(changes: readonly [Change, ...Change[]], context: ExecuteContext, check: SendCheck) {
    this.#changes = changes;
    this.#context = context;
    this.#check = check;
  }

  async beforeSend(): Promise<void> {
    const { audit, associations = new Map() } = this.#context;
    this.#intent = intentOf({ ...this.#context, changes: this.#changes, associations });
    this.#recorded = await audit?.begin(this.#intent);
  }

  /** Summary of the call. Undefined before it is sent. */
  get summary(): CallSummary | undefined {
    if (this.#intent === undefined) {
      return undefined;
    }
    const { policy, plan, editedBy, approvedBy } = this.#intent;
    return { policy, plan, editedBy, approvedBy, requestIDs: [...this.#requestIDs] };
  }

  onResponse(requestID: string): void {
    this.#requestIDs.add(sanitize(requestID, 128));
  }

  /** Records that AWS accepted the call. `after`: associations after it, as far as AWS reported them. */
  async succeeded(after: readonly Association[]): Promise<void> {
    await this.#end('Succeeded', after);
  }

  /** Records that the call failed. `isConfirmed`: whether a read shows that it had an effect nevertheless. */
  async failed(error: unknown, isConfirmed: boolean): Promise<void> {
    if (!(error instanceof FleetError)) {
      await this.#end('Unknown', []);
      return;
    }
    const isAmbiguous = mayHaveBeenApplied(error);
    const failure = error.kind === 'Canceled' ? 'NotSent' : isAmbiguous ? 'Unknown' : 'Rejected';
    await this.#end(isAmbiguous && isConfirmed ? 'Succeeded' : failure, [], error);
  }

  /** Records what a later read shows about a call without a usable response. */
  settle(result: SettlementRecord['result']): void {
    this.#recorded?.settle(result);
  }

  async #end(result: RecordedResult, after: readonly Association[], error?: FleetError): Promise<void> {
    await this.#recorded?.end({
      result,
      requestIDs: [...this.#requestIDs],
      sentAt: result === 'NotSent' ? null : this.#check.sentAt.toISOString(),
      confirmedByRead: result === 'Succeeded' && error !== undefined,
      after: after.map(recordedState),
      error:
        error === undefined
          ? null
          : {
              kind: error.kind,
              exception: error.details.exception === undefined ? null : sanitize(error.details.exception, 128),
              message: sanitize(error.message, 1024),
            },
    });
  }
}
