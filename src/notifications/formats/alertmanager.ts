import { timestamp } from '../../status/resource.ts';
import type { MessageEntry, NotificationMessage, ReceiverRequest } from '../message.ts';
import { fitLines } from '../message.ts';

/** Time after which Alertmanager resolves an alert that isn't sent again, in milliseconds. The operator sends it again every minute. */
const RESOLVE_AFTER_MS = 5 * 60_000;
/** Maximum number of characters of a description. */
const MAX_CHARACTERS = 8_000;

/** Returns the request that sends a message to the API v2 of Alertmanager, with one alert for each notification. */
export function alertmanagerRequest(
  { time, entries, provider, summary }: NotificationMessage,
  token: string | undefined,
): ReceiverRequest {
  return {
    headers: {
      'content-type': 'application/json; charset=utf-8',
      ...(token !== undefined && { authorization: `Bearer ${token}` }),
    },
    body: JSON.stringify(entries.map((entry) => alertOf(entry, provider, summary, time))),
    defaultPath: '/api/v2/alerts',
  };
}

function alertOf(
  { id, event, severity, title, lines, command, link, object }: MessageEntry,
  provider: string,
  summary: string | undefined,
  time: Date,
) {
  return {
    labels: {
      alertname: `Wsap${event}`,
      severity,
      kind: object.kind,
      ...(object.namespace !== undefined && { namespace: object.namespace }),
      name: object.name,
      notification_id: id,
      reportingcontroller: 'wsap-operator',
    },
    annotations: {
      summary: title,
      description: fitLines(lines, MAX_CHARACTERS).join('\n'),
      ...(summary !== undefined && { environment: summary }),
      ...(command !== undefined && { command }),
      provider,
    },
    // Alertmanager keeps the start of the first of several messages.
    startsAt: timestamp(time),
    endsAt: timestamp(new Date(time.getTime() + RESOLVE_AFTER_MS)),
    ...(link !== undefined && { generatorURL: link }),
  };
}
