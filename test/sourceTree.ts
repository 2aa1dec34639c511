/**
 * The import rules of the source tree: imports only point up the list of layers, nothing imports in a circle, src imports no test, and
 * the core stays free of everything that does I/O. Run by itself, as `npm run check` does, it checks src and exits 1 on a violation.
 */
import { readdir, readFile } from 'node:fs/promises';
import { join, posix } from 'node:path';
import { parseAst } from 'vitest/node';

/** From what depends on nothing to the entry points. A layer is a file or a folder of src, or both, as operator.ts and operator/. */
export const LAYERS = [
  'clock',
  'backoff',
  'fairQueue',
  'compare',
  'sanitize',
  'table',
  'slices',
  'sequence',
  'sharedLists',
  'sharedTexts',
  'lazyMap',
  'policy',
  'fleet',
  'eventbridge',
  'inventory',
  'plan',
  'history',
  'execute',
  'status',
  'notifications',
  'run',
  'observe',
  'reconcile',
  'preview',
  'network',
  'textFile',
  'aws',
  'kube',
  'notifiers',
  'reports',
  'simulator',
  'operator',
  'cli',
] as const;
type Layer = (typeof LAYERS)[number];

/** The layers up to here are the core, which decides; what comes after talks to AWS, Kubernetes and people. */
const LAST_OF_CORE = LAYERS.indexOf('preview');
/** Pure, the ones of node: included. */
const CORE_PACKAGES = [
  '@marcbachmann/cel-js',
  'ajv',
  'ajv-formats',
  'node-cron',
  'node:crypto',
  'node:util',
  'typebox',
  'yaml',
];
/** Reading the CRD's schema is the core's only I/O. */
const POLICY_PACKAGES = ['node:fs', 'node:path', 'node:url'];

/** Source text by path, as `src/plan/diff.ts`. */
export type SourceTree = ReadonlyMap<string, string>;

/** What is wrong with a tree's imports, one line for each violation; none if all is well. */
export function importViolations(tree: SourceTree): string[] {
  const imports = new Map([...tree].map(([path, text]) => [path, importsOf(path, text)]));
  const violations: string[] = [];
  const edges = new Map<string, string[]>();
  for (const [path, specifiers] of imports) {
    const layer = layerOf(path);
    if (layer === undefined) {
      violations.push(`${path} belongs to no layer: name it in LAYERS of test/sourceTree.ts`);
      continue;
    }
    for (const specifier of specifiers) {
      const relative = specifier.startsWith('.');
      const target = relative ? posix.join(posix.dirname(path), specifier) : specifier;
      const allowed = relative ? whyNotFile(layer, target) : whyNotPackage(layer, target);
      if (allowed !== undefined) {
        violations.push(`${path} imports ${specifier}: ${allowed}`);
      } else if (tree.has(target)) {
        edges.set(path, [...(edges.get(path) ?? []), target]);
      }
    }
  }
  return [...violations, ...cycles(edges)];
}

/** Every module that a file names: imports, re-exports, dynamic imports and import types. */
function importsOf(path: string, text: string): string[] {
  const found: string[] = [];
  const visit = (node: unknown): void => {
    if (Array.isArray(node)) {
      node.forEach(visit);
    } else if (typeof node === 'object' && node !== null) {
      const { type, source } = node as { type?: string; source?: { value?: unknown } | null };
      if (type !== undefined && /^(Import|Export|TSImport)/.test(type) && typeof source?.value === 'string') {
        found.push(source.value);
      } else if (type === 'ImportExpression') {
        throw new Error(`${path} imports something that is computed, which can't be checked: name it`);
      }
      Object.values(node).forEach(visit);
    }
  };
  visit(parseAst(text, { lang: 'ts' }, path));
  return found;
}

function layerOf(path: string): Layer | undefined {
  const [, name] = /^src\/([^/.]+)(?:\/|\.ts$)/.exec(path) ?? [];
  return LAYERS.find((layer) => layer === name);
}

function whyNotFile(layer: Layer, target: string): string | undefined {
  if (!target.startsWith('src/')) {
    return 'src imports nothing outside src';
  }
  const to = layerOf(target);
  const rank = LAYERS.indexOf(layer);
  return to !== undefined && LAYERS.indexOf(to) <= rank
    ? undefined
    : `${layer} may import ${LAYERS.slice(0, rank + 1).join(', ')}`;
}

function whyNotPackage(layer: Layer, specifier: string): string | undefined {
  const name = specifier.startsWith('@') ? specifier.split('/', 2).join('/') : specifier.split('/', 1).join();
  const allowed = layer === 'policy' ? [...CORE_PACKAGES, ...POLICY_PACKAGES] : CORE_PACKAGES;
  return LAYERS.indexOf(layer) > LAST_OF_CORE || allowed.includes(name)
    ? undefined
    : `${layer} is part of the core, which may import the packages ${allowed.join(', ')}`;
}

/** Each circle once, by depth-first search: an edge to a file that is still being visited closes one. */
function cycles(edges: ReadonlyMap<string, readonly string[]>): string[] {
  const found: string[] = [];
  const done = new Set<string>();
  const visit = (path: string, trail: readonly string[]): void => {
    const start = trail.indexOf(path);
    if (start >= 0) {
      found.push(`imports form a circle: ${[...trail.slice(start), path].join(' → ')}`);
    } else if (!done.has(path)) {
      for (const next of edges.get(path) ?? []) {
        visit(next, [...trail, path]);
      }
      done.add(path);
    }
  };
  for (const path of edges.keys()) {
    visit(path, []);
  }
  return found;
}

/** Reads the TypeScript files of `src` below a folder. */
export async function readSourceTree(root: string): Promise<SourceTree> {
  const names = await readdir(join(root, 'src'), { recursive: true });
  const paths = names.filter((name) => name.endsWith('.ts')).map((name) => posix.join('src', name));
  return new Map(
    await Promise.all(
      paths.sort().map(async (path): Promise<[string, string]> => [path, await readFile(join(root, path), 'utf8')]),
    ),
  );
}

if (import.meta.main) {
  const violations = importViolations(await readSourceTree(join(import.meta.dirname, '..')));
  for (const violation of violations) {
    process.stderr.write(`${violation}\n`);
  }
  process.exitCode = violations.length === 0 ? 0 : 1;
}
