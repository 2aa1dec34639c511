import { execFile } from 'node:child_process';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { parseAllDocuments } from 'yaml';
import type { KubeObject } from '../../src/kube/resource.ts';
import { locateAssets } from '../environment/assets.ts';
import { defaultCacheRoot } from '../environment/cache.ts';
import { locateHelm } from '../environment/helm.ts';
import { goPlatform, readPin } from '../environment/pin.ts';

export const CHART = join(import.meta.dirname, '../../deploy/helm/wsap');
export const KUSTOMIZE = join(import.meta.dirname, '../../deploy/kustomize');

/** Maximum time to build helm and kubectl, which happens once per machine (ms). */
export const BUILD_TIME = 30 * 60_000;

/** Builds helm and kubectl if needed. Call it in `beforeAll` with `BUILD_TIME`. */
export async function renderers(): Promise<void> {
  await locateHelm();
  await locateKubectl();
}

export interface Release {
  readonly name?: string;
  readonly namespace?: string;
  /** Kinds that the cluster has, for example, `wsap.dev/v1alpha1/WorkspaceFleet`. */
  readonly apiVersions?: readonly string[];
  /** Files to render, for example, `templates/role.yaml`. Defaults to all. */
  readonly templates?: readonly string[];
}

/** Returns the output of `helm template`. Rejects with the error output of Helm. */
export async function renderChart(
  values: object = {},
  { name = 'wsap', namespace = 'wsap-system', apiVersions = [], templates = [] }: Release = {},
) {
  const known = apiVersions.flatMap((one) => ['--api-versions', one]);
  const shown = templates.flatMap((one) => ['--show-only', one]);
  const args = ['template', name, CHART, '--namespace', namespace, ...known, ...shown, '--values', '-'];
  return run(await locateHelm(), args, JSON.stringify(values));
}

/** Returns the output of `kubectl kustomize` for a folder, which can be relative to `deploy/kustomize`. */
export async function renderKustomization(folder: string): Promise<string> {
  return run(await locateKubectl(), ['kustomize', resolve(KUSTOMIZE, folder)]);
}

async function locateKubectl(): Promise<string> {
  const options = { cacheRoot: defaultCacheRoot(), pin: await readPin(), platform: goPlatform() };
  return join((await locateAssets(options)).directory, 'kubectl');
}

/** Runs a program and returns its standard output. Rejects with its standard error. */
export async function run(program: string, args: readonly string[], input = '', env = process.env): Promise<string> {
  const running = promisify(execFile)(program, args, { maxBuffer: 2 ** 26, env });
  running.child.stdin?.end(input);
  return (await running).stdout;
}

/** Returns the objects in a YAML stream. */
export function objectsIn(text: string): KubeObject[] {
  return parseAllDocuments(text)
    .map((document) => document.toJS({ maxAliasCount: -1 }))
    .filter((object) => object !== null);
}

/** Returns the kind and name of an object, for example, `Role desktops/wsap`. */
export function titleOf({ kind, metadata: { name, namespace } }: KubeObject): string {
  return `${kind} ${namespace === undefined ? '' : `${namespace}/`}${name}`;
}

/** Values that install all optional objects. */
export const EVERYTHING = {
  approvalPolicy: { enabled: true },
  podDisruptionBudget: { create: true },
  networkPolicy: { create: true },
  notifications: { enabled: true },
  metrics: { serviceMonitor: { create: true }, prometheusRule: { create: true }, dashboard: { create: true } },
};

/** Default values, except for the name of the service account. */
export const NAMED = { serviceAccount: { name: 'given' } };

/** Returns the values with one value set. */
export function withValue(object: object, [name = '', ...below]: readonly string[], value: unknown): object {
  const child = (object as Record<string, object>)[name] ?? {};
  return { ...object, [name]: below.length === 0 ? value : withValue(child, below, value) };
}
