import process from 'node:process';
import { systemClock } from '../../../clock.ts';
import type { ApiClient } from '../../../kube/apiClient.ts';
import { ApiError } from '../../../kube/apiError.ts';
import { PROVIDERS, type ProviderObject } from '../../../kube/resources.ts';
import { TEST_REQUESTED_AT_ANNOTATION } from '../../../policy/annotations.ts';
import { sanitize } from '../../../sanitize.ts';
import type { KubeFlags } from '../../commands/flags.ts';
import { CliError, stopSignal } from '../../exit.ts';
import { connectToCluster } from '../connectToCluster.ts';
import { patchObject } from '../patchObject.ts';

/** Flags of `wsap notify --test`. */
export interface TestMessageFlags extends KubeFlags {
  readonly provider: string;
  /** Milliseconds. */
  readonly timeout: number;
}

/** Interval between reads of the provider while the command waits for the operator. */
const POLL_INTERVAL_MS = 300;

/**
 * Requests a test message of a provider, waits until the operator has sent it, and prints the result.
 *
 * @throws CliError if there is no such provider, if the receiver didn't accept the message, or if the operator doesn't respond
 */
export async function sendTest({ provider: name, timeout, ...flags }: TestMessageFlags): Promise<void> {
  const { client } = connectToCluster(flags);
  const signal = stopSignal();
  const requestedAt = systemClock.now().toISOString();
  await request(client, name, requestedAt, signal);
  const deadline = systemClock.monotonic() + timeout;
  for (;;) {
    const { status } = await client.request<ProviderObject>({ verb: 'get', resource: PROVIDERS, name, signal });
    const { lastTest } = status ?? {};
    if (lastTest?.requestedAt === requestedAt && lastTest.state !== 'Sending') {
      process.stdout.write(resultOf(name, lastTest.state, lastTest.message));
      return;
    }
    if (systemClock.monotonic() >= deadline) {
      throw new CliError(
        `timed out waiting for the test message of NotificationProvider ${sanitize(name)}; check that the operator runs with --notifications true`,
      );
    }
    await systemClock.sleep(POLL_INTERVAL_MS, signal);
  }
}

async function request(client: ApiClient, name: string, requestedAt: string, signal: AbortSignal): Promise<void> {
  try {
    const patch = { metadata: { annotations: { [TEST_REQUESTED_AT_ANNOTATION]: requestedAt } } };
    await patchObject(client, { resource: PROVIDERS, name }, patch, signal);
  } catch (error) {
    if (error instanceof ApiError && error.code === 404 && error.objectName === name) {
      throw new CliError(`NotificationProvider ${sanitize(name)} not found in the cluster`);
    }
    throw error;
  }
}

function resultOf(name: string, state: 'Sent' | 'Rejected' | 'Unknown', message = ''): string {
  const title = sanitize(name);
  switch (state) {
    case 'Sent':
      return `${title}: the receiver accepted the test message\n`;
    case 'Rejected':
      throw new CliError(`the test message of NotificationProvider ${title} was not sent: ${sanitize(message)}`);
    case 'Unknown':
      throw new CliError(
        `the result of the test message of NotificationProvider ${title} is unknown: ${sanitize(message)}; check whether it arrived`,
      );
  }
}
