import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { SIDE_EFFECTS } from '../../src/plan/sideEffects.ts';

const root = join(import.meta.dirname, '../..');
const read = (page: string) => readFileSync(join(root, page), 'utf8');
const SOURCES = 'docs/reference/aws-behavior.md';
/** Generated pages contain texts of the program, and decisions describe the past. */
const EXCLUDED =
  /^docs\/(reference\/(api|commands|iam-policies|metrics|reasons|aws-behavior)\.md|explanation\/decisions\/)/;
const PAGES = ['README.md', 'SECURITY.md', ...globSync('docs/**/*.md', { cwd: root })]
  .filter((page) => !EXCLUDED.test(page))
  .sort();

/** Pages of AWS. */
const AWS_PAGE = /^https:\/\/(docs\.)?aws\.amazon\.com\//;

describe('the page on AWS behavior', () => {
  const page = read(SOURCES);
  const targets = new Map(
    [...page.matchAll(/^\[([^\]]+)\]: (\S+)$/gm)].map(([, name = '', target = '']) => [name, target]),
  );
  const rows = page
    .split('\n')
    .filter((line) => line.startsWith('| ') && !line.startsWith('| Behavior |'))
    .map((line) => line.slice(2, -2).split(' | '));

  test.each(rows)('names the source of: %s', (_, source = '') => {
    const names = [...source.matchAll(/\[([^\]]+)\](?!\()/g)].map(([, name = '']) => name);
    expect(names.filter((name) => !AWS_PAGE.test(targets.get(name) ?? ''))).toEqual([]);
    expect(names.length > 0 || source.startsWith('Assumption')).toBe(true);
  });

  test('uses each of its sources, and has many rows', () => {
    const used = rows.flatMap(([, source = '']) => [...source.matchAll(/\[([^\]]+)\]/g)].map(([, name]) => name));
    expect([...targets.keys()].filter((name) => !used.includes(name))).toEqual([]);
    expect(rows.length).toBeGreaterThan(30);
  });
});

const VERBS =
  "bills|cannot|can't|checks|denies|does not|doesn't|documents|installs|keeps|limits|lists|maintains|no longer|offers|returns|supports";
/** A statement on what AWS does, with AWS, an operation on a WorkSpace, or a license as its subject. */
const STATEMENT = new RegExp(
  [
    `\\b(?:AWS|IAM) (?:also |only |then )?(?:${VERBS})\\b`,
    '\\b[Aa] (?:deployment|migration|rebuild|restore) (?:also )?(?:changes|ends|gives|locks|reinstalls|returns)\\b',
    '\\b(?:Migrations|Rebuilds|Restores|Deployments) (?:\\w+ )*(?:change|end|reinstall|return)\\b',
    '\\bMicrosoft 365\\b',
    '\\bAmazonWorkSpacesAdmin\\b',
    '\\bTrend Micro\\b',
  ].join('|'),
  'g',
);
/** Text before a match that states no fact: "if AWS rejects a read", "a slow AWS", and the condition in the first cell of a row. */
const DEPENDENT = /\b(?:because|if|that|unless|until|what|when|where|whether|which)\s+(?:a |the )?$|\ba slow $|^\| $/i;

/** Returns the paragraphs, list items, and table rows of a page that state what AWS does and name no source. */
function statementsWithoutSource(page: string): string[] {
  const text = page.replace(/^([ \t]*)(```+)[^\n]*\n[\s\S]*?^[ \t]*\2[ \t]*$/gm, '');
  return text
    .split(/\n\s*\n|\n(?=\s*(?:[-*|]|\d+\.) ?)/)
    .map((block) => block.replace(/\s+/g, ' ').trim())
    .filter((block) => {
      const statements = [...block.matchAll(STATEMENT)].filter(({ index }) => !DEPENDENT.test(block.slice(0, index)));
      return (
        statements.length > 0 && !/aws-behavior\.md|\]\(https:\/\/(docs\.)?aws\.amazon\.com|\bAssumption\b/.test(block)
      );
    });
}

test.each(PAGES)('%s names the source of each statement about AWS', (page) => {
  expect(statementsWithoutSource(read(page))).toEqual([]);
});

test('a statement without a source is found, and a condition is none', () => {
  const page = [
    'AWS bills by the month.',
    '',
    'If AWS denies a call, read the message.',
    '| AWS denies a call | read the message |',
    '',
    '- A deployment ends the session',
    '  of the user.',
    '- A deployment ends the session ([source](reference/aws-behavior.md#associations-and-deployments)).',
    '| rebuilt | Rebuilds of WorkSpaces reinstall applications. |',
    '```',
    'AWS keeps this.',
    '```',
    'Assumption: AWS keeps associations.',
  ].join('\n');
  expect(statementsWithoutSource(page)).toEqual([
    'AWS bills by the month.',
    '- A deployment ends the session of the user.',
    '| rebuilt | Rebuilds of WorkSpaces reinstall applications. |',
  ]);
});

test('each side effect that the program names is on the page, with its source', () => {
  const page = read(SOURCES);
  for (const { effect, source } of SIDE_EFFECTS) {
    expect(source).toMatch(AWS_PAGE);
    expect(page).toContain(source);
    expect(effect).toContain('Trend Micro');
    expect(page).toContain('Trend Micro');
  }
});
