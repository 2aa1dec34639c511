import { existsSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { InClusterConfig } from './inClusterConfig.ts';
import type { RestConfig } from './restConfig.ts';

/**
 * Loads the configuration as `kubectl` does: the kubeconfig in `KUBECONFIG`, else the one in the home directory, else
 * the service account of the pod. In a pod, the library isn't loaded at all. Throws an Error if the kubeconfig is invalid
 * or missing.
 */
export async function loadRestConfig(): Promise<RestConfig> {
  const pod = hasKubeConfig() ? undefined : InClusterConfig.find(process.env);
  if (pod !== undefined) {
    return pod;
  }
  const { kubeConfigAccess } = await import('./kubeconfig/kubeConfigAccess.ts');
  return kubeConfigAccess();
}

function hasKubeConfig(): boolean {
  return Boolean(process.env.KUBECONFIG) || existsSync(join(homedir(), '.kube', 'config'));
}
