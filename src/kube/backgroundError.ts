/** Error in the background, where there is no caller to throw to. */
export interface BackgroundError {
  /** Sanitized, human-readable message: what happened, to which resource, and what happens or is required next. */
  readonly message: string;
  readonly cause: unknown;
}

export type OnError = (error: BackgroundError) => void;

/** Returns an `onError` that never throws: an exception must not end the background loop that reports to it. */
export function safeHandler(onError: OnError): OnError {
  return (error) => {
    try {
      onError(error);
    } catch {
      // There is no one left to report to.
    }
  };
}
