import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { type Document, isPair, isScalar, LineCounter, parseAllDocuments } from 'yaml';
import { sanitize } from '../../sanitize.ts';
import { CliError } from '../output/cliError.ts';
import { KUBERNETES_YAML, plainValueOf } from '../output/kubernetesYaml.ts';

/** Where something stands in a file, from 1. */
export interface Position {
  readonly line: number;
  readonly column: number;
}

/** A resource in a file. */
export interface SourceResource {
  /** As the user gave it, or below the folder that they gave. */
  readonly file: string;
  readonly value: unknown;
  /** Where a field of it stands, as `spec.applications.denied[0].name`; the nearest thing around it if it isn't there. */
  readonly positionOf: (field: string) => Position;
  /** The text of a line, from 1. */
  readonly lineAt: (line: number) => string;
}

/** A file that isn't YAML. */
export interface SyntaxProblem {
  readonly file: string;
  readonly position: Position;
  readonly message: string;
  readonly lineAt: (line: number) => string;
}

export interface ManifestSources {
  /** By file and document, the items of a List one by one. */
  readonly resources: readonly SourceResource[];
  readonly broken: readonly SyntaxProblem[];
}

const MANIFEST = /\.(ya?ml|json)$/i;
/** A file is as large as this at most, in bytes: nobody writes policies of that size, and what is read is kept. */
const MAX_BYTES = 16 * 1024 * 1024;

/**
 * Reads manifests from files, from the files of folders, and from standard input, which is `-`.
 *
 * @throws CliError for what can't be read
 */
export async function readSources(paths: readonly string[], recursive: boolean): Promise<ManifestSources> {
  const files = (await Promise.all(paths.map((path) => filesIn(path, recursive)))).flat();
  const read = await Promise.all(
    files.map(async (file) => resourcesIn(file === '-' ? '(stdin)' : file, await contentOf(file))),
  );
  return { resources: read.flatMap((one) => one.resources), broken: read.flatMap((one) => one.broken) };
}

/** The files of folders, and of those below, whose name is like this; a path that is a file is taken as it is. */
export async function filesNamed(paths: readonly string[], name: RegExp): Promise<string[]> {
  return (await Promise.all(paths.map((path) => filesIn(path, true, name)))).flat();
}

async function filesIn(path: string, recursive: boolean, wanted = MANIFEST): Promise<string[]> {
  if (path === '-') {
    return [path];
  }
  const found = await stat(path).catch((error: Error) => unreadable(path, error));
  if (!found.isDirectory()) {
    return [path];
  }
  const entries = await readdir(path, { recursive, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile() && wanted.test(entry.name));
  return files.map((entry) => join(entry.parentPath, entry.name)).sort();
}

async function contentOf(file: string): Promise<string> {
  if (file === '-') {
    return text(process.stdin);
  }
  const { size } = await stat(file).catch((error: Error) => unreadable(file, error));
  if (size > MAX_BYTES) {
    throw new CliError(`${sanitize(file)} is larger than ${MAX_BYTES / 1024 / 1024} MB`);
  }
  return readFile(file, 'utf8').catch((error: Error) => unreadable(file, error));
}

/** @throws CliError that tells why a file can't be read */
export function unreadable(file: string, error: Error): never {
  const reason = (error as NodeJS.ErrnoException).code === 'ENOENT' ? 'there is no such file or folder' : error.message;
  throw new CliError(`${sanitize(file)}: ${sanitize(reason)}`);
}

/** The resources in the text of a file. */
export function resourcesIn(file: string, content: string): ManifestSources {
  const lines = new LineCounter();
  const texts = content.split('\n');
  const lineAt = (line: number) => (texts[line - 1] ?? '').replace(/\r$/, '');
  const positionAt = (offset: number): Position => {
    const { line, col } = lines.linePos(offset);
    return { line, column: col };
  };
  const resources: SourceResource[] = [];
  const broken: SyntaxProblem[] = [];
  for (const document of parseAllDocuments(content, { ...KUBERNETES_YAML, lineCounter: lines, uniqueKeys: true })) {
    const [error] = document.errors;
    if (error !== undefined) {
      broken.push({
        file,
        position: positionAt(error.pos[0]),
        message: sanitize((error.message.split('\n', 1)[0] ?? '').replace(/ at line \d+, column \d+:?$/, '')),
        lineAt,
      });
      continue;
    }
    const plain = plainValueOf(document);
    if ('message' in plain) {
      broken.push({ file, position: positionAt(plain.offset), message: sanitize(plain.message), lineAt });
      continue;
    }
    for (const { item, path } of itemsOf(plain.value)) {
      resources.push({
        file,
        value: item,
        lineAt,
        positionOf: (field) => positionAt(offsetOf(document, [...path, ...stepsIn(field)])),
      });
    }
  }
  return { resources, broken };
}

function itemsOf(value: unknown): { readonly item: unknown; readonly path: readonly (string | number)[] }[] {
  const { kind, items } = Object(value) as { kind?: unknown; items?: unknown };
  if (kind === 'List' && Array.isArray(items)) {
    return items.map((item, index) => ({ item, path: ['items', index] }));
  }
  return value === null || value === undefined ? [] : [{ item: value, path: [] }];
}

/** `a.b[0].c` in steps. */
function stepsIn(field: string): (string | number)[] {
  return [...field.matchAll(/\[(\d+)\]|([^.[\]]+)/g)].map(([, index, name]) =>
    index === undefined ? (name ?? '') : Number(index),
  );
}

/** Where a path's key or entry begins, or that of the nearest thing around it. */
function offsetOf(document: Document, path: readonly (string | number)[]): number {
  for (let length = path.length; length > 0; length -= 1) {
    const parent: unknown = length === 1 ? document.contents : document.getIn(path.slice(0, length - 1), true);
    const last = path[length - 1];
    const { items = [] } = Object(parent) as { items?: unknown[] };
    const key = items.flatMap((item) =>
      isPair(item) && isScalar(item.key) && item.key.value === last ? [item.key] : [],
    )[0];
    const node = key ?? (typeof last === 'number' ? items[last] : undefined);
    const { range } = Object(node) as { range?: readonly number[] };
    if (range?.[0] !== undefined) {
      return range[0];
    }
  }
  return (document.contents as { range?: readonly number[] } | null)?.range?.[0] ?? 0;
}
