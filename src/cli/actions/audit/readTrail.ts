import { TrailCollector, type TrailExport, type TrailPeriod } from '../../../audit/trailEvents.ts';
import { sanitize } from '../../../sanitize.ts';
import { CliError } from '../../exit.ts';
import { logLines } from './lines.ts';

/** Maximum size of a JSON document with events. CloudTrail's own files are smaller. */
const MAX_DOCUMENT_CHARACTERS = 256 * 1024 * 1024;

/**
 * Reads the events of CloudTrail that change a fleet from JSON files or from files with one JSON document per line.
 *
 * @param period time that the events cover completely. Defaults to the time between the events
 * @throws CliError if a file can't be read, or contains other documents
 */
export async function readTrailEvents(files: readonly string[], period?: TrailPeriod): Promise<TrailExport> {
  const collector = new TrailCollector(period);
  for (const file of files) {
    let text = '';
    for await (const line of logLines(file)) {
      text += `${line}\n`;
      if (text.length > MAX_DOCUMENT_CHARACTERS) {
        throw new CliError(`${sanitize(file)}: larger than 256 MiB; split the file`);
      }
    }
    const documents = documentsIn(Buffer.from(text, 'latin1').toString('utf8'), file);
    const known = documents.filter((document) => collector.add(document));
    if (documents.length > 0 && known.length === 0) {
      throw new CliError(
        `${sanitize(file)}: no event of CloudTrail; pass log files of CloudTrail, the output of lookup-events, or the column eventJson of CloudTrail Lake`,
      );
    }
  }
  return collector.finish();
}

function documentsIn(text: string, file: string): unknown[] {
  const whole = parsed(text);
  if (whole !== undefined) {
    return [whole];
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

function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}
