import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { purityViolations } from './purity.ts';
import { readSourceTree } from './sourceTree.ts';

const violations = (text: string, path = 'src/plan/x.ts') => purityViolations(new Map([[path, text]]));

test('plan and status are pure', async () => {
  expect(purityViolations(await readSourceTree(join(import.meta.dirname, '..')))).toEqual([]);
});

describe('the check of purity rejects', () => {
  test.each([
    ['an async function', 'async function f() {}'],
    ['an async arrow function', 'const f = async () => 1;'],
    ['an async method', 'class A {\n async f() {} }'],
    ['an assignment to a member of a parameter', 'function f(a: A) { a.b = 1; }'],
    ['an assignment to a deep member', 'function f(a: A) { a.b[0]!.c += 1; }'],
    ['an increment', 'const f = ({ a }: A) => a.count++;'],
    ['a deletion', 'function f(a: A) { delete a.b; }'],
    ['an entry of a map', 'function f(a: A) { a.map.set(1, 2); }'],
    ['an item of a destructured list', 'function f({ list: [first] = [] }: A) { first.push(1); }'],
    ['an item of a rest parameter', 'function f(...rest: A[][]) { rest.push([]); }'],
    ['a sorted parameter', 'const f = (a: A[]) => a.sort();'],
    ['another name for a part of a parameter', 'function f(a: A) { const { b } = a; const c = b.d ?? []; c.push(1); }'],
    ['a part that a map contains', 'function f(a: Map<1, A[]>) { a.get(1)?.push(2); }'],
    ['an item of a loop', 'function f(a: A[]) { for (const b of a) { b.c = 1; } }'],
    ['a parameter of an outer function', 'function f(a: A[]) { return () => a.push(1); }'],
  ])('%s', (_, text) => {
    expect(violations(text)).toHaveLength(1);
    expect(violations(text, 'src/status/x.ts')).toHaveLength(1);
    expect(violations(text, 'src/history/x.ts')).toEqual([]);
  });

  test('a wait, and names its line', () => {
    expect(violations('async function f() {\n  await g();\n}')).toEqual([
      'src/plan/x.ts:1 is async: plan, status, and notifications are pure',
      'src/plan/x.ts:2 awaits: plan, status, and notifications are pure',
    ]);
  });
});

test.each([
  ['a local list', 'function f(a: A) { const b: A[] = []; b.push(a); return b; }'],
  ['a copy of a parameter', 'const f = (a: A[]) => [...a].sort();'],
  ['a filtered parameter', 'const f = (a: A[]) => a.filter(Boolean).sort();'],
  ['a local map of local lists', 'function f(a: A) { const m = new Map(); (m.get(a) ?? []).push(a); m.set(a, []); }'],
  ['a local name that hides a parameter', 'function f(a: A) { return () => { const a: A[] = []; a.push(1); }; }'],
  ['a member of the own object', 'class A { #b = 1; f(c: number) { this.#b = c; } }'],
])('the check of purity accepts %s', (_, text) => {
  expect(violations(text)).toEqual([]);
});
