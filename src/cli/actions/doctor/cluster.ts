import process from 'node:process';
import { isDeepStrictEqual } from 'node:util';
import { systemClock } from '../../../clock.ts';
import type { ApiClient } from '../../../kube/apiClient.ts';
import { ApiError } from '../../../kube/apiError.ts';
import type { KubeObject } from '../../../kube/resource.ts';
import {
  CRDS,
  FLEETS,
  type FleetObject,
  POLICIES,
  type PolicyObject,
  PROVIDERS,
  type ProviderObject,
} from '../../../kube/resources.ts';
import { listAll } from '../../../kube/watch.ts';
import { crdOf, type Kind } from '../../../policy/schema.ts';
import type { Cluster } from '../connectToCluster.ts';
import { type CheckResult, checkIfAllowed, skipped } from './check.ts';
import { checkDeployments } from './deployments.ts';
import { currentSubject } from './operatorSubject.ts';
import { policiesResult, providersResult } from './reconciled.ts';

const CRD_HINT =
  "the operator doesn't need this permission; to compare the schemas, run doctor as a cluster administrator";
const PROVIDERS_HINT = 'to check the providers, run doctor as a user who can read them';
const POLICIES_HINT = 'to check all policies, run doctor as a user who can read them';
const FLEETS_HINT = 'to check whether fleets receive events, run doctor as a user who can read WorkspaceFleets';

/** Checks the CRDs, the Deployments and permissions of the operator, and whether the operator reconciles policies. */
export async function checkCluster(cluster: Cluster, signal: AbortSignal): Promise<CheckResult[]> {
  const { client } = cluster;
  const subject = currentSubject(cluster, process.env);
  const crds = await Promise.all(
    [POLICIES, FLEETS, PROVIDERS].map(({ kind, plural }) =>
      checkIfAllowed(`crd ${plural}`, () => checkCrd(client, kind as Kind, signal), CRD_HINT),
    ),
  );
  const hasCrds = crds.every(({ result }) => result !== 'FAIL');
  return [
    ...crds,
    ...(await checkDeployments(cluster, subject, signal)),
    ...(hasCrds
      ? [
          await checkIfAllowed(
            'operator',
            () => checkPolicies(client, subject.watchedNamespace, signal),
            POLICIES_HINT,
          ),
          await checkIfAllowed('events', () => checkEvents(client, signal), FLEETS_HINT),
          await checkIfAllowed('notifications', () => checkProviders(client, signal), PROVIDERS_HINT),
        ]
      : [skipped('operator', 'requires the CRDs')]),
  ];
}

async function checkCrd(client: ApiClient, kind: Kind, signal: AbortSignal) {
  const {
    metadata: { name },
    spec: {
      versions: [expected],
    },
  } = crdOf(kind);
  const crd = await client
    .request<KubeObject & { spec: { versions: { name: string; schema: unknown }[] } }>({
      verb: 'get',
      resource: CRDS,
      name,
      signal,
    })
    .catch((error: unknown) => {
      const isMissing = error instanceof ApiError && error.code === 404;
      throw isMissing ? new Error(`the CRD ${name} is not installed; run kubectl apply -f crds/`) : error;
    });
  const served = crd.spec.versions.find((version) => version.name === expected.name);
  if (served === undefined) {
    throw new Error(`the cluster does not serve version ${expected.name} of the CRD; run kubectl apply -f crds/`);
  }
  return isDeepStrictEqual(served.schema, expected.schema)
    ? `version ${expected.name}, same schema as this wsap`
    : {
        result: 'warn' as const,
        message: 'the schema differs from that of this wsap, so fields may be missing; run kubectl apply -f crds/',
      };
}

async function checkPolicies(client: ApiClient, namespace: string | undefined, signal: AbortSignal) {
  const { items } = await listAll<PolicyObject>(client, { resource: POLICIES, namespace }, signal);
  return policiesResult(items, systemClock.now());
}

/** Checks whether the fleets with events receive them. */
async function checkEvents(client: ApiClient, signal: AbortSignal) {
  const { items } = await listAll<FleetObject>(client, { resource: FLEETS }, signal);
  const states = items.flatMap(({ metadata: { name }, status }) => {
    const received = status?.conditions?.find(({ type }) => type === 'EventsReceived');
    return received === undefined ? [] : [{ name, ...received }];
  });
  const missing = states.filter(({ status }) => status === 'False');
  const [first] = missing;
  if (first !== undefined) {
    const message = `${missing.length} of ${states.length} fleets with events receive none, for example, ${first.name}: ${first.message}`;
    return { result: 'warn' as const, message };
  }
  const [unproven] = states.filter(({ status }) => status === 'Unknown');
  if (unproven !== undefined) {
    return { result: 'info' as const, message: `the fleet ${unproven.name} has events: ${unproven.message}` };
  }
  return states.length === 0 ? 'no fleet has events' : `the fleets with events (${states.length}) receive them`;
}

/** Checks whether the operator can send the notifications of all providers. */
async function checkProviders(client: ApiClient, signal: AbortSignal) {
  const { items } = await listAll<ProviderObject>(client, { resource: PROVIDERS }, signal);
  return providersResult(items, systemClock.now());
}
