import type { Dirent, Stats } from 'node:fs';
import { readdir, realpath, stat } from 'node:fs/promises';
import { basename, join, normalize, relative, sep } from 'node:path';
import { sanitize } from '../../sanitize.ts';
import { assertNoUrl, unreadable } from '../../textFile.ts';
import { CliError } from '../exit.ts';
import { hasWildcards, wildcardPattern } from './wildcards.ts';

/** Which files in folders to read. */
export interface FileFilter {
  /** Name of the files to read in folders. */
  readonly name: RegExp;
  /** Whether to read subfolders. */
  readonly recursive: boolean;
  /** Patterns of files and folders to ignore. A pattern without a slash matches names at any depth. */
  readonly exclude: readonly string[];
}

/** Folders of version control systems and package managers, which contain copies and templates, but no policies. */
const IGNORED_FOLDERS: ReadonlySet<string> = new Set(['.git', '.hg', '.svn', 'node_modules']);
/** Folders of a Helm chart whose files aren't YAML before Helm renders them. */
const CHART_FOLDERS: ReadonlySet<string> = new Set(['templates', 'charts']);

/**
 * Returns the files that paths name: files, folders, patterns with wildcards, and comma-separated lists of these. Each file occurs once.
 * Follows symbolic links, so that it reads mounted ConfigMaps. The path `-` is standard input.
 *
 * @throws CliError for a pattern without a match
 * @throws TextFileError for a URL, and for a path that doesn't exist or that can't be read
 */
export async function findFiles(paths: readonly string[], filter: FileFilter): Promise<string[]> {
  const found: string[] = [];
  for (const path of paths) {
    for (const root of await rootsOf(path)) {
      found.push(...(await filesIn(root, filter)));
    }
  }
  const unique = new Map<string, string>();
  for (const file of found) {
    // A pipe has no real path.
    const key = file === '-' ? file : await realpath(file).catch(() => file);
    unique.set(key, unique.get(key) ?? file);
  }
  return [...unique.values()];
}

/** Returns the files and folders that an argument names. An existing path is never interpreted. */
async function rootsOf(path: string): Promise<readonly string[]> {
  if (path === '-') {
    return [path];
  }
  assertNoUrl(path);
  if ((await existing(path)) !== undefined) {
    return [path];
  }
  if (path.includes(',')) {
    const parts = path.split(',').filter((part) => part !== '');
    return (await Promise.all(parts.map(rootsOf))).flat();
  }
  if (!hasWildcards(path)) {
    throw unreadable(path, Object.assign(new Error(), { code: 'ENOENT' }));
  }
  const matches = await expand(path);
  if (matches.length === 0) {
    throw new CliError(`no file or folder matches ${sanitize(path)}`);
  }
  return matches;
}

async function existing(path: string): Promise<Stats | undefined> {
  try {
    return await stat(path);
  } catch (error) {
    if (['ENOENT', 'ENOTDIR', 'ENAMETOOLONG'].includes((error as NodeJS.ErrnoException).code ?? '')) {
      return undefined;
    }
    throw unreadable(path, error as Error);
  }
}

/** Returns the paths that match a pattern, in order. `**` matches any number of folders. */
async function expand(pattern: string): Promise<string[]> {
  const [first = '', ...rest] = pattern.split('/');
  const isAbsolute = first === '';
  let matches = [isAbsolute ? '/' : ''];
  for (const segment of isAbsolute ? rest : [first, ...rest]) {
    if (segment !== '') {
      matches = (await Promise.all(matches.map((folder) => step(folder, segment)))).flat();
    }
  }
  return [...new Set(matches)];
}

async function step(folder: string, segment: string): Promise<string[]> {
  if (segment === '**') {
    return [folder, ...(await foldersBelow(folder))];
  }
  if (!hasWildcards(segment)) {
    const path = join(folder, segment);
    return (await existing(path)) === undefined ? [] : [path];
  }
  const pattern = wildcardPattern(segment);
  return (await entriesOf(folder)).filter(({ name }) => pattern.test(name)).map(({ name }) => join(folder, name));
}

async function foldersBelow(folder: string): Promise<string[]> {
  const entries = await entriesOf(folder);
  const folders = entries.filter((entry) => entry.isDirectory() && !isIgnoredFolder(entry.name, entries));
  const below = folders.map(async ({ name }) => [join(folder, name), ...(await foldersBelow(join(folder, name)))]);
  return (await Promise.all(below)).flat();
}

/** Returns the entries of a folder by name. Empty if the path isn't a folder. */
async function entriesOf(folder: string): Promise<Dirent[]> {
  try {
    const entries = await readdir(folder === '' ? '.' : folder, { withFileTypes: true });
    return entries.sort((a, b) => (a.name < b.name ? -1 : 1));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOTDIR') {
      return [];
    }
    throw unreadable(folder, error as Error);
  }
}

async function filesIn(root: string, filter: FileFilter): Promise<string[]> {
  if (root === '-') {
    return [root];
  }
  const stats = await stat(root).catch((error: Error) => Promise.reject(unreadable(root, error)));
  if (isExcluded(root, '', filter.exclude)) {
    return [];
  }
  return stats.isDirectory() ? walk(root, root, filter, []) : [root];
}

/** Returns the files in a folder, sorted. `parents` contains the real paths of the folders above, for links that form a circle. */
async function walk(root: string, folder: string, filter: FileFilter, parents: readonly string[]): Promise<string[]> {
  const own = await realpath(folder).catch((error: Error) => Promise.reject(unreadable(folder, error)));
  if (parents.includes(own)) {
    return [];
  }
  const entries = await entriesOf(folder);
  const files: string[] = [];
  for (const entry of entries) {
    const path = join(folder, entry.name);
    // A mounted volume keeps its versions in folders that start with two dots, and links to their files.
    if (entry.name.startsWith('..') || isExcluded(path, relative(root, path), filter.exclude)) {
      continue;
    }
    const type = await typeOf(entry, path, filter);
    if (type === 'folder' && filter.recursive && !isIgnoredFolder(entry.name, entries)) {
      files.push(...(await walk(root, path, filter, [...parents, own])));
    } else if (type === 'file' && filter.name.test(entry.name)) {
      files.push(path);
    }
  }
  return files;
}

async function typeOf(entry: Dirent, path: string, { name }: FileFilter): Promise<'file' | 'folder' | undefined> {
  if (!entry.isSymbolicLink()) {
    return entry.isDirectory() ? 'folder' : entry.isFile() ? 'file' : undefined;
  }
  const target = await stat(path).catch((error: Error) => {
    // Editors use links without a target that start with .# to lock files.
    if (!name.test(entry.name) || entry.name.startsWith('.#')) {
      return undefined;
    }
    throw unreadable(path, Object.assign(new Error(`the symbolic link can't be followed (${error.message})`)));
  });
  return target?.isDirectory() ? 'folder' : target?.isFile() ? 'file' : undefined;
}

function isIgnoredFolder(name: string, siblings: readonly Dirent[]): boolean {
  const isInChart = CHART_FOLDERS.has(name) && siblings.some((sibling) => sibling.name === 'Chart.yaml');
  return isInChart || IGNORED_FOLDERS.has(name);
}

/** Whether a pattern matches a path: its name, the path below the folder that the user named, or the path with that folder. */
function isExcluded(path: string, pathBelowRoot: string, patterns: readonly string[]): boolean {
  const candidates = [normalize(path), pathBelowRoot].map((one) => one.split(sep).join('/'));
  return patterns.some((pattern) => {
    const normalized = pattern.replace(/^\.\//, '').replace(/\/+$/, '');
    const matcher = wildcardPattern(normalized);
    return normalized.includes('/') ? candidates.some((one) => matcher.test(one)) : matcher.test(basename(path));
  });
}
