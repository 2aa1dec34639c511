import type { Clock } from '../../clock.ts';
import { ApiError } from '../../kube/apiError.ts';
import type { ProviderObject } from '../../kube/resources.ts';
import type { StatusWriter } from '../../kube/statusWriter.ts';
import { type ProviderView, providerStatus, providerStatusChanged } from '../../notifications/providerStatus.ts';
import type { NotificationLease } from './notificationLease.ts';
import type { UnwrittenResults } from './unwrittenResults.ts';

export interface ProviderStatusWriterOptions {
  readonly writer: Pick<StatusWriter<ProviderObject>, 'apply'>;
  readonly lease: Pick<NotificationLease, 'isHeld'>;
  readonly clock: Clock;
}

/** Status to write. Fields that it omits remain as in the previous status. */
export type WrittenView = Omit<ProviderView, 'generation' | 'lastSentTime' | 'lastTest'> &
  Partial<Pick<ProviderView, 'lastSentTime' | 'lastTest'>>;

/** Error for a status that wasn't written, because this replica lost its lease, or the object was deleted. */
export class StatusNotWrittenError extends Error {
  override readonly name = 'StatusNotWrittenError';
}

/** Writes the statuses of providers. A written status contains all results of the provider. */
export class ProviderStatusWriter {
  readonly #options: ProviderStatusWriterOptions;
  readonly #results: Pick<UnwrittenResults, 'forget'>;

  constructor(options: ProviderStatusWriterOptions, results: Pick<UnwrittenResults, 'forget'>) {
    this.#options = options;
    this.#results = results;
  }

  /**
   * Writes the status of a provider if it changed, and returns the written object. Rejects with ApiError, for example, if somebody else
   * changed the object, and with StatusNotWrittenError.
   */
  write(object: ProviderObject, view: WrittenView): Promise<ProviderObject> {
    return this.#write(object, view, false);
  }

  /**
   * Writes the status before a message even if it didn't change, so that nobody else can have begun the message. Calls `onUnconfirmed` if the
   * API server may have written it without confirming it. Otherwise as `write`.
   */
  async writeIntent(object: ProviderObject, view: WrittenView, onUnconfirmed: () => void): Promise<ProviderObject> {
    try {
      return await this.#write(object, view, true);
    } catch (error) {
      // A conflict means that the API server didn't write it.
      if (error instanceof ApiError && error.transient) {
        onUnconfirmed();
      }
      throw error;
    }
  }

  async #write(object: ProviderObject, view: WrittenView, isIntent: boolean): Promise<ProviderObject> {
    const { writer, lease, clock } = this.#options;
    const { metadata, status: previous } = object;
    const complete = { lastSentTime: undefined, lastTest: undefined, generation: metadata.generation ?? 0, ...view };
    const status = providerStatus(complete, previous, clock.now());
    if (!isIntent && !providerStatusChanged(previous, status)) {
      return object;
    }
    const written = await writer.apply(metadata, status, { mayWrite: () => lease.isHeld, maxAttempts: 1 });
    if (written === 'GivenUp' || written === 'NotFound') {
      throw new StatusNotWrittenError(`the status of the provider ${metadata.name} was not written`);
    }
    this.#results.forget(metadata.uid ?? '');
    return written;
  }
}
