import process from 'node:process';
import { systemClock } from '../../clock.ts';
import type { ApiClient } from '../../kube/apiClient.ts';
import { Informer } from '../../kube/informer.ts';
import { POLICIES, type PolicyObject } from '../../kube/resources.ts';
import { sanitize } from '../../sanitize.ts';

/** Changes that come together are shown together, if they come within this, in milliseconds. */
const TOGETHER = 200;

/**
 * Watches the policies of a namespace, or of all, and yields them when any has changed, first as they are, until the signal is aborted. A
 * watch that breaks is told on stderr and taken up again.
 */
export async function* followPolicies(
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
      await systemClock.sleep(TOGETHER, signal).catch(() => {});
    }
  } finally {
    await informer.stop();
  }
}
