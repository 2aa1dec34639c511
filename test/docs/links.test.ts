import { existsSync, globSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, test } from 'vitest';
import { anchorsIn, linksIn } from './markdown.ts';

const root = join(import.meta.dirname, '../..');
const pages = globSync('**/*.md', {
  cwd: root,
  exclude: (path) => /^(node_modules|dist|coverage)$|\/node_modules$/.test(String(path)),
}).sort();

/** What is wrong with a link; undefined if it leads somewhere. */
function problemWith(page: string, target: string): string | undefined {
  const [path = '', anchor] = decodeURI(target).split('#', 2);
  const file = path === '' ? join(root, page) : join(root, dirname(page), path);
  if (!file.startsWith(`${root}/`)) {
    return 'leads out of the repository';
  }
  if (!existsSync(file)) {
    return 'there is no such file';
  }
  if (anchor === undefined || !file.endsWith('.md')) {
    return undefined;
  }
  return anchorsIn(readFileSync(file, 'utf8')).has(anchor) ? undefined : 'there is no such heading';
}

test.each(pages)('the links of %s lead somewhere', (page) => {
  const problems = linksIn(readFileSync(join(root, page), 'utf8'))
    .filter(({ target }) => !/^[a-z][a-z+.-]*:/i.test(target))
    .flatMap(({ target, line }) => {
      const problem = problemWith(page, target);
      return problem === undefined ? [] : `${page}:${line}: ${target}: ${problem}`;
    });
  expect(problems).toEqual([]);
});

test('every page of docs/ is linked from its index, directly or through the decisions', () => {
  const linked = ['docs/README.md', 'docs/explanation/decisions/README.md'].flatMap((page) => [
    page,
    ...linksIn(readFileSync(join(root, page), 'utf8')).map(({ target }) =>
      join(dirname(page), target.split('#', 1)[0] ?? ''),
    ),
  ]);
  expect(pages.filter((page) => page.startsWith('docs/') && !linked.includes(page))).toEqual([]);
});

test('a link that leads nowhere is found, and code is no link', () => {
  expect(pages).toContain('README.md');
  expect(pages.filter((page) => page.startsWith('docs/')).length).toBeGreaterThan(5);
  const page = [
    '[a](x.md) `[no](y.md)` ![b](<z.svg> "title")',
    '```md',
    '[no](y.md)',
    '```',
    '[c]: w.md#part',
    '<img src="v.png">',
  ].join('\n');
  expect(linksIn(page)).toEqual([
    { target: 'x.md', line: 1 },
    { target: 'z.svg', line: 1 },
    { target: 'w.md#part', line: 5 },
    { target: 'v.png', line: 6 },
  ]);
  expect(problemWith('README.md', 'docs/nowhere.md')).toBe('there is no such file');
  expect(problemWith('README.md', 'docs/reference/iam-policies.md#nowhere')).toBe('there is no such heading');
  expect(problemWith('README.md', '../etc/passwd')).toBe('leads out of the repository');
  expect(problemWith('docs/how-to/install.md', '../../README.md#quick-start')).toBeUndefined();
});

test('headings become anchors as GitHub makes them', () => {
  const page = '# A `b_c` & D!\n## [Link](x.md) Ü\n## Twice\n## Twice\n```sh\n# no heading\n```\n### spec.a-b';
  expect([...anchorsIn(page)]).toEqual(['a-b_c--d', 'link-ü', 'twice', 'twice-1', 'speca-b']);
});
