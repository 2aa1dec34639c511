import { join } from 'node:path';
import type { TestProject } from 'vitest/node';
import { startControlPlane } from '../environment/controlPlane.ts';

declare module 'vitest' {
  interface ProvidedContext {
    /** Kubeconfig of a cluster administrator, in YAML. */
    kubeconfig: string;
    /** Path of a file with this kubeconfig. */
    kubeconfigPath: string;
    /** Path of a kubectl with the version of the API server. */
    kubectl: string;
  }
}

/** Starts one control plane with this project's CRDs for the whole run. Tests share it, each in its own namespaces. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const controlPlane = await startControlPlane({ crdPaths: [join(import.meta.dirname, '../../crds')] });
  project.provide('kubeconfig', controlPlane.kubeconfig);
  project.provide('kubeconfigPath', controlPlane.kubeconfigPath);
  project.provide('kubectl', controlPlane.kubectlPath);
  return controlPlane.stop;
}
