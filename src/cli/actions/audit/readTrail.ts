import { type TrailEvent, trailEventsIn } from '../../../audit/cloudTrail.ts';
import { sanitize } from '../../../sanitize.ts';
import { CliError } from '../../exit.ts';
import { logLines } from './lines.ts';

/** Maximum size of a JSON document with events. CloudTrail's own files are smaller. */
const MAX_DOCUMENT_CHARACTERS = 256 * 1024 * 1024;

/**
 * Reads the events of CloudTrail that change a fleet from JSON files or from files with one JSON document per line.
 *
 * @throws CliError if a file can't be read or contains no JSON
 */
export async function readTrailEvents(files: readonly string[]): Promise<TrailEvent[]> {
  const events: TrailEvent[] = [];
  for (const file of files) {
    let text = '';
    for await (const line of logLines(file)) {
      text += `${line}\n`;
      if (text.length > MAX_DOCUMENT_CHARACTERS) {
        throw new CliError(`${sanitize(file)}: larger than 256 MiB; split the file`);
      }
    }
    events.push(...documentsIn(Buffer.from(text, 'latin1').toString('utf8'), file).flatMap(trailEventsIn));
  }
  return events;
}

function documentsIn(text: string, file: string): unknown[] {
  const whole = parsed(text);
  if (whole !== undefined) {
    return [eventsOfLookup(whole)];
  }
  const lines = text.split('\n').filter((line) => line.trim() !== '');
  return lines.map((line, index) => {
    const document = parsed(line);
    if (document === undefined) {
      throw new CliError(`${sanitize(file)}:${index + 1}: not valid JSON; pass log files of CloudTrail or JSON lines`);
    }
    return document;
  });
}

/** Returns the events in the output of `aws cloudtrail lookup-events`, or the document itself. */
function eventsOfLookup(document: unknown): unknown {
  return (Object(document) as { Events?: unknown }).Events ?? document;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}
