import { TrailCollector, type TrailExport, type TrailPeriod } from '../../../audit/trailEvents.ts';
import { sanitize } from '../../../sanitize.ts';
import { CliError } from '../../exit.ts';
import { filesNamed } from '../manifests.ts';
import { bytesOf, readErrorOf } from './lines.ts';

/** Maximum size of a JSON document with events. CloudTrail's own files are smaller. */
const MAX_DOCUMENT_BYTES = 256 * 1024 * 1024;

/**
 * Reads the events of CloudTrail that change a fleet from JSON files, from files with one JSON document per line, or
 * from folders with such files.
 *
 * @param period time that the events cover completely. Defaults to the time between the events
 * @throws CliError if a file can't be read, or contains other documents
 */
export async function readTrailEvents(paths: readonly string[], period?: TrailPeriod): Promise<TrailExport> {
  const collector = new TrailCollector(period);
  for (const path of paths) {
    const documents: boolean[] = [];
    const files = await filesNamed([path], /\.json(\.gz)?$/);
    if (files.length === 0) {
      throw new CliError(`${sanitize(path)}: the folder contains no file whose name ends with .json or .json.gz`);
    }
    for (const file of files) {
      for (const document of documentsIn(await textOf(file), file)) {
        documents.push(collector.add(document));
      }
    }
    // A folder can also contain digests.
    if (documents.length > 0 && !documents.includes(true)) {
      throw new CliError(
        `${sanitize(path)}: no event of CloudTrail; pass log files of CloudTrail, the output of lookup-events, or the column eventJson of CloudTrail Lake`,
      );
    }
  }
  return collector.finish();
}

async function textOf(file: string): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  try {
    for await (const chunk of bytesOf(file)) {
      chunks.push(chunk as Buffer);
      size += (chunk as Buffer).length;
      if (size > MAX_DOCUMENT_BYTES) {
        throw new Error('larger than 256 MiB; split the file');
      }
    }
  } catch (error) {
    throw readErrorOf(file, error);
  }
  return Buffer.concat(chunks).toString('utf8');
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
