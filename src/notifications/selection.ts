import { matchesNamespace } from '../policy/namespaces.ts';
import type { ProviderConfig } from '../policy/notificationProvider.ts';
import type { Notice } from './notices.ts';

/** Age from which a notice about a past event isn't sent, in milliseconds. */
const MAX_AGE_MS = 24 * 3_600_000;

/**
 * Whether a provider sends a notice. A new provider doesn't send past events from before its creation.
 *
 * @param namespaceLabels labels of the namespace of the policy. Undefined if the namespace isn't known
 */
export function selectsNotice(
  { events, namespaces, createdAt }: ProviderConfig,
  { event, isCurrent, endedAt }: Notice,
  namespaceLabels: Readonly<Record<string, string>> | undefined,
  now: Date,
): boolean {
  const isInNamespace =
    namespaces === undefined || (namespaceLabels !== undefined && matchesNamespace(namespaces, namespaceLabels));
  const isRecent =
    endedAt === undefined ||
    (now.getTime() - endedAt.getTime() < MAX_AGE_MS && (createdAt === undefined || endedAt >= createdAt));
  return isCurrent && events.has(event) && isInNamespace && isRecent;
}
