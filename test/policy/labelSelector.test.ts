import { expect, test } from 'vitest';
import { matchesLabels } from '../../src/policy/labelSelector.ts';
import { policy } from '../builders.ts';

type Tags = Record<string, string>;

const expression = (key: string, operator: 'In' | 'NotIn' | 'Exists' | 'DoesNotExist', values?: string[]) => ({
  matchExpressions: [{ key, operator, ...(values && { values }) }],
});

test.each<[object, Tags, boolean]>([
  [{ matchTags: { a: '1' } }, { a: '1', b: '2' }, true],
  [{ matchTags: { a: '1', b: '3' } }, { a: '1', b: '2' }, false],
  [{ matchTags: { a: '' } }, { a: '' }, true],
  [{ matchTags: { a: '' } }, {}, false],
  [{ matchTags: { A: '1' } }, { a: '1' }, false],
  [{ matchTags: { constructor: '1' } }, {}, false],
  [expression('a', 'In', ['1', '2']), { a: '2' }, true],
  [expression('a', 'In', ['1', '2']), { a: '3' }, false],
  [expression('a', 'In', ['1']), {}, false],
  [expression('a', 'NotIn', ['1']), { a: '2' }, true],
  [expression('a', 'NotIn', ['1']), { a: '1' }, false],
  [expression('a', 'NotIn', ['1']), {}, true],
  [expression('a', 'Exists'), { a: '' }, true],
  [expression('a', 'Exists'), {}, false],
  [expression('a', 'DoesNotExist'), {}, true],
  [expression('a', 'DoesNotExist'), { a: '1' }, false],
  [{ matchTags: { a: '1' }, ...expression('b', 'Exists') }, { a: '1' }, false],
])('the selector %j matches %j: %s', (tags, given, expected) => {
  const { workspaceSelector } = policy('p', { workspaceSelector: { tags } });
  expect(workspaceSelector.tags && matchesLabels(workspaceSelector.tags, new Map(Object.entries(given)))).toBe(
    expected,
  );
});
