import type { ProviderConfig } from '../policy/notificationProvider.ts';
import type { DeliveryResult } from './deliveryRecords.ts';

/** Response of a receiver, whose body may be cut off. */
export interface ReceiverResponse {
  readonly status: number;
  readonly retryAfter: string | undefined;
  readonly body: string;
}

/** Statuses with which a server rejects a request before it processes it (RFC 9110, RFC 6585, RFC 8470). */
const NOT_PROCESSED: ReadonlySet<number> = new Set([408, 425, 429, 503]);

/** Statuses that the content of a request can cause. */
const OF_CONTENT: ReadonlySet<number> = new Set([400, 413, 422, 500]);

/** Errors of Slack that the content of a message causes. */
const SLACK_CONTENT_ERRORS: ReadonlySet<string> = new Set([
  'invalid_arguments',
  'invalid_blocks',
  'message_blocked',
  'msg_too_long',
  'no_text',
]);

/** Errors of Slack after which the message may have been posted. */
const AMBIGUOUS_SLACK_ERRORS: ReadonlySet<string> = new Set(['fatal_error', 'internal_error', 'request_timeout']);

/**
 * Interprets the response of a receiver. Messages contain no text of the response, except for error codes of Slack.
 *
 * @param hasToken whether the request contained a bot token, so that Slack describes its result in the body
 */
export function resultOfResponse(
  { type }: Pick<ProviderConfig, 'type'>,
  hasToken: boolean,
  { status, retryAfter, body }: ReceiverResponse,
  now: Date,
): DeliveryResult {
  if (status >= 200 && status < 300) {
    return type === 'slack' && hasToken ? slackResult(body, retryAfter, now) : { kind: 'Accepted' };
  }
  if (NOT_PROCESSED.has(status)) {
    return rejected(`HTTP ${status}: the receiver can't process the message now`, retryAfterMs(retryAfter, now));
  }
  const isContent = OF_CONTENT.has(status);
  if (status < 300 || status >= 500) {
    return { kind: 'Unknown', message: `HTTP ${status}; the receiver may have accepted the message`, isContent };
  }
  if (status < 400) {
    return rejected(`HTTP ${status}: the receiver redirects, which the operator doesn't follow; correct the address`);
  }
  return { ...rejected(`HTTP ${status}${adviceOn(status)}`), isContent };
}

function adviceOn(status: number): string {
  switch (status) {
    case 401:
    case 403:
      return '; check the token and the address in the Secret';
    case 404:
    case 410:
      return '; the address does not exist; update the Secret';
    default:
      return ': the receiver rejects the message';
  }
}

function slackResult(body: string, retryAfter: string | undefined, now: Date): DeliveryResult {
  let answer: { readonly ok?: unknown; readonly error?: unknown };
  try {
    answer = Object(JSON.parse(body));
  } catch {
    return { kind: 'Unknown', message: 'Slack returned an unreadable response' };
  }
  if (answer.ok === true) {
    return { kind: 'Accepted' };
  }
  const error = /^[a-z_]{1,64}$/.test(String(answer.error)) ? String(answer.error) : 'unknown_error';
  return AMBIGUOUS_SLACK_ERRORS.has(error)
    ? { kind: 'Unknown', message: `Slack returned ${error}; it may have posted the message` }
    : {
        ...rejected(`Slack returned ${error}`, error === 'ratelimited' ? retryAfterMs(retryAfter, now) : undefined),
        isContent: SLACK_CONTENT_ERRORS.has(error),
      };
}

function rejected(message: string, retryAfter?: number): DeliveryResult & { readonly kind: 'Rejected' } {
  return { kind: 'Rejected', message, retryAfterMs: retryAfter };
}

/** Parses a Retry-After header: seconds or a date. */
function retryAfterMs(value: string | undefined, now: Date): number | undefined {
  if (value === undefined) {
    return undefined;
  }
  const ms = /^\d{1,9}$/.test(value) ? Number(value) * 1_000 : Date.parse(value) - now.getTime();
  return Number.isNaN(ms) ? undefined : Math.max(0, ms);
}
