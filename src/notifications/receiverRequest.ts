import type { ProviderConfig } from '../policy/notificationProvider.ts';
import { alertmanagerRequest } from './formats/alertmanager.ts';
import { genericHmacRequest } from './formats/genericHmac.ts';
import { fitMsteams, msteamsRequest } from './formats/msteams.ts';
import { fitSlack, slackRequest } from './formats/slack.ts';
import { snsRequest } from './formats/sns.ts';
import { composeMessage, type NotificationMessage, type ReceiverRequest } from './message.ts';
import type { Notice } from './notices.ts';

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

/** Returns how many of the first notices a message describes. A notice that no message describes must not count as sent. */
export function countDescribed(notices: readonly Notice[], provider: ProviderConfig, time: Date): number {
  const message = composeMessage({ messageID: '', notices }, provider, time);
  switch (provider.type) {
    case 'slack':
      return fitSlack(message).entries.length;
    case 'msteams':
      return fitMsteams(message).entries.length;
    default:
      return message.entries.length;
  }
}

/** Whether the receivers of a type ignore a notification with a known ID, so that a repetition is harmless. */
export function isIdempotent({ type }: Pick<ProviderConfig, 'type'>): boolean {
  return type === 'generic-hmac' || type === 'alertmanager';
}
