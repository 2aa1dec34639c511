import type { NotificationEvent, ProviderConfig } from '../policy/notificationProvider.ts';
import { sanitize } from '../sanitize.ts';
import type { Batch } from './deliveryRecords.ts';
import type { Notice } from './notices.ts';
import { type NoticeText, textOf } from './noticeText.ts';

/** A human-readable message, in no particular syntax. Texts contain no control characters. */
export interface NotificationMessage {
  readonly id: string;
  readonly provider: string;
  readonly summary: string | undefined;
  readonly time: Date;
  readonly entries: readonly MessageEntry[];
  /** Number of notifications that the message doesn't describe. */
  readonly omitted: number;
}

/** Description of a notification in a message. */
export interface MessageEntry extends NoticeText {
  readonly id: string;
  readonly event: NotificationEvent | 'Test';
  readonly object: InvolvedObject;
  readonly link: string | undefined;
}

/** Object that a notification describes. */
interface InvolvedObject {
  readonly kind: 'WorkspaceApplicationPolicy' | 'NotificationProvider';
  /** Undefined for a cluster-scoped object. */
  readonly namespace: string | undefined;
  readonly name: string;
  readonly uid: string | undefined;
  /** ID of the plan of a policy. */
  readonly planID: string | undefined;
}

/** Content of a request to a receiver: an HTTP POST request, or the parameters of a call. */
export interface ReceiverRequest {
  readonly headers: Readonly<Record<string, string>>;
  /** JSON document. */
  readonly body: string;
  /** Path that replaces an empty path of the address. */
  readonly defaultPath?: string;
}

/** Maximum number of notifications that a message describes. */
export const MAX_ENTRIES = 20;

/** Returns the message of a batch for a provider. */
export function composeMessage(
  { messageID, notices }: Batch,
  provider: ProviderConfig,
  time: Date,
): NotificationMessage {
  return {
    id: messageID,
    provider: provider.name,
    summary: provider.summary === undefined ? undefined : sanitize(provider.summary),
    time,
    entries: notices.slice(0, MAX_ENTRIES).map((notice) => entryOf(notice, provider)),
    omitted: Math.max(0, notices.length - MAX_ENTRIES),
  };
}

function entryOf(notice: Notice, { userNames, linkTemplate }: ProviderConfig): MessageEntry {
  const {
    id,
    event,
    policy: { metadata, status },
  } = notice;
  const { namespace, name, uid } = metadata;
  return {
    id,
    event,
    object: { kind: 'WorkspaceApplicationPolicy', namespace, name, uid, planID: status?.plan?.id },
    link: linkTemplate === undefined ? undefined : linkOf(linkTemplate, notice),
    ...textOf(notice, userNames),
  };
}

/** Maximum length of a link. A template can repeat a long name often. */
const MAX_LINK_CHARACTERS = 2_048;

/** Replaces the variables of a template with values that are encoded for URLs. Returns undefined if the link is too long for receivers. */
function linkOf(template: string, { event, policy: { metadata, status } }: Notice): string | undefined {
  const values: Readonly<Record<string, string>> = {
    namespace: metadata.namespace ?? '',
    name: metadata.name,
    event,
    planID: status?.plan?.id ?? '',
  };
  const link = template.replace(/\{(\w+)\}/g, (variable, name: string) =>
    Object.hasOwn(values, name) ? encodeURIComponent((values[name] ?? '').toWellFormed()) : variable,
  );
  return link.length > MAX_LINK_CHARACTERS ? undefined : link;
}

/** Returns the title of a message: of its only notification, or the number of them. */
export function headlineOf({ entries, omitted }: NotificationMessage): string {
  const [first] = entries;
  const count = entries.length + omitted;
  return count === 1 && first !== undefined ? first.title : `${count} notifications of WorkSpaces application policies`;
}

/** Describes the notifications that a message omits. Undefined if it omits none. */
export function omissionOf({ omitted }: NotificationMessage): string | undefined {
  return omitted === 0 ? undefined : `And ${omitted} more. To list the policies, run: kubectl get wsap -A`;
}

/**
 * Returns the lines that fit into a number of characters and lines, and a note in the place of those that don't. The lines from the last
 * empty one on describe the whole, for example, the counts of a plan, and precede its list.
 */
export function fitLines(
  lines: readonly string[],
  maxCharacters: number,
  maxLines = Number.POSITIVE_INFINITY,
): string[] {
  const end = lines.lastIndexOf('');
  const [list, whole] = end === -1 ? [lines, []] : [lines.slice(0, end), lines.slice(end)];
  const shownWhole = firstLines(whole, maxCharacters, maxLines);
  const shownList = firstLines(list, maxCharacters - sizeOf(shownWhole), maxLines - shownWhole.length);
  const omitted = lines.length - shownList.length - shownWhole.length;
  return [...shownList, ...(omitted === 0 ? [] : [`… (${omitted} more lines)`]), ...shownWhole];
}

function firstLines(lines: readonly string[], maxCharacters: number, maxLines: number): readonly string[] {
  let size = 0;
  const end = lines.findIndex(({ length }, index) => {
    size += length + 1;
    return index >= maxLines || size > maxCharacters;
  });
  return end === -1 ? lines : lines.slice(0, end);
}

/** Returns the number of characters of lines with their line breaks. */
function sizeOf(lines: readonly string[]): number {
  return lines.reduce((sum, { length }) => sum + length + 1, 0);
}

/**
 * Returns the message with the first entries that fit, but at least one. If its description doesn't fit, it has only the lines that describe
 * the whole, for example, the counts of a plan, or else only a title.
 */
export function fitEntries(
  message: NotificationMessage,
  fits: (message: NotificationMessage) => boolean,
): NotificationMessage {
  const { entries, omitted } = message;
  for (let count = entries.length; count > 0; count--) {
    const shorter = { ...message, entries: entries.slice(0, count), omitted: omitted + entries.length - count };
    if (fits(shorter)) {
      return shorter;
    }
  }
  const first = (linesOf: (lines: readonly string[]) => readonly string[]) => ({
    ...message,
    entries: entries.slice(0, 1).map((entry) => ({ ...entry, lines: linesOf(entry.lines) })),
    omitted: omitted + Math.max(0, entries.length - 1),
  });
  const whole = first((lines) => lines.slice(Math.max(0, lines.lastIndexOf(''))));
  return fits(whole) ? whole : first(() => []);
}
