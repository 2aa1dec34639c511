/**
 * The pure layers of the source tree: `plan`, `status`, and `notifications` wait for nothing and mutate no argument, so that a decision depends on its inputs
 * only. As a script, as in `npm run check`, it checks src and exits with 1 on a violation. It finds mutations through names that belong to
 * a parameter, also destructured or assigned to another name, and through `get` and `at`; it doesn't follow calls.
 */
import { join } from 'node:path';
import { parseAst } from 'vitest/node';
import { readSourceTree, type SourceTree } from './sourceTree.ts';

const PURE_FOLDERS = ['src/plan/', 'src/status/', 'src/notifications/'];
const PURE_LAYERS = 'plan, status, and notifications';
const MUTATING_METHODS = new Set([
  'set',
  'add',
  'delete',
  'clear',
  'push',
  'pop',
  'shift',
  'unshift',
  'splice',
  'sort',
  'reverse',
  'fill',
]);
/** Methods that return a part of the object. */
const ACCESSORS = new Set(['get', 'at', 'values', 'entries', 'keys']);

interface Node {
  readonly type: string;
  readonly start: number;
  readonly [field: string]: unknown;
}

/** Whether a name belongs to a parameter, from the innermost function to the outermost. */
type Scopes = readonly Map<string, boolean>[];

/** Returns the violations in a tree, one line for each. */
export function purityViolations(tree: SourceTree): string[] {
  return [...tree]
    .filter(([path]) => PURE_FOLDERS.some((folder) => path.startsWith(folder)))
    .flatMap(([path, text]) => {
      const found: string[] = [];
      const report = ({ start }: Node, what: string) =>
        found.push(`${path}:${text.slice(0, start).split('\n').length} ${what}: ${PURE_LAYERS} are pure`);
      visit(parseAst(text, { lang: 'ts' }, path) as unknown as Node, [new Map()], report);
      return found;
    });
}

function visit(node: Node, scopes: Scopes, report: (node: Node, what: string) => void): void {
  const parameters = /Function/.test(node.type) && Array.isArray(node.params) ? node.params : undefined;
  const names = parameters?.flatMap(namesIn);
  const inner = names === undefined ? scopes : [new Map(names.map((name) => [name, true])), ...scopes];
  if (node.async === true || node.type === 'AwaitExpression' || node.await === true) {
    report(node, node.type === 'AwaitExpression' ? 'awaits' : 'is async');
  }
  declare(node, inner);
  const mutated = mutatedBy(node);
  if (mutated !== undefined && belongsToParameter(mutated, inner)) {
    report(node, 'mutates a parameter');
  }
  for (const child of childrenOf(node)) {
    visit(child, inner, report);
  }
}

/** Records the names that a declaration or a loop introduces. */
function declare(node: Node, [scope, ...outer]: Scopes): void {
  const declare = (pattern: Node, source: Node | null) => {
    const isParameter = source !== null && scope !== undefined && belongsToParameter(source, [scope, ...outer]);
    for (const name of namesIn(pattern)) {
      scope?.set(name, isParameter);
    }
  };
  if (node.type === 'VariableDeclarator' && node.init != null) {
    declare(node.id as Node, node.init as Node);
  } else if (node.type === 'ForOfStatement') {
    for (const { id } of ((node.left as Node).declarations ?? []) as { id: Node }[]) {
      declare(id, node.right as Node);
    }
  }
}

/** Returns the object that an expression mutates, or undefined if it mutates none. */
function mutatedBy(node: Node): Node | undefined {
  const target = unwrapped((node.left ?? node.argument ?? node.callee) as Node | undefined);
  if (target?.type !== 'MemberExpression') {
    return undefined;
  }
  const isDelete = node.type === 'UnaryExpression' && node.operator === 'delete';
  const isCall = node.type === 'CallExpression' && MUTATING_METHODS.has(memberOf(target));
  const isAssignment = node.type === 'AssignmentExpression' || node.type === 'UpdateExpression';
  return isDelete || isCall || isAssignment ? (target.object as Node) : undefined;
}

/** Whether an expression is a parameter, or a part of one. */
function belongsToParameter(expression: Node, scopes: Scopes): boolean {
  const node = unwrapped(expression);
  switch (node?.type) {
    case 'Identifier':
      return scopes.find((scope) => scope.has(String(node.name)))?.get(String(node.name)) ?? false;
    case 'MemberExpression':
      return belongsToParameter(node.object as Node, scopes);
    case 'LogicalExpression':
      return [node.left, node.right].some((side) => belongsToParameter(side as Node, scopes));
    case 'ConditionalExpression':
      return [node.consequent, node.alternate].some((side) => belongsToParameter(side as Node, scopes));
    case 'CallExpression': {
      const callee = unwrapped(node.callee as Node);
      return (
        callee?.type === 'MemberExpression' && ACCESSORS.has(memberOf(callee)) && belongsToParameter(callee, scopes)
      );
    }
    default:
      return false;
  }
}

function memberOf({ property }: Node): string {
  return String((property as Node).name ?? (property as Node).value);
}

/** Returns an expression without type assertions, parentheses, and optional chaining. */
function unwrapped(node: Node | undefined): Node | undefined {
  const isWrapper = /^(TS(As|NonNull|Satisfies)|Chain|Parenthesized)Expression$/.test(node?.type ?? '');
  return isWrapper ? unwrapped(node?.expression as Node) : node;
}

/** Returns the names that a pattern binds. */
function namesIn(pattern: unknown): string[] {
  const node = pattern as Node | null;
  switch (node?.type) {
    case 'Identifier':
      return [String(node.name)];
    case 'ObjectPattern':
      return (node.properties as Node[]).flatMap((property) => namesIn(property.argument ?? property.value));
    case 'ArrayPattern':
      return (node.elements as unknown[]).flatMap(namesIn);
    case 'AssignmentPattern':
      return namesIn(node.left);
    case 'RestElement':
      return namesIn(node.argument);
    case 'TSParameterProperty':
      return namesIn(node.parameter);
    default:
      return [];
  }
}

function childrenOf(node: Node): Node[] {
  return Object.values(node)
    .flat()
    .filter((value): value is Node => typeof value === 'object' && value !== null && 'type' in value);
}

if (import.meta.main) {
  const violations = purityViolations(await readSourceTree(join(import.meta.dirname, '..')));
  for (const violation of violations) {
    process.stderr.write(`${violation}\n`);
  }
  process.exitCode = violations.length === 0 ? 0 : 1;
}
