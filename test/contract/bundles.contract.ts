import { describe, expect, test } from 'vitest';
import * as seed from './seed.ts';
import { type FleetUnderTest, kindOf } from './subject.ts';

/** Contract of every BundleReader. */
export function describeBundles(subject: () => FleetUnderTest): void {
  const bundles = () => subject().bundles;
  const idsIn = (contained: readonly { readonly applicationID: string }[]) =>
    contained.map(({ applicationID }) => applicationID).sort();

  describe('bundles and images', () => {
    test('reads more bundles than one request allows, with their images, and omits unknown ones', async () => {
      const found = await bundles().describeWorkspaceBundles([
        seed.UNKNOWN_BUNDLE,
        ...seed.bundles.map(({ bundleID }) => bundleID),
      ]);
      const sorted = [...found].sort((a, b) => (a.bundleID < b.bundleID ? -1 : 1));
      expect(sorted).toEqual(seed.bundles.map(({ applications: _, ...bundle }) => bundle));
    });

    test('reads nothing for an empty list of IDs', async () => {
      await expect(bundles().describeWorkspaceBundles([])).resolves.toEqual([]);
    });

    test('reads the applications in a bundle and in an image', async () => {
      const [first, second] = seed.BUNDLES;
      expect(idsIn(await bundles().describeBundleAssociations(first))).toEqual([seed.OFFICE]);
      expect(idsIn(await bundles().describeBundleAssociations(second))).toEqual([]);
      expect(idsIn(await bundles().describeBundleAssociations(seed.CUSTOM_BUNDLE))).toEqual([seed.VISIO, seed.OFFICE]);
      expect(await bundles().describeImageAssociations(seed.IMAGE)).toEqual([
        { applicationID: seed.VISIO, state: 'COMPLETED' },
      ]);
    });

    test('rejects an unknown bundle and an unknown image', async () => {
      expect(await kindOf(bundles().describeBundleAssociations(seed.UNKNOWN_BUNDLE))).toBe('ResourceNotFound');
      expect(await kindOf(bundles().describeImageAssociations('wsi-999999999'))).toBe('ResourceNotFound');
    });

    test('rejects if IAM denies a read', async () => {
      subject().denyNextImage();
      expect(await kindOf(bundles().describeImageAssociations(seed.IMAGE))).toBe('AccessDenied');
    });
  });
}
