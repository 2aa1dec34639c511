import type { KubeObject } from '../../../kube/resource.ts';
import type { PolicyObject, ProviderObject } from '../../../kube/resources.ts';
import type { CheckResult } from './check.ts';

/** Age from which an unreconciled object means that no operator watches it. */
const MAX_UNRECONCILED_MS = 60_000;

/** Time after the next evaluation of a policy was due. The operator writes the times of an unchanged status once an hour. */
const MAX_OVERDUE_MS = 2 * 60 * 60_000;

/** Maximum number of names in a message. */
const MAX_NAMES = 3;

type Outcome = string | Omit<CheckResult, 'name'>;
type Observed = KubeObject & { readonly status?: { readonly observedGeneration?: number } };

/**
 * Returns whether the operator reconciles the policies.
 *
 * @throws Error if it has not reconciled a policy that is old enough
 */
export function policiesResult(items: readonly PolicyObject[], now: Date): Outcome {
  const { overdue, awaited } = unreconciled(items, now);
  if (overdue.length > 0) {
    throw new Error(
      `the operator has not reconciled ${overdue.length} of ${items.length} policies, for example, ${namesOf(overdue)}; check that it is running and watches their namespaces`,
    );
  }
  if (awaited.length > 0) {
    return notYet(`${awaited.length} of ${items.length} policies`, awaited);
  }
  const unserved = items.filter((policy) => {
    const { spec, status } = policy as PolicyObject & { readonly spec?: { readonly fleetRef?: unknown } };
    const ready = status?.conditions?.find(({ type }) => type === 'Ready');
    return spec?.fleetRef === undefined && (ready?.reason === 'RefNotPermitted' || ready?.reason === 'FleetNotFound');
  });
  if (unserved.length > 0) {
    return {
      result: 'warn',
      message:
        `no fleet serves ${unserved.length} of ${items.length} policies, for example, ${namesOf(unserved)}; create the WorkspaceFleet default, ` +
        'set spec.fleetRef, or, without WorkspaceFleets, name their namespaces in --ambient-fleet-namespaces of the operator',
    };
  }
  const stale = items.filter(({ status }) => {
    const isReady = status?.conditions?.some((one) => one.type === 'Ready' && one.status === 'True') === true;
    return isReady && now.getTime() - Date.parse(status.nextSyncTime ?? '') > MAX_OVERDUE_MS;
  });
  if (stale.length > 0) {
    return {
      result: 'warn',
      message: `the operator has not evaluated ${stale.length} of ${items.length} policies since they were due, for example, ${namesOf(stale)}; check that it is running`,
    };
  }
  return items.length === 0
    ? { result: 'warn', message: 'no policy found; create one to check that the operator is running' }
    : `the operator has reconciled ${items.length === 1 ? 'the only policy' : `all ${items.length} policies`}`;
}

/**
 * Returns whether the operator can send the notifications of all providers.
 *
 * @throws Error if it has not reconciled a provider that is old enough, or if a provider isn't Ready
 */
export function providersResult(items: readonly ProviderObject[], now: Date): Outcome {
  if (items.length === 0) {
    return { result: 'info', message: 'no NotificationProvider found; nobody is notified' };
  }
  const { overdue, awaited } = unreconciled(items, now);
  if (overdue.length > 0) {
    throw new Error(
      `the operator has not reconciled the NotificationProvider ${overdue[0]?.metadata.name}; run it with --notifications true, or set notifications.enabled of the chart`,
    );
  }
  if (awaited.length > 0) {
    return notYet(`${awaited.length} of ${items.length} NotificationProviders`, awaited);
  }
  const failed = items.flatMap(({ metadata, status }) => {
    const ready = status?.conditions?.find(({ type }) => type === 'Ready');
    return ready?.status === 'True' ? [] : [{ name: metadata.name, ready }];
  });
  const [first] = failed;
  if (first !== undefined) {
    const { name, ready } = first;
    throw new Error(
      `${failed.length} of ${items.length} NotificationProviders are not Ready, for example, ${name} (${ready?.reason}): ${ready?.message}`,
    );
  }
  return `${items.length === 1 ? 'the only NotificationProvider is' : `all ${items.length} NotificationProviders are`} Ready`;
}

/** Returns the objects whose spec the operator has not reconciled: those that it should have reconciled by now, and the newer ones. */
function unreconciled<T extends Observed>(items: readonly T[], now: Date): { overdue: T[]; awaited: T[] } {
  const pending = items.filter(
    ({ metadata, status }) => (status?.observedGeneration ?? -1) !== (metadata.generation ?? 0),
  );
  const isNew = ({ metadata }: T) =>
    now.getTime() - Date.parse(metadata.creationTimestamp ?? '') <= MAX_UNRECONCILED_MS;
  return { overdue: pending.filter((one) => !isNew(one)), awaited: pending.filter(isNew) };
}

function notYet(what: string, awaited: readonly KubeObject[]): Outcome {
  return {
    result: 'warn',
    message: `the operator has not reconciled ${what} yet, for example, ${namesOf(awaited)}; run doctor again in a minute`,
  };
}

function namesOf(objects: readonly KubeObject[]): string {
  return objects
    .slice(0, MAX_NAMES)
    .map(({ metadata: { namespace, name } }) => (namespace === undefined ? name : `${namespace}/${name}`))
    .join(', ');
}
