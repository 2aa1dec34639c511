import { type Document, isMap, isScalar, isSeq } from 'yaml';

/**
 * Returns the offset of the key or entry at a path, for example, `spec.applications.denied[0].name`. If it is missing, of the nearest
 * parent. Keys can contain dots, for example, `metadata.labels.app.kubernetes.io/name`.
 */
export function offsetOf(document: Document, path: string): number {
  let node: unknown = document.contents;
  let offset = startOf(node) ?? 0;
  let rest = path;
  while (rest !== '') {
    const step = stepIn(node, rest);
    if (step === undefined) {
      return offset;
    }
    offset = startOf(step.key) ?? offset;
    node = step.value;
    rest = step.rest;
  }
  return offset;
}

interface Step {
  /** Node at which the step is shown: the key of a pair, or the entry of a list. */
  readonly key: unknown;
  readonly value: unknown;
  readonly rest: string;
}

function stepIn(node: unknown, path: string): Step | undefined {
  if (isSeq(node)) {
    const [text = '', index] = /^\[(\d+)\]\.?/.exec(path) ?? [];
    const item = index === undefined ? undefined : node.items[Number(index)];
    return item === undefined ? undefined : { key: item, value: item, rest: path.slice(text.length) };
  }
  if (!isMap(node)) {
    return undefined;
  }
  let best: Step | undefined;
  for (const { key, value } of node.items) {
    const name = isScalar(key) ? String(key.value) : '';
    const rest = name !== '' && path.startsWith(name) ? path.slice(name.length) : undefined;
    // The longest key wins, because a key can contain the separators of the path.
    if (rest !== undefined && /^($|[.[])/.test(rest) && (best === undefined || rest.length < best.rest.length)) {
      best = { key, value, rest };
    }
  }
  return best && { ...best, rest: best.rest.replace(/^\./, '') };
}

function startOf(node: unknown): number | undefined {
  const { range } = Object(node) as { range?: readonly number[] };
  return range?.[0];
}
