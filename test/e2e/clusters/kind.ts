import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { locateAssets } from '../../environment/assets.ts';
import { defaultCacheRoot } from '../../environment/cache.ts';
import { buildKind } from '../../environment/goBuild.ts';
import { runCommand } from '../../environment/image/command.ts';
import { buildImage } from '../../environment/image/image.ts';
import { goPlatform, readKindPin, readPin } from '../../environment/pin.ts';
import type { CreateOptions, TestCluster } from './testCluster.ts';

/** Creates a cluster with kind, which is built from its Go module. Requires Docker. */
export async function createKind({ directory, stack, signal }: CreateOptions): Promise<TestCluster> {
  const platform = goPlatform();
  const assets = await locateAssets({ cacheRoot: defaultCacheRoot(), pin: await readPin(), platform, signal });
  await buildKind(directory, { pin: await readKindPin(), platform, signal });
  const { reference, archive } = await buildImage();
  signal.throwIfAborted();
  const name = `wsap-e2e-${randomUUID().slice(0, 8)}`;
  const kubeconfigPath = join(directory, 'kubeconfig');
  const kind = (...args: string[]) => runCommand(join(directory, 'kind'), [...args, '--name', name]);
  stack.defer(async () => {
    await kind('delete', 'cluster', '--kubeconfig', kubeconfigPath);
  });
  await kind('create', 'cluster', '--kubeconfig', kubeconfigPath, '--wait', '180s');
  await kind('load', 'image-archive', archive);
  return {
    description: 'kind',
    kubeconfigPath,
    directory,
    kubectlPath: join(assets.directory, 'kubectl'),
    machineAddress: await gateway(),
    image: reference,
    ctr: ['docker', 'exec', `${name}-control-plane`, 'ctr', '--namespace', 'k8s.io'],
  };
}

/** Returns the IPv4 address of this machine in the network of kind. */
async function gateway(): Promise<string> {
  const text = await runCommand('docker', ['network', 'inspect', 'kind']);
  const [{ IPAM }] = JSON.parse(text) as [{ IPAM: { Config: { Gateway?: string }[] } }];
  const address = IPAM.Config.map((config) => config.Gateway).find((found) => found?.includes('.'));
  if (address === undefined) {
    throw new Error('the Docker network kind has no IPv4 gateway, so pods cannot reach this machine');
  }
  return address;
}
