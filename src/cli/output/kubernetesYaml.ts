import { type Document, isAlias, isCollection, isScalar, type Node, type ScalarTag, type Tags, visit } from 'yaml';

/** Go's way of writing octal numbers. */
const OCTAL: ScalarTag = {
  tag: 'tag:yaml.org,2002:int',
  default: true,
  test: /^[-+]?0o[0-7_]+$/,
  resolve: (text) => Number(text.replace(/[-+_]/g, '')) * (text.startsWith('-') ? -1 : 1),
};
/** Dates, times and bytes are texts in JSON. */
const ONLY_TEXT = /:(timestamp|binary)$/;

/** How Kubernetes reads YAML (sigs.k8s.io/yaml): as of version 1.1, in which yes and on are booleans and 017 is octal, for JSON. */
export const KUBERNETES_YAML = {
  version: '1.1',
  customTags: (tags: Tags): Tags => [
    OCTAL,
    ...tags.filter((tag) => typeof tag === 'string' || !(isTimeOfDay(tag) || ONLY_TEXT.test(tag.tag))),
  ],
} as const;

function isTimeOfDay(tag: object): boolean {
  return 'format' in tag && tag.format === 'TIME';
}

/** So many times aliases may be followed in all, so that a few lines don't fill the memory. */
const MAX_ALIASES = 1_000;

/** What can't be resolved in a document, and the offset at which it stands. */
export interface AliasProblem {
  readonly offset: number;
  readonly message: string;
}

/** A document as plain data, or what is wrong with its aliases and merges. */
export function plainValueOf(document: Document): { readonly value: unknown } | AliasProblem {
  const problem = aliasProblemIn(document);
  if (problem !== undefined) {
    return problem;
  }
  try {
    return { value: document.toJS({ maxAliasCount: MAX_ALIASES }) };
  } catch (error) {
    // A ReferenceError is the guard against what would fill the memory; others tell of a merge (<<) of something else than a map.
    const isTooMuch = error instanceof ReferenceError;
    const message = isTooMuch ? 'its aliases multiply; write out what they stand for' : (error as Error).message;
    return { offset: offsetOf(document.contents), message };
  }
}

function aliasProblemIn(document: Document): AliasProblem | undefined {
  const anchors = new Set<string>();
  let problem: AliasProblem | undefined;
  visit(document, {
    Node: (_, node, path) => {
      if (!isAlias(node)) {
        if ((isScalar(node) || isCollection(node)) && node.anchor !== undefined) {
          anchors.add(node.anchor);
        }
        return undefined;
      }
      const name = node.source;
      const holdsItself = path.some((outer) => isCollection(outer) && outer.anchor === name);
      if (holdsItself || !anchors.has(name)) {
        const message = holdsItself
          ? `*${name} stands inside of what it refers to`
          : `there is no &${name} before *${name}`;
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
