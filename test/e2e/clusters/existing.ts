import { join } from 'node:path';
import process from 'node:process';
import { locateAssets } from '../../environment/assets.ts';
import { defaultCacheRoot } from '../../environment/cache.ts';
import { kubectl } from '../../environment/kubectl.ts';
import { goPlatform, readPin } from '../../environment/pin.ts';
import type { CreateOptions, TestCluster } from './testCluster.ts';

/**
 * Returns the cluster of KUBECONFIG, if it has no wsap. Prints its context. Rejects if a setting is missing, or if the cluster has CRDs of
 * wsap, which the tests would delete with all policies.
 */
export async function useExisting({ directory, signal }: CreateOptions): Promise<TestCluster> {
  const settings = ['KUBECONFIG', 'WSAP_E2E_IMAGE', 'WSAP_E2E_ADDRESS'] as const;
  const missing = settings.filter((name) => !process.env[name]);
  if (missing.length > 0) {
    throw new Error(
      `WSAP_E2E_CLUSTER=existing requires KUBECONFIG, WSAP_E2E_IMAGE (an image that the cluster can pull), and WSAP_E2E_ADDRESS (the address of this machine for pods); set ${missing.join(' and ')}`,
    );
  }
  const { KUBECONFIG = '', WSAP_E2E_IMAGE = '', WSAP_E2E_ADDRESS = '' } = process.env;
  const pin = await readPin();
  const assets = await locateAssets({ cacheRoot: defaultCacheRoot(), pin, platform: goPlatform(), signal });
  const access = { kubeconfigPath: KUBECONFIG, kubectlPath: join(assets.directory, 'kubectl') };
  const context = (await kubectl(access, ['config', 'current-context'])).trim();
  const found = (await kubectl(access, ['get', 'crd', '-o', 'name']))
    .split('\n')
    .filter((name) => /\.wsap\.dev$/.test(name));
  if (found.length > 0) {
    throw new Error(`the cluster of the context ${context} has ${found.join(' and ')}; use a cluster without wsap`);
  }
  process.stderr.write(`e2e tests use the context ${context} of ${KUBECONFIG}\n`);
  return {
    ...access,
    directory,
    description: `the context ${context}`,
    machineAddress: WSAP_E2E_ADDRESS,
    image: WSAP_E2E_IMAGE,
    ctr: undefined,
  };
}
