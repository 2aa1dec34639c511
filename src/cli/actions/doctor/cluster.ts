import { readFile } from 'node:fs/promises';
import { isDeepStrictEqual } from 'node:util';
import { parse } from 'yaml';
import { systemClock } from '../../../clock.ts';
import type { ApiClient } from '../../../kube/apiClient.ts';
import { ApiError } from '../../../kube/apiError.ts';
import type { KubeObject, Resource } from '../../../kube/resource.ts';
import { POLICIES, type PolicyObject } from '../../../kube/resources.ts';
import { listAll } from '../../../kube/watch.ts';
import { type CheckResult, check, skipped } from './check.ts';
import { checkDeployments } from './deployments.ts';

const CRDS: Resource = {
  group: 'apiextensions.k8s.io',
  version: 'v1',
  plural: 'customresourcedefinitions',
  kind: 'CustomResourceDefinition',
  namespaced: false,
};
/** A policy that nobody has looked at for so long has no operator, in milliseconds. */
const UNSEEN = 60_000;

/** Looks at the CRDs, at the operator, at what it may do, and at its traces. */
export async function checkCluster(client: ApiClient, signal: AbortSignal): Promise<CheckResult[]> {
  const crds = await Promise.all(
    ['workspaceapplicationpolicies', 'workspacefleets'].map((name) =>
      check(`crd ${name}`, () => crdOf(client, name, signal)),
    ),
  );
  const isReached = crds.every(({ result }) => result !== 'FAIL');
  return [
    ...crds,
    ...(await checkDeployments(client, signal)),
    isReached ? await check('operator', () => operatorAt(client, signal)) : skipped('operator', 'the CRDs come first'),
  ];
}

async function crdOf(client: ApiClient, plural: string, signal: AbortSignal) {
  const name = `${plural}.wsap.dev`;
  const crd = await client
    .request<KubeObject & { spec: { versions: { name: string; schema: unknown }[] } }>({
      verb: 'get',
      resource: CRDS,
      name,
      signal,
    })
    .catch((error: unknown) => {
      const isMissing = error instanceof ApiError && error.code === 404;
      throw isMissing ? new Error(`${name} isn't installed; kubectl apply -f crds/`) : error;
    });
  const file = parse(await readFile(new URL(`../../../crds/${plural}.yaml`, import.meta.url), 'utf8'));
  const own = file.spec.versions[0];
  const served = crd.spec.versions.find((version) => version.name === own.name);
  if (served === undefined) {
    throw new Error(`the cluster serves no ${own.name} of it; kubectl apply -f crds/`);
  }
  return isDeepStrictEqual(served.schema, own.schema)
    ? `${own.name}, as this version of wsap knows it`
    : {
        result: 'warn' as const,
        message: 'another version than that of this wsap: fields may be missing; kubectl apply -f crds/',
      };
}

async function operatorAt(client: ApiClient, signal: AbortSignal) {
  const { items } = await listAll<PolicyObject>(client, { resource: POLICIES }, signal);
  const now = systemClock.now().getTime();
  const unseen = items.filter(
    ({ metadata, status }) =>
      (status?.observedGeneration ?? -1) !== metadata.generation &&
      now - Date.parse(metadata.creationTimestamp ?? '') > UNSEEN,
  );
  if (unseen.length > 0) {
    const names = unseen
      .slice(0, 3)
      .map(({ metadata }) => `${metadata.namespace}/${metadata.name}`)
      .join(', ');
    throw new Error(
      `${unseen.length} of ${items.length} ${items.length === 1 ? 'policy has' : 'policies have'} not been looked at, as ${names}; is the operator running, and does it watch their namespaces?`,
    );
  }
  return items.length === 0
    ? { result: 'warn' as const, message: 'there is no policy by which to tell whether it runs' }
    : `it has looked at ${items.length === 1 ? 'the one policy that there is' : `each of the ${items.length} policies`}`;
}
