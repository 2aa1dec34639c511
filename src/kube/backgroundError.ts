/** Something that went wrong in the background, where no caller is left to throw at. */
export interface BackgroundError {
  /** For people, printable: what happened, to which resource, what happens or has to be done next. */
  readonly message: string;
  readonly cause: unknown;
}

export type OnError = (problem: BackgroundError) => void;

/** `onError`, made safe to call from background loops: one that throws must not end the loop that reports to it. */
export function safeHandler(onError: OnError): OnError {
  return (problem) => {
    try {
      onError(problem);
    } catch {
      // There is nobody left to tell.
    }
  };
}
