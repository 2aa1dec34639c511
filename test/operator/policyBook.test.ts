import { describe, expect, test } from 'vitest';
import { PolicyBook } from '../../src/operator/policyBook.ts';
import { InvalidPolicyError } from '../../src/policy/parse.ts';
import { policyObject } from '../builders.ts';

const object = policyObject('a');
const key = 'desktops/a';
const withMetadata = (more: object) => ({ ...object, metadata: { ...object.metadata, ...more } });

describe('what counts as a change', () => {
  test.each<[string, object, boolean]>([
    ['the same object', object, false],
    ['a new status', { ...object, status: { observedGeneration: 1 } }, false],
    ['another’s annotation', withMetadata({ annotations: { 'example.com/x': '1' } }), false],
    ['a label', withMetadata({ labels: { x: '1' } }), false],
    ['a new generation', withMetadata({ generation: 2 }), true],
    ['another object of the same name', withMetadata({ uid: 'other' }), true],
    ['a request to reconcile', withMetadata({ annotations: { 'wsap.dev/reconcile-requested-at': '1' } }), true],
    ['its deletion, which a finalizer delays', withMetadata({ deletionTimestamp: '2026-11-02T12:00:00Z' }), true],
  ])('%s: %j %j', (_, next, expected) => {
    const book = new PolicyBook();
    expect(book.put(key, object)).toBe(true);
    const before = book.policies();
    expect(book.put(key, next as typeof object)).toBe(expected);
    expect(book.policies() === before).toBe(!expected);
  });
});

test('an object that is being deleted has no say any more', () => {
  const book = new PolicyBook();
  book.put(key, withMetadata({ deletionTimestamp: '2026-11-02T12:00:00Z' }));
  expect(book.get(key)).toBeUndefined();
  expect(book.policies()).toEqual([]);
});

test('an invalid policy has no say, and stops no other', () => {
  const book = new PolicyBook();
  book.put(key, { ...object, spec: {} } as typeof object);
  book.put('desktops/b', policyObject('b'));
  expect(book.get(key)).toBeInstanceOf(InvalidPolicyError);
  expect(book.policies().map((policy) => policy.key)).toEqual(['desktops/b']);
});

test('the policies come by key, whatever the order of the watch', () => {
  const book = new PolicyBook();
  for (const name of ['c', 'a', 'b']) {
    book.put(`desktops/${name}`, policyObject(name));
  }
  expect(book.policies().map(({ name }) => name)).toEqual(['a', 'b', 'c']);
});
