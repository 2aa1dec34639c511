import { LineCounter, parseAllDocuments } from 'yaml';
import { KUBERNETES_YAML, plainValueOf, surrogateProblemIn } from '../../kube/kubernetesYaml.ts';
import { sanitize } from '../../sanitize.ts';
import {
  assertValidYamlCharacters,
  MAX_MANIFEST_BYTES,
  type Position,
  readTextFile,
  TextFileError,
} from '../../textFile.ts';
import { findFiles } from './manifestFiles.ts';
import { offsetOf } from './yamlPath.ts';

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

/** Advice for a file that contains `{{`. */
export const TEMPLATE_HINT =
  '; a template must be rendered first, for example, with helm template CHART | wsap lint -f -, or ignored with --exclude';
const MANIFEST = /\.(ya?ml|json)$/i;

/**
 * Reads manifests from files and folders, as `findFiles` finds them. `exclude`: patterns of files and folders to ignore. A file that isn't
 * text is a syntax error, so that the other files are still checked.
 *
 * @throws CliError for a pattern without a match
 * @throws TextFileError if a path can't be read
 */
export async function readSources(
  paths: readonly string[],
  recursive: boolean,
  exclude: readonly string[] = [],
): Promise<ManifestSources> {
  const files = await findFiles(paths, { name: MANIFEST, recursive, exclude });
  const read: ManifestSources[] = [];
  for (const file of files) {
    read.push(await sourcesIn(file));
  }
  return {
    resources: read.flatMap(({ resources }) => resources),
    broken: read.flatMap(({ broken }) => broken),
  };
}

/** Returns the files whose name matches, in folders and their subfolders. A path that is a file is returned as it is. */
export function filesNamed(paths: readonly string[], name: RegExp, exclude: readonly string[] = []): Promise<string[]> {
  return findFiles(paths, { name, recursive: true, exclude });
}

async function sourcesIn(path: string): Promise<ManifestSources> {
  const file = path === '-' ? '(stdin)' : path;
  try {
    const text = await readTextFile(path, MAX_MANIFEST_BYTES);
    assertValidYamlCharacters(text, file);
    return resourcesIn(file, text);
  } catch (error) {
    if (!(error instanceof TextFileError) || error.position === undefined) {
      throw error;
    }
    const { position, reason, excerpt } = error;
    return { resources: [], broken: [{ file, position, message: reason, lineAt: () => excerpt }] };
  }
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
        message: syntaxMessage(error.message, content),
        lineAt,
      });
      continue;
    }
    const plain = surrogateProblemIn(document, content) ?? plainValueOf(document);
    if ('message' in plain) {
      broken.push({ file, position: positionAt(plain.offset), message: sanitize(plain.message), lineAt });
      continue;
    }
    for (const { item, path } of itemsOf(plain.value)) {
      if (path !== '' && !isObject(item)) {
        const position = positionAt(offsetOf(document, path));
        broken.push({ file, position, message: `${path}: must be a resource`, lineAt });
        continue;
      }
      resources.push({
        file,
        value: item,
        lineAt,
        positionOf: (field) => positionAt(offsetOf(document, [path, field].filter((part) => part !== '').join('.'))),
      });
    }
  }
  return { resources, broken };
}

/** Returns the first line of a parser's message, without the position. */
function syntaxMessage(message: string, content: string): string {
  const [line = ''] = message.split('\n', 1);
  return `${sanitize(line.replace(/ at line \d+, column \d+:?$/, ''))}${content.includes('{{') ? TEMPLATE_HINT : ''}`;
}

/** Maximum depth of lists in lists. */
const MAX_LIST_DEPTH = 8;

interface Item {
  readonly item: unknown;
  readonly path: string;
}

/**
 * Returns the resources in a document. Splits lists of any kind, for example, `List` or `WorkspaceApplicationPolicyList`, like kubectl: an
 * item without a kind gets its kind from the list.
 */
function itemsOf(value: unknown, path = '', depth = 0): Item[] {
  const { apiVersion, kind, items } = Object(value) as { apiVersion?: unknown; kind?: unknown; items?: unknown };
  const isList = typeof kind === 'string' && kind.endsWith('List') && Array.isArray(items);
  if (!isList || depth === MAX_LIST_DEPTH) {
    return path === '' && (value === null || value === undefined) ? [] : [{ item: value, path }];
  }
  const inherited = kind === 'List' ? {} : { apiVersion, kind: kind.slice(0, -'List'.length) };
  return items.flatMap((item: unknown, index) => {
    const typed = isObject(item) && !('kind' in item) && !('apiVersion' in item) ? { ...inherited, ...item } : item;
    return itemsOf(typed, `${path === '' ? '' : `${path}.`}items[${index}]`, depth + 1);
  });
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
