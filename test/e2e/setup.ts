import type { TestProject } from 'vitest/node';
import { locateHelm } from '../environment/helm.ts';
import { startCluster } from './clusters/start.ts';
import type { TestCluster } from './clusters/testCluster.ts';

declare module 'vitest' {
  interface ProvidedContext {
    /** Cluster that all tests share. */
    cluster: TestCluster;
  }
}

/** Creates one cluster for the whole run. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  await locateHelm();
  const { [Symbol.asyncDispose]: stop, ...cluster } = await startCluster();
  process.stderr.write(`e2e tests run on ${cluster.description}\n`);
  project.provide('cluster', cluster);
  return async () => stop();
}
