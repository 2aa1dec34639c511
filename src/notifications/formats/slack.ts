import type { ProviderConfig } from '../../policy/notificationProvider.ts';
import type { ReceiverRequest } from '../message.ts';
import {
  fitEntries,
  fitLines,
  headlineOf,
  type MessageEntry,
  type NotificationMessage,
  omissionOf,
} from '../message.ts';

/** Maximum number of characters of all descriptions, without escapes. */
const MAX_CHARACTERS = 12_000;
/** Maximum length of a text. Slack truncates it after 40,000 characters, and escapes count. */
const MAX_TEXT_CHARACTERS = 39_000;

/** Returns the request that sends a message to an incoming webhook of Slack, or to chat.postMessage with a bot token. */
export function slackRequest(
  message: NotificationMessage,
  { channel, username }: Pick<ProviderConfig, 'channel' | 'username'>,
  token: string | undefined,
): ReceiverRequest {
  const body = {
    text: textOf(fitSlack(message)),
    mrkdwn: true,
    unfurl_links: false,
    unfurl_media: false,
    ...(channel !== undefined && { channel }),
    ...(username !== undefined && { username }),
  };
  return {
    headers: {
      'content-type': 'application/json; charset=utf-8',
      ...(token !== undefined && { authorization: `Bearer ${token}` }),
    },
    body: JSON.stringify(body),
  };
}

/** Returns the message without the notifications that don't fit. */
export function fitSlack(message: NotificationMessage): NotificationMessage {
  return fitEntries(message, (shorter) => textOf(shorter).length <= MAX_TEXT_CHARACTERS);
}

function textOf(message: NotificationMessage): string {
  const { entries, summary } = message;
  const maxCharacters = Math.floor(MAX_CHARACTERS / Math.max(1, entries.length));
  const omission = omissionOf(message);
  return [
    ...(summary === undefined ? [] : [escapeMrkdwn(summary)]),
    ...(entries.length > 1 ? [`*${escapeMrkdwn(headlineOf(message))}*`] : []),
    ...entries.map((entry) => entryText(entry, maxCharacters)),
    ...(omission === undefined ? [] : [escapeMrkdwn(omission)]),
  ].join('\n\n');
}

function entryText({ title, lines, command, link }: MessageEntry, maxCharacters: number): string {
  return [
    `*${escapeMrkdwn(title)}*`,
    ...(lines.length === 0 ? [] : [codeBlock(fitLines(lines, maxCharacters))]),
    ...(command === undefined ? [] : [codeBlock([command])]),
    ...(link === undefined ? [] : [`<${link}|Details>`]),
  ].join('\n');
}

function codeBlock(lines: readonly string[]): string {
  return `\`\`\`\n${lines.map(escapeCode).join('\n')}\n\`\`\``;
}

/** Escapes the control characters of Slack, so that a text can't mention a channel or contain a link. */
function escapeCode(text: string): string {
  // Slack has no escape for a backtick, which could end the code block.
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('`', 'ˋ');
}

/** Escapes a text outside a code block. A zero-width space ends a format that a character would start. */
function escapeMrkdwn(text: string): string {
  return escapeCode(text).replace(/[*_~]/g, (character) => `\u200b${character}\u200b`);
}
