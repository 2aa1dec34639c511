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

/** Age from which an unreconciled policy means that no operator watches it. */
const MAX_UNRECONCILED_MS = 60_000;

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
  const now = systemClock.now().getTime();
  const unreconciled = items.filter(
    ({ metadata, status }) =>
      (status?.observedGeneration ?? -1) !== metadata.generation &&
      now - Date.parse(metadata.creationTimestamp ?? '') > MAX_UNRECONCILED_MS,
  );
  if (unreconciled.length > 0) {
    throw new Error(
      `the operator has not reconciled ${unreconciled.length} of ${items.length} policies, for example, ${namesOf(unreconciled)}; check that it is running and watches their namespaces`,
    );
  }
  const unserved = items.filter((policy) => {
    const { spec, status } = policy as PolicyObject & { readonly spec?: { readonly fleetRef?: unknown } };
    const ready = status?.conditions?.find(({ type }) => type === 'Ready');
    return spec?.fleetRef === undefined && (ready?.reason === 'RefNotPermitted' || ready?.reason === 'FleetNotFound');
  });
  if (unserved.length > 0) {
    return {
      result: 'warn' as const,
      message:
        `no fleet serves ${unserved.length} of ${items.length} policies, for example, ${namesOf(unserved)}; create the WorkspaceFleet default, ` +
        'set spec.fleetRef, or, without WorkspaceFleets, name their namespaces in --ambient-fleet-namespaces of the operator',
    };
  }
  return items.length === 0
    ? { result: 'warn' as const, message: 'no policy found; create one to check that the operator is running' }
    : `the operator has reconciled ${items.length === 1 ? 'the only policy' : `all ${items.length} policies`}`;
}

function namesOf(policies: readonly PolicyObject[]): string {
  return policies
    .slice(0, 3)
    .map(({ metadata }) => `${metadata.namespace}/${metadata.name}`)
    .join(', ');
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
  if (items.length === 0) {
    return { result: 'info' as const, message: 'no NotificationProvider found; nobody is notified' };
  }
  const now = systemClock.now().getTime();
  const unread = items.filter(
    ({ metadata, status }) =>
      (status?.observedGeneration ?? -1) !== metadata.generation &&
      now - Date.parse(metadata.creationTimestamp ?? '') > MAX_UNRECONCILED_MS,
  );
  if (unread.length > 0) {
    throw new Error(
      `the operator has not reconciled the NotificationProvider ${unread[0]?.metadata.name}; run it with --notifications true, or set notifications.enabled of the chart`,
    );
  }
  const failed = items.flatMap(({ metadata, status }) => {
    const ready = status?.conditions?.find(({ type }) => type === 'Ready');
    return ready === undefined || ready.status === 'True' ? [] : [{ name: metadata.name, ready }];
  });
  const [first] = failed;
  if (first !== undefined) {
    const { name, ready } = first;
    throw new Error(
      `${failed.length} of ${items.length} NotificationProviders are not Ready, for example, ${name} (${ready.reason}): ${ready.message}`,
    );
  }
  return `${items.length === 1 ? 'the only NotificationProvider is' : `all ${items.length} NotificationProviders are`} Ready`;
}
