import type { ProviderConfig } from '../../policy/notificationProvider.ts';
import type { ReceiverRequest } from '../message.ts';
import { fitLines, headlineOf, type MessageEntry, type NotificationMessage, omissionOf } from '../message.ts';

/** Maximum length of a subject in SNS, which must be printable ASCII of less than 100 characters (API reference, Publish). */
const MAX_SUBJECT_CHARACTERS = 99;
/** Maximum number of characters of all descriptions. SNS rejects a message of more than 256 KB, and mail is read on phones. */
const MAX_CHARACTERS = 40_000;

/** Parameters of the call Publish. */
export interface PublishParameters {
  readonly TopicArn: string | undefined;
  readonly Subject: string;
  readonly Message: string;
  readonly MessageAttributes: Readonly<
    Record<string, { readonly DataType: 'String' | 'String.Array'; readonly StringValue: string }>
  >;
  /** Only for a FIFO topic. */
  readonly MessageGroupId?: string;
  readonly MessageDeduplicationId?: string;
}

/** Returns the parameters that publish a message to a topic, as plain text. Subscriptions can filter by its attributes. */
export function snsRequest(
  message: NotificationMessage,
  { topicARN }: Pick<ProviderConfig, 'topicARN'>,
): ReceiverRequest {
  const { id, provider, entries } = message;
  const events = [...new Set(entries.map(({ event }) => event))];
  const namespaces = [...new Set(entries.flatMap(({ object: { namespace } }) => namespace ?? []))];
  const parameters: PublishParameters = {
    TopicArn: topicARN,
    Subject: subjectOf(message),
    Message: textOf(message),
    MessageAttributes: {
      messageID: { DataType: 'String', StringValue: id },
      events: { DataType: 'String.Array', StringValue: JSON.stringify(events) },
      ...(namespaces.length > 0 && {
        namespaces: { DataType: 'String.Array', StringValue: JSON.stringify(namespaces) },
      }),
    },
    ...(topicARN?.endsWith('.fifo') && { MessageGroupId: provider, MessageDeduplicationId: id }),
  };
  return { headers: {}, body: JSON.stringify(parameters) };
}

function subjectOf(message: NotificationMessage): string {
  const ascii = headlineOf(message).replace(/[^\x20-\x7e]/g, '?');
  return ascii.length <= MAX_SUBJECT_CHARACTERS ? ascii : `${ascii.slice(0, MAX_SUBJECT_CHARACTERS - 3)}...`;
}

function textOf(message: NotificationMessage): string {
  const { entries, summary } = message;
  const maxCharacters = Math.floor(MAX_CHARACTERS / Math.max(1, entries.length));
  const omission = omissionOf(message);
  return [
    ...(summary === undefined ? [] : [summary]),
    ...entries.map((entry) => entryText(entry, maxCharacters)),
    ...(omission === undefined ? [] : [omission]),
  ].join('\n\n');
}

function entryText({ title, lines, command, link }: MessageEntry, maxCharacters: number): string {
  return [
    title,
    ...fitLines(lines, maxCharacters),
    ...(command === undefined ? [] : ['', command]),
    ...(link === undefined ? [] : [link]),
  ].join('\n');
}
