import type { ReceiverRequest } from '../message.ts';
import {
  fitEntries,
  fitLines,
  headlineOf,
  type MessageEntry,
  type NotificationMessage,
  omissionOf,
} from '../message.ts';

/** Maximum size of a message in bytes. Teams rejects a message of more than 28 KB. */
const MAX_BYTES = 26_000;
/** Maximum number of characters of all descriptions. */
const MAX_CHARACTERS = 6_000;
/** Maximum number of lines of all descriptions. */
const MAX_LINES = 60;
/** Room of each description, however many there are: the counts, the warning about the safeguard, and a part of the list. */
const MIN_LINES = 5;
const MIN_CHARACTERS = 400;

interface TextOptions {
  readonly weight?: 'Bolder';
  readonly color?: 'Attention' | 'Warning';
  readonly fontType?: 'Monospace';
}

/** Returns the request that sends a message to a workflow webhook of Microsoft Teams. */
export function msteamsRequest(message: NotificationMessage): ReceiverRequest {
  return {
    headers: { 'content-type': 'application/json; charset=utf-8' },
    body: cardOf(fitMsteams(message)),
  };
}

/** Returns the message without the notifications that don't fit. */
export function fitMsteams(message: NotificationMessage): NotificationMessage {
  return fitEntries(message, (shorter) => Buffer.byteLength(cardOf(shorter)) <= MAX_BYTES);
}

/** Returns an Adaptive Card as JSON. */
function cardOf(message: NotificationMessage): string {
  const { entries, summary } = message;
  const omission = omissionOf(message);
  const body = [
    ...(summary === undefined ? [] : [textBlock(summary)]),
    ...(entries.length > 1 ? [textBlock(headlineOf(message), { weight: 'Bolder' })] : []),
    ...entries.flatMap((entry) => entryBlocks(entry, entries.length)),
    ...(omission === undefined ? [] : [textBlock(omission)]),
  ];
  const card = {
    $schema: 'http://adaptivecards.io/schemas/adaptive-card.json',
    type: 'AdaptiveCard',
    version: '1.4',
    msteams: { width: 'Full' },
    body,
    ...actionsOf(entries),
  };
  return JSON.stringify({
    type: 'message',
    attachments: [{ contentType: 'application/vnd.microsoft.card.adaptive', content: card }],
  });
}

const COLORS = { info: {}, warning: { color: 'Warning' }, error: { color: 'Attention' } } as const;

function entryBlocks({ severity, title, lines, command }: MessageEntry, count: number): object[] {
  const maxLines = Math.max(MIN_LINES, Math.floor(MAX_LINES / count));
  const maxCharacters = Math.max(MIN_CHARACTERS, Math.floor(MAX_CHARACTERS / count));
  const shown = fitLines(lines, maxCharacters, maxLines);
  return [
    textBlock(title, { weight: 'Bolder', ...COLORS[severity] }),
    ...[...shown, ...(command === undefined ? [] : [command])].map((line) => ({
      ...textBlock(line, { fontType: 'Monospace' }),
      spacing: 'None',
    })),
  ];
}

/** Returns a block of literal text. A RichTextBlock has no Markdown, so the text needs no escapes and can't contain a link or a mention. */
function textBlock(text: string, options: TextOptions = {}): object {
  return { type: 'RichTextBlock', inlines: [{ type: 'TextRun', text: aligned(text), ...options }] };
}

/** Keeps the columns of a table: the renderer would merge spaces, and drop an empty line. */
function aligned(text: string): string {
  return text === '' ? '\u00a0' : text.replace(/ {2,}/g, (spaces) => '\u00a0'.repeat(spaces.length));
}

/** Maximum number of buttons that Teams shows. */
const MAX_ACTIONS = 6;

function actionsOf(entries: readonly MessageEntry[]): object {
  const actions = entries.flatMap(({ link, object: { namespace, name } }) =>
    link === undefined ? [] : [{ type: 'Action.OpenUrl', title: `${namespace ?? ''}/${name}`, url: link }],
  );
  return actions.length === 0 ? {} : { actions: actions.slice(0, MAX_ACTIONS) };
}
