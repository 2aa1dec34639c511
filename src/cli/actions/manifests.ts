import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { type Document, isPair, isScalar, LineCounter, parseAllDocuments } from 'yaml';
import { KUBERNETES_YAML, plainValueOf } from '../../kube/kubernetesYaml.ts';
import { sanitize } from '../../sanitize.ts';
import { CliError } from '../exit.ts';

/** A position in a file. Lines and columns start at 1. */
export interface Position {
  readonly line: number;
  readonly column: number;
}

/** A resource in a file, with its position. */
export interface SourceResource {
  /** Path that the user named, or a path below the folder that the user named. */
  readonly file: string;
  readonly value: unknown;
  /** Returns the position of a field, for example, `spec.applications.denied[0].name`. If it is missing, of the nearest parent. */
  readonly positionOf: (field: string) => Position;
  /** Returns the text of a line. The first line is 1. */
  readonly lineAt: (line: number) => string;
}

/** A syntax error in a file. */
interface SyntaxProblem {
  readonly file: string;
  readonly position: Position;
  readonly message: string;
  readonly lineAt: (line: number) => string;
}

export interface ManifestSources {
  /** Resources in the order of files and documents. The items of a List are separate resources. */
  readonly resources: readonly SourceResource[];
  readonly broken: readonly SyntaxProblem[];
}

const MANIFEST = /\.(ya?ml|json)$/i;
/** Maximum size of a file. Files stay in memory, and policies are far smaller. */
const MAX_FILE_BYTES = 16 * 1024 * 1024;

/**
 * Reads manifests from files and folders. The path `-` is standard input.
 *
 * @throws CliError if a path can't be read
 */
export async function readSources(paths: readonly string[], recursive: boolean): Promise<ManifestSources> {
  const files = (await Promise.all(paths.map((path) => filesIn(path, recursive)))).flat();
  const read = await Promise.all(
    files.map(async (file) => resourcesIn(file === '-' ? '(stdin)' : file, await contentOf(file))),
  );
  return {
    resources: read.flatMap(({ resources }) => resources),
    broken: read.flatMap(({ broken }) => broken),
  };
}

/** Returns the files whose name matches, in folders and their subfolders. A path that is a file is returned as it is. */
export async function filesNamed(paths: readonly string[], name: RegExp): Promise<string[]> {
  return (await Promise.all(paths.map((path) => filesIn(path, true, name)))).flat();
}

async function filesIn(path: string, recursive: boolean, pattern = MANIFEST): Promise<string[]> {
  if (path === '-') {
    return [path];
  }
  const stats = await stat(path).catch((error: Error) => throwUnreadable(path, error));
  if (!stats.isDirectory()) {
    return [path];
  }
  const entries = await readdir(path, { recursive, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile() && pattern.test(entry.name));
  return files.map((entry) => join(entry.parentPath, entry.name)).sort();
}

async function contentOf(file: string): Promise<string> {
  if (file === '-') {
    return text(process.stdin);
  }
  const { size } = await stat(file).catch((error: Error) => throwUnreadable(file, error));
  if (size > MAX_FILE_BYTES) {
    throw new CliError(`${sanitize(file)} is larger than ${MAX_FILE_BYTES / 1024 / 1024} MB`);
  }
  return readFile(file, 'utf8').catch((error: Error) => throwUnreadable(file, error));
}

/** @throws CliError with the reason why a file can't be read */
export function throwUnreadable(file: string, error: Error): never {
  const reason = (error as NodeJS.ErrnoException).code === 'ENOENT' ? 'no such file or folder' : error.message;
  throw new CliError(`${sanitize(file)}: ${sanitize(reason)}`);
}

/** Parses the text of a file. */
export function resourcesIn(file: string, content: string): ManifestSources {
  const lines = new LineCounter();
  const contentLines = content.split('\n');
  const lineAt = (line: number) => (contentLines[line - 1] ?? '').replace(/\r$/, '');
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

/** Splits `a.b[0].c` into its steps. */
function stepsIn(field: string): (string | number)[] {
  return [...field.matchAll(/\[(\d+)\]|([^.[\]]+)/g)].map(([, index, name]) =>
    index === undefined ? (name ?? '') : Number(index),
  );
}

/** Returns the offset of the key or entry at a path. If it is missing, of the nearest parent. */
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
