import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { inject } from 'vitest';
import { COMPILE_CACHE } from '../environment/compileCache.ts';
import type { ClusterHarness } from './clusterHarness.ts';

export interface CommandResult {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

const MAIN = join(import.meta.dirname, '../../src/cli/main.ts');

/** Returns environment variables for the AWS endpoint and the cluster of a harness. */
export function environmentOf(harness: ClusterHarness): NodeJS.ProcessEnv {
  return {
    PATH: process.env.PATH,
    KUBECONFIG: inject('kubeconfigPath'),
    AWS_ENDPOINT_URL: harness.simulator.url,
    AWS_REGION: 'eu-central-1',
    AWS_ACCESS_KEY_ID: 'simulated',
    AWS_SECRET_ACCESS_KEY: 'simulated',
  };
}

/** Runs `wsap` with the AWS endpoint and the cluster of a harness. */
export function wsap(harness: ClusterHarness, ...args: string[]): Promise<CommandResult> {
  return wsapWithEnvironment(environmentOf(harness), ...args);
}

/** Runs `wsap` with these environment variables. */
export function wsapWithEnvironment(environment: NodeJS.ProcessEnv, ...args: string[]): Promise<CommandResult> {
  const env = { PATH: process.env.PATH, ...COMPILE_CACHE, ...environment };
  return new Promise((resolve) => {
    execFile(process.execPath, [MAIN, ...args], { env, timeout: 60_000 }, (error, stdout, stderr) => {
      resolve({ code: error === null ? 0 : Number(error.code), stdout, stderr });
    });
  });
}
