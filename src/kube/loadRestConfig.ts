import { existsSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { InClusterConfig } from './inClusterConfig.ts';
import type { RestConfig } from './restConfig.ts';

/**
 * As kubectl has it: by the kubeconfig that KUBECONFIG names, or else that of the home directory, or else as the pod's service account. In a
 * pod the library isn't even loaded: its clients of all of Kubernetes' resources take 50 MB. Throws an Error that says what is wrong with
 * the kubeconfig, or that there is none.
 */
export async function loadRestConfig(): Promise<RestConfig> {
  const pod = hasKubeConfig() ? undefined : InClusterConfig.find(process.env);
  if (pod !== undefined) {
    return pod;
  }
  const [{ loadKubeConfig }, { KubeConfigFile }] = await Promise.all([
    import('./kubeConfig.ts'),
    import('./kubeConfigFile.ts'),
  ]);
  return new KubeConfigFile(loadKubeConfig());
}

function hasKubeConfig(): boolean {
  return Boolean(process.env.KUBECONFIG) || existsSync(join(homedir(), '.kube', 'config'));
}
