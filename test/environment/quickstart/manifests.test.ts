import { expect, it } from 'vitest';
import { specsIn } from './manifests.ts';

it('shows only the spec and the first comment', () => {
  const manifest = `---
# Nobody needs Visio.
# Nobody.
apiVersion: wsap.dev/v1alpha1
metadata:
  name: no-visio
spec:
  applications:
    denied:

    # Every edition
    - name: Microsoft Visio*
status: {}
`;

  expect(specsIn(manifest)).toEqual([
    `# Nobody needs Visio.
# Nobody.
spec:
  applications:
    denied:

    # Every edition
    - name: Microsoft Visio*`,
  ]);
});

it('shows each document with a spec', () => {
  expect(specsIn('kind: Namespace\n---\nspec: {a: 1}\n--- # another\nspec:\n  b: 2')).toEqual([
    'spec: {a: 1}',
    'spec:\n  b: 2',
  ]);
});
