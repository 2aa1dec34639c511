import process from 'node:process';
import { systemClock } from '../../../clock.ts';
import { planDelivery } from '../../../notifications/delivery.ts';
import {
  composeMessage,
  headlineOf,
  MAX_ENTRIES,
  type NotificationMessage,
  omissionOf,
} from '../../../notifications/message.ts';
import { noticesOf } from '../../../notifications/notices.ts';
import { countDescribed, isIdempotent, receiverRequest } from '../../../notifications/receiverRequest.ts';
import { selectsNamespace, selectsNotice } from '../../../notifications/selection.ts';
import { InvalidResourceError } from '../../../policy/invalidField.ts';
import type { ProviderConfig } from '../../../policy/notificationProvider.ts';
import { parseProvider } from '../../../policy/parseProvider.ts';
import { sanitize } from '../../../sanitize.ts';
import type { KubeFlags } from '../../commands/flags.ts';
import { CliError, stopSignal } from '../../exit.ts';
import { type NotifyInputs, type ProviderManifest, readInputs } from './inputs.ts';

/** Flags of `wsap notify`. */
export interface NotifyFlags extends KubeFlags {
  readonly filename?: readonly string[];
  readonly provider?: string;
  /** Whether to show notifications that were sent already. */
  readonly all: boolean;
  readonly output: 'text' | 'json';
}

/** Messages that a provider would send. */
interface Preview {
  readonly provider: ProviderConfig;
  readonly messages: readonly NotificationMessage[];
  /** Why the provider would send nothing. Undefined if nothing prevents it. */
  readonly obstacle: string | undefined;
}

/**
 * Prints the messages that the operator would send, without sending them.
 *
 * @throws CliError if there is no such provider, or if one is invalid
 */
export async function showNotifications({
  filename,
  provider: name,
  all,
  output,
  ...flags
}: NotifyFlags): Promise<void> {
  const inputs = await readInputs(filename, flags, stopSignal());
  const providers = inputs.providers.filter(({ metadata }) => name === undefined || metadata?.name === name);
  if (providers.length === 0) {
    const missing = name === undefined ? 'no NotificationProvider' : `NotificationProvider ${sanitize(name)} not`;
    throw new CliError(`${missing} found ${filename === undefined ? 'in the cluster' : 'in the files'}`);
  }
  const now = systemClock.now();
  const previews = providers.map((provider) => ({
    ...previewOf(provider, inputs, all, now),
    obstacle: obstacleOf(configOf(provider), inputs, flags.namespace),
  }));
  process.stdout.write(output === 'json' ? asJson(previews) : previews.map(asText).join('\n'));
}

function obstacleOf(
  provider: ProviderConfig,
  { policies, labelsOf }: NotifyInputs,
  namespace: string | undefined,
): string | undefined {
  if (policies.length === 0) {
    return `no policy found${namespace === undefined ? '' : ` in namespace ${sanitize(namespace, 63)}`}`;
  }
  const isSelected = policies.some(({ metadata }) => selectsNamespace(provider, labelsOf(metadata.namespace ?? '')));
  return isSelected ? undefined : 'spec.namespaces selects no namespace with policies';
}

function previewOf(
  manifest: ProviderManifest,
  { policies, labelsOf }: NotifyInputs,
  all: boolean,
  now: Date,
): Omit<Preview, 'obstacle'> {
  const provider = configOf(manifest);
  const messages: NotificationMessage[] = [];
  const notices = policies.flatMap((policy) => noticesOf(policy));
  const shown = new Set<string>();
  for (;;) {
    const { batch } = planDelivery({
      records: all ? [] : (manifest.status?.notifications ?? []),
      notices,
      isSelected: (notice) =>
        !shown.has(notice.id) && selectsNotice(provider, notice, labelsOf(notice.policy.metadata.namespace ?? ''), now),
      isOwnNamespace: () => true,
      isIdempotent: isIdempotent(provider),
      maxNotices: MAX_ENTRIES,
      countDescribed: (described) => countDescribed(described, provider, now),
      ignoresDelay: true,
      now,
    });
    if (batch === undefined) {
      return { provider, messages };
    }
    messages.push(composeMessage(batch, provider, now));
    for (const { id } of batch.notices) {
      shown.add(id);
    }
  }
}

function configOf(manifest: ProviderManifest): ProviderConfig {
  try {
    return parseProvider(manifest);
  } catch (error) {
    if (error instanceof InvalidResourceError) {
      throw new CliError(
        `NotificationProvider ${sanitize(manifest.metadata?.name ?? '')} is invalid: ${sanitize(error.message, 1024)}`,
      );
    }
    throw error;
  }
}

function asText({ provider, messages, obstacle }: Preview): string {
  const { name, type, secretName, topicARN = '', suspend } = provider;
  const receiver =
    secretName === undefined ? `${type}, ${sanitize(topicARN)}` : `${type}, address in Secret ${sanitize(secretName)}`;
  const states = [...(suspend ? ['suspended, so nothing is sent'] : []), ...(obstacle === undefined ? [] : [obstacle])];
  const lines = messages.flatMap((message) => ['', ...linesOf(message)]);
  const count = messages.reduce((sum, { entries, omitted }) => sum + entries.length + omitted, 0);
  return [`${sanitize(name)} (${receiver}): ${[`${count} to send`, ...states].join('; ')}`, ...lines]
    .map((line) => `${line}\n`)
    .join('');
}

function linesOf(message: NotificationMessage): string[] {
  const { summary, entries } = message;
  const omission = omissionOf(message);
  return [
    ...(summary === undefined ? [] : [summary, '']),
    ...(entries.length > 1 ? [headlineOf(message), ''] : []),
    ...entries.flatMap(({ title, lines, command, link }, index) => [
      ...(index === 0 ? [] : ['']),
      title,
      ...[...lines, ...(command === undefined ? [] : [command]), ...(link === undefined ? [] : [link])].map((line) =>
        line === '' ? '' : `  ${line}`,
      ),
    ]),
    ...(omission === undefined ? [] : ['', omission]),
  ];
}

/** Placeholder for the key of the HMAC. The signature in the output is of this key. */
const NO_TOKEN = '***';

function asJson(previews: readonly Preview[]): string {
  const requests = previews.flatMap(({ provider, messages }) =>
    messages.map((message) => ({
      provider: provider.name,
      type: provider.type,
      messageID: message.id,
      body: JSON.parse(receiverRequest(message, provider, NO_TOKEN).body),
    })),
  );
  return `${JSON.stringify(requests, undefined, 2)}\n`;
}
