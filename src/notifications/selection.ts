import { matchesNamespace } from '../policy/namespaces.ts';
import type { ProviderConfig } from '../policy/notificationProvider.ts';
import type { Notice } from './notices.ts';

/** Age from which a notice about a past event isn't sent, in milliseconds. */
const MAX_AGE_MS = 24 * 3_600_000;

/** Whether a situation has ended, so that no message shows it. A past event is shown for a day. */
export function isPast(notice: Pick<Notice, 'endedAt'> | undefined, now: Date): boolean {
  return (
    notice === undefined || (notice.endedAt !== undefined && now.getTime() - notice.endedAt.getTime() >= MAX_AGE_MS)
  );
}

/** Whether a provider selects a namespace with these labels. Undefined labels: the namespace isn't known. */
export function selectsNamespace(
  { namespaces }: ProviderConfig,
  labels: Readonly<Record<string, string>> | undefined,
): boolean {
  return namespaces === undefined || (labels !== undefined && matchesNamespace(namespaces, labels));
}

/**
 * Whether a provider sends a notice. A new provider doesn't send past events from before its creation.
 *
 * @param namespaceLabels labels of the namespace of the policy. Undefined if the namespace isn't known
 */
export function selectsNotice(
  provider: ProviderConfig,
  notice: Notice,
  namespaceLabels: Readonly<Record<string, string>> | undefined,
  now: Date,
): boolean {
  const { events, createdAt } = provider;
  const { event, isCurrent, endedAt } = notice;
  const isInNamespace = selectsNamespace(provider, namespaceLabels);
  const isRecent = !isPast(notice, now) && (endedAt === undefined || createdAt === undefined || endedAt >= createdAt);
  return isCurrent && events.has(event) && isInNamespace && isRecent;
}
