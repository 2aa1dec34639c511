/** Checks the prose of a file by the rules of rules.yaml, and the form of Markdown by markdownlint. */
import type { Configuration } from 'markdownlint';
import { lint } from 'markdownlint/sync';
import { type Prose, proseOf } from './extract.ts';
import { CODE } from './mask.ts';
import { RULES, type Rule } from './rules.ts';

export interface Finding {
  readonly path: string;
  readonly line: number;
  readonly column: number;
  readonly rule: string;
  readonly message: string;
}

/** Columns of a line of Markdown. Tables, code blocks, and lines of nothing but a link or an image can be longer. */
const COLUMNS = 100;

const markdownConfig = (path: string): Configuration => ({
  default: true,
  MD013: { line_length: COLUMNS, heading_line_length: COLUMNS, tables: false, code_blocks: false },
  MD014: false, // Commands are shown with a $ where their output follows.
  MD024: { siblings_only: true },
  MD041: !path.includes('_TEMPLATE'), // GitHub shows a template below a title.
  MD060: false, // Tables are not aligned: a row that changes would change all.
});

/** An escape in a comment, `prose-ignore RULE: REASON`. It applies to its own line and to the next. */
const IGNORE = /(?:<!--|\/\/|\/\*|#)\s*prose-ignore\b(?:\s+([\w-]+))?(?:\s*:\s*(.*?))?\s*(?:-->|\*\/|$)/gm;

/** Returns what is wrong with a file's prose, in the order of its lines. */
export function findingsIn(path: string, source: string): Finding[] {
  const prose = proseOf(path, source);
  if (prose === undefined) {
    return [];
  }
  const place = placer(source);
  const found = [
    ...prose
      .flatMap((text) => RULES.flatMap((rule) => [...matches(rule, text, source)]))
      .map((match) => ({
        path,
        ...place(match.offset),
        rule: match.rule,
        message: match.message,
      })),
    ...(path.endsWith('.md') ? markdownFindings(path, source) : []),
  ];
  const ignored = [...source.matchAll(IGNORE)]
    // An example of an escape is code.
    .filter(({ index }) => prose.every(({ text }) => text[index] !== CODE))
    .map(({ index, 1: rule, 2: reason }) => ({ ...place(index), rule, reason, isUsed: false }));
  const left = found.filter(({ line, rule }) => {
    const by = ignored.find((each) => each.rule === rule && (each.line === line || each.line === line - 1));
    if (by !== undefined) {
      by.isUsed = true;
    }
    return by === undefined;
  });
  for (const { line, column, rule, reason, isUsed } of ignored) {
    const message = !isUsed
      ? `no finding of ${rule ?? 'a named rule'} on this line or the next (remove the comment)`
      : reason === undefined || reason === ''
        ? `no reason (write prose-ignore ${rule}: REASON)`
        : undefined;
    if (message !== undefined) {
      left.push({ path, line, column, rule: 'prose-ignore', message });
    }
  }
  return left.sort((a, b) => a.line - b.line || a.column - b.column);
}

export function formatFinding({ path, line, column, rule, message }: Finding): string {
  return `${path}:${line}:${column} ${rule}: ${message}`;
}

function* matches({ name, kinds, because, patterns }: Rule, { kind, text }: Prose, source: string) {
  if (!kinds.includes(kind)) {
    return;
  }
  for (const { find, use } of patterns) {
    for (const match of text.matchAll(find)) {
      const words = source.slice(match.index, match.index + match[0].length).replace(/\s+(?:(?:\*|\/\/|#)\s+)?/g, ' ');
      const suggestion = use.replace(/\$(\d)/g, (_, group) => match[Number(group)] ?? '');
      if (words !== suggestion) {
        const reason = because === undefined ? '' : `: ${because}`;
        yield { offset: match.index, rule: name, message: `avoid "${words.trim()}"${reason} (${suggestion})` };
      }
    }
  }
}

function markdownFindings(path: string, source: string): Finding[] {
  return (lint({ strings: { source }, config: markdownConfig(path) }).source ?? []).map(
    ({ lineNumber, errorRange, ruleNames, ruleDescription, errorDetail }) => ({
      path,
      line: lineNumber,
      column: errorRange?.[0] ?? 1,
      rule: ruleNames.at(-1) ?? '',
      message: [ruleDescription, errorDetail].filter(Boolean).join(': '),
    }),
  );
}

/** Returns the line and column of an offset, both from 1. */
function placer(source: string): (offset: number) => { line: number; column: number } {
  const starts = [0, ...[...source.matchAll(/\n/g)].map(({ index }) => index + 1)];
  return (offset) => {
    const line = starts.findLastIndex((start) => start <= offset);
    return { line: line + 1, column: offset - (starts[line] ?? 0) + 1 };
  };
}
