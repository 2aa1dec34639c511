import { expect, test } from 'vitest';
import { type Crd, referenceOf } from './reference.ts';
import type { FieldSchema } from './referenceFields.ts';

const entry: FieldSchema = {
  type: 'object',
  description: 'One entry.',
  required: ['id'],
  properties: { id: { type: 'string', description: 'An id.', minLength: 1, maxLength: 9 } },
};

function referenceWith(
  fields: Record<string, FieldSchema>,
  rules: FieldSchema['x-kubernetes-validations'] = [],
): string {
  const spec = {
    type: 'object',
    description: 'What is wanted.',
    properties: fields,
    'x-kubernetes-validations': rules,
  };
  const crd: Crd = {
    spec: {
      group: 'wsap.dev',
      scope: 'Namespaced',
      names: { kind: 'Sample', shortNames: ['smp'] },
      versions: [{ name: 'v1', schema: { openAPIV3Schema: { description: 'A sample.', properties: { spec } } } }],
    },
  };
  return referenceOf(crd);
}

test.each<[string, FieldSchema, string]>([
  [
    'an enum with its default',
    { type: 'string', enum: ['A', 'B'], default: 'A', description: 'x.' },
    '| `a` | `A`, `B` | `A` | x. |',
  ],
  ['a range', { type: 'integer', minimum: 0, maximum: 9, description: 'x.' }, '| `a` | integer |  | x. From 0 to 9. |'],
  ['a time', { type: 'string', format: 'date-time', description: 'x.' }, '| `a` | time |  | x. |'],
  [
    'a text with characters that Markdown interprets',
    { type: 'string', maxLength: 1, description: 'a|b  * `*`' },
    '| `a` | string |  | a\\|b \\* `*` At most 1 characters. |',
  ],
  [
    'a rule instead of a length',
    { type: 'string', maxLength: 9, description: 'x.', 'x-kubernetes-validations': [{ message: 'must be y' }] },
    '| `a` | string |  | x. Must be y. |',
  ],
  [
    'a list',
    { type: 'array', maxItems: 2, description: 'x.', items: { type: 'string', description: 'y.', maxLength: 3 } },
    '| `a` | list of string |  | x. y. At most 2 entries. Each: At most 3 characters. |',
  ],
  [
    'a map',
    {
      type: 'object',
      description: 'x.',
      maxProperties: 2,
      additionalProperties: { type: 'string', description: 'y.', maxLength: 3 },
    },
    '| `a` | map of string |  | x. At most 2 entries. Each value: At most 3 characters. |',
  ],
])('the reference describes %s', (_, field, row) => {
  expect(referenceWith({ a: field })).toContain(`\n${row}\n`);
});

test('each object has one section, even if it is used twice', () => {
  const text = referenceWith({
    a: { type: 'array', description: 'x.', items: entry },
    b: { type: 'array', description: 'y.', items: entry },
  });
  expect(text.match(/^### .*$/gm)).toEqual(['### spec', '### spec.a[]', '### What `kubectl get` shows']);
  expect(text).toContain('| `b` | list of object |  | y. See [spec.a[]](#speca). |');
  expect(text).toContain('| `id` (required) | string |  | An id. From 1 to 9 characters. |');
});

test('the reference lists the rules of an object with the invalid field', () => {
  expect(referenceWith({}, [{ message: 'name one' }, { message: 'must be true', fieldPath: '.all' }])).toContain(
    'Rules:\n\n- name one\n- `all`: must be true',
  );
});

test.each<[string, FieldSchema, string]>([
  ['a field', { type: 'string', maxLength: 1 }, 'spec.a has no description'],
  ['a list item', { type: 'array', description: 'x.', items: { type: 'string' } }, 'spec.a[] has no description'],
])('the reference rejects %s without a description', (_, field, message) => {
  expect(() => referenceWith({ a: field })).toThrow(message);
});

test.each<[string, object, string]>([
  ['a keyword', { type: 'string', description: 'x.', multipleOf: 2 }, 'spec.a has the keyword multipleOf'],
  [
    'a keyword of a list item',
    { type: 'array', description: 'x.', items: { type: 'string', description: 'y.', not: {} } },
    'spec.a[] has the keyword not',
  ],
  ['a format', { type: 'string', format: 'uri', description: 'x.' }, 'format uri'],
  [
    'a rule without a message',
    { type: 'string', description: 'x.', 'x-kubernetes-validations': [{}] },
    'spec.a has a rule without a message',
  ],
])('the reference rejects %s that it can’t describe', (_, field, message) => {
  expect(() => referenceWith({ a: field as FieldSchema })).toThrow(message);
});
