/** Prose of TypeScript and JavaScript: comments, and strings of more than one word. */
import { parseAst } from 'vitest/node';
import type { Prose } from './extract.ts';
import { Mask, VALUE } from './mask.ts';

interface Node {
  readonly type: string;
  readonly start: number;
  readonly end: number;
  readonly value?: unknown;
  readonly tail?: boolean;
  readonly quasis?: readonly Node[];
}

/** Two words after each other. One alone is a name, a key or a path. */
const SENTENCE = /\p{L}{2,}['’]?\p{L}*[,;:]? +['"`(]?(?:\p{L}|\$\{)|\$\{[^}]*\} \p{L}{2,}/u;
const COMMENT = /\/\*[\s\S]*?\*\/|\/\/.*/g;
/** Instructions to tools. */
const PRAGMA = /^\/[/*]+\s*(?:biome-ignore|@ts-|eslint|v8 ignore|prose-ignore)/;

export function scriptProse(path: string, source: string): Prose[] {
  const messages = new Mask(source);
  const literals: Node[] = [];
  visit(parseAst(source, { lang: path.endsWith('.js') ? 'js' : 'ts' }, path), (node) => {
    if (node.type === 'Literal' && (typeof node.value === 'string' || 'regex' in node)) {
      literals.push(node);
    } else if (node.type === 'TemplateLiteral') {
      literals.push(...(node.quasis ?? []));
    }
    if (!SENTENCE.test(source.slice(node.start, node.end))) {
      return;
    }
    if (node.type === 'Literal' && typeof node.value === 'string') {
      messages.show(node.start + 1, node.end - 1);
    } else if (node.type === 'TemplateLiteral') {
      messages.fill(node.start + 1, node.end - 1, VALUE);
      for (const { start, end, tail } of node.quasis ?? []) {
        // A part includes its delimiters: ` or }, and ` or ${.
        messages.show(start + 1, end - (tail ? 1 : 2));
      }
    }
  });
  messages.fillMatches(/\\(?:[nrt]|u\{?[\da-fA-F]+\}?)/g, ' ');
  return [
    { kind: 'messages', text: messages.finish() },
    { kind: 'comments', text: comments(source, literals) },
  ];
}

/** Comments are what looks like one outside literals. Consecutive ones make one text. */
function comments(source: string, literals: readonly Node[]): string {
  const code = source.split('');
  for (const { start, end } of literals) {
    code.fill('"', start, end);
  }
  const mask = new Mask(source);
  let last = { end: -1, isLine: false };
  for (const { 0: text, index } of code.join('').matchAll(COMMENT)) {
    const isLine = text.startsWith('//');
    const end = index + text.length;
    if (!PRAGMA.test(text)) {
      mask.show(index, end);
      if (isLine) {
        mask.fill(index, index + (/^\/+/.exec(text)?.[0].length ?? 0), ' ');
        if (last.isLine && /^\s*$/.test(source.slice(last.end, index))) {
          mask.show(last.end, index);
        }
      } else {
        mask.fill(index, index + 3, ' ');
        mask.hide(index, index + 1);
        mask.fill(end - 2, end, '\0');
      }
      last = { end, isLine };
    }
  }
  mask.fillMatches(/(?<=\n[ \t]*)\*(?= |$|\n)/gm, ' ');
  return mask.finish();
}

function visit(value: unknown, enter: (node: Node) => void): void {
  if (Array.isArray(value)) {
    for (const item of value) {
      visit(item, enter);
    }
  } else if (typeof value === 'object' && value !== null) {
    if ('type' in value && 'start' in value) {
      enter(value as unknown as Node);
    }
    for (const item of Object.values(value)) {
      visit(item, enter);
    }
  }
}
