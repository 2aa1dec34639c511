/** Prose of Markdown: everything but code, HTML, and the destinations of links. */
import type { MicromarkToken } from 'markdownlint';
import { lint } from 'markdownlint/sync';
import { CODE, Mask } from './mask.ts';

/** Types of tokens that are shown as code. */
const CODE_TOKENS = ['codeFenced', 'codeIndented', 'codeText', 'autolink', 'literalAutolink'];
/** Types of tokens that hold prose, and of those inside them that do not. */
const PROSE_TOKENS = ['paragraph', 'atxHeading', 'setextHeading', 'tableContent'];
const HIDDEN_TOKENS = [
  'resource',
  'reference',
  'htmlFlow',
  'htmlText',
  'definition',
  'atxHeadingSequence',
  'blockQuotePrefix',
];

/** Sections of a changelog. The newest release, and what is unreleased, are checked; older sections do not change. */
const RELEASES = /^## \[\d/gm;

export function markdownProse(path: string, source: string): string {
  const mask = new Mask(source);
  const starts = lineStarts(source);
  const offset = (line: number, column: number) => (starts[line - 1] ?? 0) + column - 1;
  const visit = (token: MicromarkToken): void => {
    const start = offset(token.startLine, token.startColumn);
    const end = offset(token.endLine, token.endColumn);
    if (HIDDEN_TOKENS.includes(token.type)) {
      mask.hide(start, end);
      return;
    }
    if (CODE_TOKENS.includes(token.type)) {
      mask.fill(start, end, CODE);
      return;
    }
    if (PROSE_TOKENS.includes(token.type)) {
      mask.show(start, end);
    }
    token.children.forEach(visit);
  };
  for (const token of tokensOf(source)) {
    visit(token);
  }
  if (path.endsWith('CHANGELOG.md')) {
    const second = [...source.matchAll(RELEASES)][1];
    mask.hide(second?.index ?? source.length, source.length);
  }
  return mask.finish();
}

/** The tokens of markdownlint's parser, which it passes to rules. */
function tokensOf(source: string): readonly MicromarkToken[] {
  let tokens: readonly MicromarkToken[] = [];
  const rule = {
    names: ['tokens'],
    description: 'Reads the tokens',
    tags: ['reader'],
    parser: 'micromark' as const,
    function: ({ parsers }: { parsers: { micromark: { tokens: MicromarkToken[] } } }) => {
      tokens = parsers.micromark.tokens;
    },
  };
  lint({ strings: { source }, config: { default: false, tokens: true }, customRules: [rule] });
  return tokens;
}

function lineStarts(source: string): number[] {
  return [0, ...[...source.matchAll(/\n/g)].map(({ index }) => index + 1)];
}
