import { type Document, isAlias, isCollection, isScalar, type Node, type ScalarTag, type Tags, visit } from 'yaml';

/** Octal numbers in Go's notation. */
const OCTAL: ScalarTag = {
  tag: 'tag:yaml.org,2002:int',
  default: true,
  test: /^[-+]?0o[0-7_]+$/,
  resolve: (text) => Number(text.replace(/[-+_]/g, '')) * (text.startsWith('-') ? -1 : 1),
};
/** Tags of values that are strings in JSON. */
const STRING_TAGS = /:(timestamp|binary)$/;

/**
 * Parser options for YAML as Kubernetes reads it (sigs.k8s.io/yaml): YAML 1.1, in which yes and on are booleans and 017 is octal, converted
 * to JSON.
 */
export const KUBERNETES_YAML = {
  version: '1.1',
  // A template such as {{ .Values.name }} is a map whose key is a map, about which the parser would warn on stderr.
  logLevel: 'error',
  customTags: (tags: Tags): Tags => [
    OCTAL,
    ...tags.filter((tag) => typeof tag === 'string' || !(isTimeOfDay(tag) || STRING_TAGS.test(tag.tag))),
  ],
} as const;

function isTimeOfDay(tag: object): boolean {
  return 'format' in tag && tag.format === 'TIME';
}

/** Maximum number of aliases that are resolved, so that a few lines can't fill the memory. */
const MAX_ALIASES = 1_000;

/** A part of a document that Kubernetes can't read, and its offset in the text. */
export interface YamlProblem {
  readonly offset: number;
  readonly message: string;
}

/** Returns a document as plain data, or the first problem with its aliases and merges. */
export function plainValueOf(document: Document): { readonly value: unknown } | YamlProblem {
  const problem = aliasProblemIn(document);
  if (problem !== undefined) {
    return problem;
  }
  try {
    return { value: document.toJS({ maxAliasCount: MAX_ALIASES }) };
  } catch (error) {
    // MAX_ALIASES causes a ReferenceError. Other errors report a merge (<<) of a value that is not a map.
    const isTooMany = error instanceof ReferenceError;
    const message = isTooMany ? 'too many aliases; replace them with their values' : (error as Error).message;
    return { offset: offsetOf(document.contents), message };
  }
}

/** Escape of a code unit that is half a character in UTF-16. */
const SURROGATE_ESCAPE = /(?<!\\)(?:\\\\)*\\(?:u|U0000)[dD][89a-fA-F]/;

/**
 * Returns the first half of a character in a document. kubectl rejects it in YAML, and replaces it with U+FFFD in JSON, so that a user name would be
 * another one. It also rejects both halves in YAML.
 *
 * @param content text of the file
 */
export function surrogateProblemIn(document: Document, content: string): YamlProblem | undefined {
  const isJson = /^\s*\{/.test(content);
  let problem: YamlProblem | undefined;
  visit(document, {
    Scalar: (_, { value, range, type }) => {
      if (typeof value !== 'string') {
        return undefined;
      }
      const hasEscapes = type === 'QUOTE_DOUBLE' && !isJson;
      if (value.isWellFormed() && !(hasEscapes && SURROGATE_ESCAPE.test(content.slice(range?.[0], range?.[1])))) {
        return undefined;
      }
      const message = 'contains the escape of half a character (U+D800 to U+DFFF); write the character itself';
      problem = { offset: range?.[0] ?? 0, message };
      return visit.BREAK;
    },
  });
  return problem;
}

function aliasProblemIn(document: Document): YamlProblem | undefined {
  const anchors = new Set<string>();
  let problem: YamlProblem | undefined;
  visit(document, {
    Node: (_, node, path) => {
      if (!isAlias(node)) {
        if ((isScalar(node) || isCollection(node)) && node.anchor !== undefined) {
          anchors.add(node.anchor);
        }
        return undefined;
      }
      const name = node.source;
      const containsItself = path.some((outer) => isCollection(outer) && outer.anchor === name);
      if (containsItself || !anchors.has(name)) {
        const message = containsItself
          ? `alias *${name} is part of the value that it refers to`
          : `no anchor &${name} before alias *${name}`;
        problem = { offset: offsetOf(node), message };
        return visit.BREAK;
      }
      return undefined;
    },
  });
  return problem;
}

function offsetOf(node: Node | null): number {
  return node?.range?.[0] ?? 0;
}
