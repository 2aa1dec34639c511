import { createHmac } from 'node:crypto';
import { timestamp } from '../../status/resource.ts';
import type { MessageEntry, NotificationMessage, ReceiverRequest } from '../message.ts';

/**
 * Returns the request that sends a message to an HTTP endpoint. The header X-Signature contains the HMAC of the body, as in Flux. The IDs
 * of the message and of each notification remain the same if the operator has to send them again.
 *
 * @param key key of the HMAC
 */
export function genericHmacRequest(
  { id, provider, summary, time, entries, omitted }: NotificationMessage,
  key: string,
): ReceiverRequest {
  const body = JSON.stringify({
    apiVersion: 'wsap.dev/v1alpha1',
    kind: 'NotificationMessage',
    id,
    provider,
    ...(summary !== undefined && { summary }),
    timestamp: timestamp(time),
    notifications: entries.map(notificationOf),
    omitted,
  });
  return {
    headers: {
      'content-type': 'application/json; charset=utf-8',
      'idempotency-key': id,
      'x-signature': `sha256=${createHmac('sha256', key).update(body).digest('hex')}`,
    },
    body,
  };
}

function notificationOf({ id, event, severity, title, lines, command, link, object }: MessageEntry) {
  const { kind, namespace, name, uid, planID } = object;
  return {
    id,
    event,
    severity,
    involvedObject: {
      apiVersion: 'wsap.dev/v1alpha1',
      kind,
      namespace,
      name,
      uid,
    },
    title,
    message: lines.join('\n'),
    ...(planID !== undefined && { planID }),
    ...(command !== undefined && { command }),
    ...(link !== undefined && { link }),
  };
}
