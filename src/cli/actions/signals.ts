import process from 'node:process';

/** Aborted by Ctrl-C, or as Kubernetes ends a pod; a second Ctrl-C ends the process at once. */
export function stopSignal(): AbortSignal {
  const stop = new AbortController();
  const onSignal = () => (stop.signal.aborted ? process.exit(130) : stop.abort(new Error('interrupted')));
  process.on('SIGINT', onSignal).on('SIGTERM', onSignal);
  return stop.signal;
}
