/** What the processes have in common that own a cluster for the process that forked them. */

/** Sends a message to the parent, if it still exists. */
export function sendToParent(message: object): void {
  if (process.connected) {
    process.send?.(message);
  }
}

/** Returns a signal that is aborted when the parent ends or closes the channel, or a user interrupts this process. */
export function parentGone(): AbortSignal {
  const gone = new AbortController();
  const leave = () => gone.abort(new Error('the parent process is gone'));
  process.on('disconnect', leave).on('SIGINT', leave).on('SIGTERM', leave);
  // The reader of stderr may end first.
  process.stderr.on('error', () => {});
  if (!process.connected) {
    leave();
  }
  return gone.signal;
}

/** Waits until a signal is aborted. */
export function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) {
      resolve();
    }
    signal.addEventListener('abort', () => resolve(), { once: true });
  });
}

/** Closes the channel to the parent, so that this process can end. */
export function leaveParent(): void {
  if (process.connected) {
    process.disconnect();
  }
}
