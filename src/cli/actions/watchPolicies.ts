import process from 'node:process';
import { systemClock } from '../../clock.ts';
import type { ApiClient } from '../../kube/apiClient.ts';
import { Informer } from '../../kube/informer.ts';
import { POLICIES, type PolicyObject } from '../../kube/resources.ts';
import { sanitize } from '../../sanitize.ts';

/** Changes within this time are yielded together. */
const BATCH_MS = 200;

/**
 * Watches the policies of a namespace, or of all namespaces, until the signal is aborted. Yields all policies at first and after each
 * change. Errors of the watch are printed to stderr; the informer reconnects.
 */
export async function* watchPolicies(
  client: ApiClient,
  namespace: string | undefined,
  signal: AbortSignal,
): AsyncGenerator<PolicyObject[]> {
  let changed = Promise.withResolvers<void>();
  signal.addEventListener('abort', () => changed.resolve(), { once: true });
  const informer = new Informer<PolicyObject>({
    client,
    clock: systemClock,
    random: Math.random,
    resource: POLICIES,
    namespace,
    handlers: [() => changed.resolve()],
    onError: ({ message }) => process.stderr.write(`${sanitize(message, 1024)}\n`),
  });
  informer.start();
  try {
    await informer.waitForSync(signal).catch(() => {});
    while (!signal.aborted) {
      changed = Promise.withResolvers();
      yield informer.list();
      await changed.promise;
      await systemClock.sleep(BATCH_MS, signal).catch(() => {});
    }
  } finally {
    await informer.stop();
  }
}
