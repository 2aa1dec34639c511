import { groupSliced, type Sliced } from '../slices.ts';
import {
  endOfPart,
  endsWith,
  type GlobWithParts,
  matchesParts,
  type Part,
  signatureOf,
  signatureOfText,
} from './glob.ts';

/** A pattern with a value. */
export interface GlobEntry<Value> {
  readonly glob: GlobWithParts;
  readonly value: Value;
}

/** A pattern, with the characters that each match contains. */
interface SignedEntry<Value> extends GlobEntry<Value> {
  readonly signature: number;
}

/** Patterns whose first parts are the same. */
interface Branch<Value> {
  /** The last of these parts. */
  readonly part: Part;
  /** Characters that each match of one of the patterns contains. */
  readonly signature: number;
  readonly node: Node<Value>;
}

interface Node<Value> {
  /** Patterns that have no further part, except at the end of the text. */
  readonly ends: readonly SignedEntry<Value>[];
  /** Patterns that share no further part with another one. */
  readonly single: readonly SignedEntry<Value>[];
  readonly branches: readonly Branch<Value>[];
}

/** Patterns by their parts, so that a part that many patterns begin with is searched once. */
export class GlobTrie<Value> {
  readonly #root: Node<Value>;

  private constructor(root: Node<Value>) {
    this.#root = root;
  }

  static *build<Value>(entries: readonly GlobEntry<Value>[]): Sliced<GlobTrie<Value>> {
    const signed: SignedEntry<Value>[] = [];
    for (const { glob, value } of entries) {
      yield;
      signed.push({ glob, value, signature: signatureOf(glob) });
    }
    return new GlobTrie(yield* nodeOf(signed, 0));
  }

  /** Calls a function for each pattern that matches a text, until it returns true. Returns whether it did. */
  some(text: string, visit: (value: Value) => boolean): boolean {
    return visitMatches(this.#root, 0, text, 0, signatureOfText(text), visit);
  }
}

/** Returns the node for patterns whose first parts, up to an index, are the same. */
function* nodeOf<Value>(entries: readonly SignedEntry<Value>[], index: number): Sliced<Node<Value>> {
  const ends = entries.filter(({ glob }) => glob.parts.length === index);
  const groups = yield* groupSliced(
    entries.filter(({ glob }) => glob.parts.length > index),
    ({ glob }) => textOf(glob.parts[index] ?? ''),
  );
  const single: SignedEntry<Value>[] = [];
  const branches: Branch<Value>[] = [];
  for (const group of groups.values()) {
    yield;
    const [first, second] = group;
    if (first !== undefined && second === undefined) {
      single.push(first);
    } else if (first !== undefined) {
      const signature = group.reduce((all, one) => all & one.signature, -1);
      branches.push({ part: first.glob.parts[index] ?? '', signature, node: yield* nodeOf(group, index + 1) });
    }
  }
  return { ends, single, branches };
}

/** Returns the text of a part, which is different for each part. */
function textOf(part: Part): string {
  return typeof part === 'string' ? part : part.text;
}

function visitMatches<Value>(
  { ends, single, branches }: Node<Value>,
  index: number,
  text: string,
  from: number,
  given: number,
  visit: (value: Value) => boolean,
): boolean {
  for (const { glob, value } of ends) {
    const isMatch = glob.last === undefined ? from === text.length : endsWith(text, glob.last, from);
    if (isMatch && visit(value)) {
      return true;
    }
  }
  for (const { glob, value, signature } of single) {
    if ((signature & given) === signature && matchesParts(glob, text, index, from) && visit(value)) {
      return true;
    }
  }
  for (const { part, signature, node } of branches) {
    const end = (signature & given) === signature ? endOfPart(part, text, from, index === 0) : undefined;
    if (end !== undefined && visitMatches(node, index + 1, text, end, given, visit)) {
      return true;
    }
  }
  return false;
}
