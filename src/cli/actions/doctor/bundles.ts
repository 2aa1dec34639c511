import { FleetError } from '../../../fleet/errors.ts';
import type { Bundle } from '../../../fleet/model.ts';
import type { BundleReader } from '../../../fleet/ports.ts';
import { type CheckResult, check, skipped } from './check.ts';

/** Reads bundles and an image. A denied permission is a warning, because policies work without it. */
export async function checkBundles(reader: BundleReader, bundleIDs: readonly string[]): Promise<CheckResult[]> {
  const [bundleID] = bundleIDs;
  if (bundleID === undefined) {
    return [skipped('aws bundles', 'no WorkSpace with a bundle found')];
  }
  let bundles: readonly Bundle[] = [];
  const described = await checkOptional('aws DescribeWorkspaceBundles', async () => {
    bundles = await reader.describeWorkspaceBundles(bundleIDs);
    const own = bundles.filter(({ owner }) => owner !== 'AMAZON').length;
    return `${bundles.length} bundles of WorkSpaces, ${own} of them custom`;
  });
  const contained = await checkOptional('aws DescribeBundleAssociations', async () => {
    const applications = await reader.describeBundleAssociations(bundleID);
    return `${bundleID} contains ${counted(applications.length)}`;
  });
  const image = bundles.find(({ owner, imageID }) => owner !== 'AMAZON' && imageID !== undefined)?.imageID;
  const inImage = await checkOptional('aws DescribeImageAssociations', async () => {
    if (image === undefined) {
      return 'not used, because no bundle has an image of an account';
    }
    return `${image} contains ${counted((await reader.describeImageAssociations(image)).length)}`;
  });
  return [described, contained, inImage];
}

function counted(applications: number): string {
  return applications === 1 ? '1 application' : `${applications} applications`;
}

async function checkOptional(name: string, read: () => Promise<string>): Promise<CheckResult> {
  return check(name, async () => {
    try {
      return await read();
    } catch (error) {
      if (error instanceof FleetError) {
        return { result: 'warn' as const, message: `the sources of drift are unknown: ${error.message}` };
      }
      throw error;
    }
  });
}
