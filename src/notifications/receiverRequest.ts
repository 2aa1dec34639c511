import type { ProviderConfig } from '../policy/notificationProvider.ts';
import { MAX_RECORDS } from './delivery.ts';
import { alertmanagerRequest } from './formats/alertmanager.ts';
import { genericHmacRequest } from './formats/genericHmac.ts';
import { msteamsRequest } from './formats/msteams.ts';
import { slackRequest } from './formats/slack.ts';
import { snsRequest } from './formats/sns.ts';
import type { NotificationMessage, ReceiverRequest } from './message.ts';

/** Returns the request that sends a message. `token` is the key of the same name in the Secret. */
export function receiverRequest(
  message: NotificationMessage,
  provider: ProviderConfig,
  token: string | undefined,
): ReceiverRequest {
  switch (provider.type) {
    case 'slack':
      return slackRequest(message, provider, token);
    case 'msteams':
      return msteamsRequest(message);
    case 'generic-hmac':
      return genericHmacRequest(message, token ?? '');
    case 'alertmanager':
      return alertmanagerRequest(message, token);
    case 'sns':
      return snsRequest(message, provider);
  }
}

/** Maximum number of notifications in a message: a program needs each of them, and a person an overview. */
export function maxNoticesOf({ type }: Pick<ProviderConfig, 'type'>): number {
  return type === 'generic-hmac' || type === 'alertmanager' ? 20 : MAX_RECORDS;
}

/** Whether the receivers of a type ignore a notification with a known ID, so that a repetition is harmless. */
export function isIdempotent({ type }: Pick<ProviderConfig, 'type'>): boolean {
  return type === 'generic-hmac' || type === 'alertmanager';
}
