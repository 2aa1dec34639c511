import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { parseAllDocuments } from 'yaml';
import type { KubeObject } from '../../src/kube/resource.ts';
import { locateAssets } from '../environment/assets.ts';
import { defaultCacheRoot } from '../environment/cache.ts';
import { locateHelm } from '../environment/helm.ts';
import { goPlatform, readPin } from '../environment/pin.ts';

export const CHART = join(import.meta.dirname, '../../deploy/helm/wsap');
export const KUSTOMIZE = join(import.meta.dirname, '../../deploy/kustomize');

/** How long helm and kubectl may take to be built, in milliseconds: once for each machine. */
export const BUILD_TIME = 30 * 60_000;

/** Sees to it that there are helm and kubectl. For `beforeAll`, with BUILD_TIME. */
export async function renderers(): Promise<void> {
  await locateHelm();
  await locateKubectl();
}

export interface Release {
  readonly name?: string;
  readonly namespace?: string;
}

/** What `helm template` writes; rejects with what Helm says. */
export async function renderChart(values: object = {}, { name = 'wsap', namespace = 'wsap-system' }: Release = {}) {
  const args = ['template', name, CHART, '--namespace', namespace, '--values', '-'];
  return run(await locateHelm(), args, JSON.stringify(values));
}

/** What `kubectl kustomize` writes for a folder of deploy/kustomize. */
export async function renderKustomization(folder: string): Promise<string> {
  return run(await locateKubectl(), ['kustomize', join(KUSTOMIZE, folder)]);
}

async function locateKubectl(): Promise<string> {
  const options = { cacheRoot: defaultCacheRoot(), pin: await readPin(), platform: goPlatform() };
  return join((await locateAssets(options)).directory, 'kubectl');
}

/** A program's standard output; rejects with its standard error. */
export async function run(program: string, args: readonly string[], input = '', env = process.env): Promise<string> {
  const running = promisify(execFile)(program, args, { maxBuffer: 2 ** 26, env });
  running.child.stdin?.end(input);
  return (await running).stdout;
}

/** The objects of a stream of YAML. */
export function objectsIn(text: string): KubeObject[] {
  return parseAllDocuments(text)
    .map((document) => document.toJS({ maxAliasCount: -1 }))
    .filter((object) => object !== null);
}

/** As `Role desktops/wsap`. */
export function titleOf({ kind, metadata: { name, namespace } }: KubeObject): string {
  return `${kind} ${namespace === undefined ? '' : `${namespace}/`}${name}`;
}
