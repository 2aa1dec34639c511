import { execFileSync } from 'node:child_process';
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { findFiles } from '../../../src/cli/actions/manifestFiles.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'wsap-files-'));
});
afterEach(() => rm(folder, { recursive: true }));

async function write(...files: string[]): Promise<void> {
  for (const file of files) {
    await mkdir(dirname(join(folder, file)), { recursive: true });
    await writeFile(join(folder, file), 'a: 1\n');
  }
}

/** Returns the files that paths below the folder name, without the folder. */
async function find(paths: readonly string[], { recursive = true, exclude = [] as string[] } = {}): Promise<string[]> {
  const found = await findFiles(
    paths.map((path) =>
      path === '-'
        ? path
        : path
            .split(',')
            .map((part) => join(folder, part))
            .join(','),
    ),
    { name: /\.(ya?ml|json)$/i, recursive, exclude: exclude.map((pattern) => pattern.replace('FOLDER', folder)) },
  );
  return found.map((file) => file.replace(`${folder}/`, ''));
}

describe('folders', () => {
  test('contain manifests by their extension, and subfolders with recursion', async () => {
    await write('b.yaml', 'a.yml', 'c.JSON', 'notes.txt', 'deep/deeper/d.yaml');
    expect(await find(['.'])).toEqual(['a.yml', 'b.yaml', 'c.JSON', 'deep/deeper/d.yaml']);
    expect(await find(['.'], { recursive: false })).toEqual(['a.yml', 'b.yaml', 'c.JSON']);
  });

  test('without policies are ignored: version control, packages, and templates of Helm charts', async () => {
    await write('.git/a.yaml', 'node_modules/x/a.yaml', 'x/node_modules/a.yaml', '.github/a.yaml', 'templates/a.yaml');
    await write('chart/Chart.yaml', 'chart/crds/a.yaml', 'chart/templates/x/a.yaml', 'chart/charts/sub/a.yaml');
    expect(await find(['.'])).toEqual(['.github/a.yaml', 'chart/Chart.yaml', 'chart/crds/a.yaml', 'templates/a.yaml']);
  });

  test('that the user names are read', async () => {
    await write('chart/Chart.yaml', 'chart/templates/a.yaml', 'node_modules/b.yaml');
    expect(await find(['chart/templates', 'node_modules'])).toEqual(['chart/templates/a.yaml', 'node_modules/b.yaml']);
  });
});

describe('symbolic links', () => {
  test('of a mounted ConfigMap lead to each file once', async () => {
    await write('..2026_11_29/a.yaml', '..2026_11_29/b.yaml');
    await symlink('..2026_11_29', join(folder, '..data'));
    await symlink('..data/a.yaml', join(folder, 'a.yaml'));
    await symlink('..data/b.yaml', join(folder, 'b.yaml'));
    expect(await find(['.'], { recursive: false })).toEqual(['a.yaml', 'b.yaml']);
    expect(await find(['.'])).toEqual(['a.yaml', 'b.yaml']);
  });

  test('lead to folders and files, of which each is read once, also in circles', async () => {
    await write('real/a.yaml');
    await symlink('real', join(folder, 'current'));
    await symlink('..', join(folder, 'real/up'));
    await symlink('a.yaml', join(folder, 'real/same.yaml'));
    expect(await find(['.'])).toEqual(['current/a.yaml']);
    expect(await find(['current'])).toEqual(['current/a.yaml']);
  });

  test('without a target are an error, except locks of editors', async () => {
    await write('a.yaml');
    await symlink('anna@host.42', join(folder, '.#a.yaml'));
    await symlink('gone.txt', join(folder, 'notes.txt'));
    expect(await find(['.'])).toEqual(['a.yaml']);
    await symlink('gone.yaml', join(folder, 'b.yaml'));
    await expect(find(['.'])).rejects.toThrow(/b\.yaml: the symbolic link can't be followed \(ENOENT/);
  });
});

describe('arguments', () => {
  test('can be lists, and a name with a comma', async () => {
    await write('a.yaml', 'b.yaml', 'c,d.yaml');
    expect(await find(['a.yaml,b.yaml', 'a.yaml'])).toEqual(['a.yaml', 'b.yaml']);
    expect(await findFiles([join(folder, 'c,d.yaml')], { name: /x/, recursive: false, exclude: [] })).toHaveLength(1);
    await expect(find(['a.yaml,gone.yaml'])).rejects.toThrow(/gone\.yaml: no such file or folder/);
  });

  test.each<[string, string[]]>([
    ['*.yaml', ['a.yaml', 'b[1].yaml']],
    ['?.y*ml', ['a.yaml']],
    ['[ab]*.yaml', ['a.yaml', 'b[1].yaml']],
    ['[!a]*.yaml', ['b[1].yaml']],
    ['b[1].yaml', ['b[1].yaml']],
    ['*/c.yaml', ['x/c.yaml', 'y/c.yaml']],
    ['**/*.yaml', ['a.yaml', 'b[1].yaml', 'x/c.yaml', 'x/z/d.yaml', 'y/c.yaml']],
    ['x/**', ['x/c.yaml', 'x/z/d.yaml']],
    ['*', ['a.yaml', 'b[1].yaml', 'x/c.yaml', 'x/z/d.yaml', 'y/c.yaml']],
  ])('can contain wildcards: %s', async (pattern, expected) => {
    await write('a.yaml', 'b[1].yaml', 'x/c.yaml', 'x/z/d.yaml', 'y/c.yaml', 'node_modules/e/c.yaml');
    const found = await find([pattern], { exclude: ['node_modules'] });
    expect(found.sort()).toEqual(expected);
  });

  test('that match nothing, don’t exist, or are URLs are errors', async () => {
    await expect(find(['*.yml'])).rejects.toThrow(/no file or folder matches .*\*\.yml/);
    await expect(find(['gone'])).rejects.toThrow(/gone: no such file or folder/);
    const filter = { name: /x/, recursive: false, exclude: [] };
    await expect(findFiles(['https://example.com/a.yaml'], filter)).rejects.toThrow('URLs are not supported');
    await expect(findFiles([''], filter)).rejects.toThrow('no such file or folder');
  });

  test('can be standard input, once, and a pipe', async () => {
    expect(await find(['-', '-'])).toEqual(['-']);
    execFileSync('mkfifo', [join(folder, 'pipe')]);
    expect(await find(['pipe'])).toEqual(['pipe']);
    expect(await find(['.'])).toEqual([]);
  });
});

describe('--exclude', () => {
  test.each<[string, string[]]>([
    ['tests', ['a.yaml', 'x/b.yaml']],
    ['tests/', ['a.yaml', 'x/b.yaml']],
    ['*.yaml', []],
    ['x/tests', ['a.yaml', 'tests/c.yaml', 'x/b.yaml']],
    ['**/tests/**', ['a.yaml', 'x/b.yaml']],
    ['./x/b.yaml', ['a.yaml', 'tests/c.yaml', 'x/tests/d.yaml']],
    ['FOLDER/x', ['a.yaml', 'tests/c.yaml']],
    ['X', ['a.yaml', 'tests/c.yaml', 'x/b.yaml', 'x/tests/d.yaml']],
  ])('%s', async (pattern, expected) => {
    await write('a.yaml', 'tests/c.yaml', 'x/b.yaml', 'x/tests/d.yaml');
    expect(await find(['.'], { exclude: [pattern] })).toEqual(expected);
  });

  test('also applies to paths that the user or a shell names', async () => {
    await write('a.yaml', 'b.gen.yaml');
    expect(await find(['a.yaml', 'b.gen.yaml'], { exclude: ['*.gen.yaml'] })).toEqual(['a.yaml']);
  });
});
