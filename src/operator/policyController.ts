import type { Workspace } from '../fleet/model.ts';
import { policyIndexOf } from '../fleet/policyIndex.ts';
import type { Informer } from '../kube/informer.ts';
import { objectKey } from '../kube/resource.ts';
import type { PolicyObject } from '../kube/resources.ts';
import type { WatchChange } from '../kube/store.ts';
import { mayShareWorkspacesWithAny } from '../policy/overlap.ts';
import type { Policy, WorkspaceSelector } from '../policy/policy.ts';
import type { FleetName } from './fleetStore.ts';
import type { PolicyReconciler } from './policyReconciler.ts';
import type { PolicyStore } from './policyStore.ts';
import { runWorkers, type WorkerOptions } from './worker.ts';

export interface PolicyControllerOptions extends Omit<WorkerOptions, 'run'> {
  readonly informer: Pick<Informer<PolicyObject>, 'hasSynced'>;
  readonly store: PolicyStore;
  readonly reconciler: PolicyReconciler;
  /** Aborted when the process stops. */
  readonly stopping: AbortSignal;
}

/**
 * Delay until the policies that share WorkSpaces with a changed policy are planned again. It combines several changes.
 */
const PEER_REPLAN_DELAY_MS = 500;

/** Reconciles policies from the work queue. Level-triggered: the event that enqueued a key doesn't matter. */
export class PolicyController {
  readonly #options: PolicyControllerOptions;

  constructor(options: PolicyControllerOptions) {
    this.#options = options;
  }

  /** Handles a change from the watch: updates the store and enqueues keys. */
  observe({ type, object }: WatchChange<PolicyObject>): void {
    const { store, queue, informer, reconciler } = this.#options;
    const key = objectKey(object.metadata);
    if (type === 'Deleted') {
      reconciler.forget(key);
    }
    const before = store.selectorOf(key);
    const change = type === 'Deleted' ? (store.delete(key) ? 'Spec' : 'Nothing') : store.put(key, object);
    if (change === 'Spec') {
      reconciler.interrupt(key);
    }
    if (change !== 'Nothing' && type !== 'Deleted') {
      queue.add(key);
    }
    if (change === 'Spec' && informer.hasSynced()) {
      this.#replanPeers([before, store.selectorOf(key)], new Set([key]));
    }
  }

  /** Handles a change of fleets or of namespaces: reassigns policies to fleets and enqueues affected ones. */
  onFleetsChanged(isAffected: (policy: Pick<Policy, 'namespace' | 'fleetRef'>) => boolean): void {
    const { store, queue, informer, reconciler } = this.#options;
    const selectors = new Map(store.keys().map((key) => [key, store.selectorOf(key)]));
    const reassigned = store.reassign();
    const affected = store.valid().filter(isAffected);
    const enqueued = new Set([...reassigned, ...affected.map(({ key }) => key)]);
    for (const key of enqueued) {
      reconciler.interrupt(key);
      queue.add(key);
    }
    if (informer.hasSynced()) {
      this.#replanPeers(
        reassigned.flatMap((key) => [selectors.get(key), store.selectorOf(key)]),
        enqueued,
      );
    }
  }

  /** Handles that the schemas of the CRDs were read: enqueues policies with unknown fields that may be valid. */
  onSchemasRead(): void {
    const { store, queue, informer } = this.#options;
    const selectors = new Map(store.keys().map((key) => [key, store.selectorOf(key)]));
    const keys = new Set(store.reparse());
    for (const key of keys) {
      queue.add(key);
    }
    if (informer.hasSynced()) {
      this.#replanPeers(
        [...keys].flatMap((key) => [selectors.get(key), store.selectorOf(key)]),
        keys,
      );
    }
  }

  /** Handles that this replica gained a fleet or its AWS scope: enqueues the policies of the fleet. */
  onFleetGained(name: FleetName): void {
    const { store, queue, reconciler } = this.#options;
    for (const key of store.keys().filter((policyKey) => reconciler.fleetOf(policyKey) === name)) {
      queue.add(key);
    }
  }

  /** Handles that events caused reads of WorkSpaces: enqueues the policies of the fleet that can select any of them. */
  onWorkspacesRead(name: FleetName, workspaces: readonly Workspace[]): void {
    const { store, reconciler } = this.#options;
    const index = policyIndexOf(store.policies());
    const candidates = new Set<Policy>(workspaces.length === 0 ? [] : index.everywhere);
    for (const workspace of workspaces) {
      for (const policies of [...index.candidatesFor(workspace), index.exceptingOn(workspace.workspaceID)]) {
        policies.forEach((policy) => void candidates.add(policy));
      }
    }
    this.#followEvents([...candidates].flatMap(({ key }) => (reconciler.fleetOf(key) === name ? [key] : [])));
  }

  /** Handles that events caused a read of a whole fleet, or that its events start or stop to arrive: enqueues the policies of the fleet. */
  onFleetRead(name: FleetName): void {
    const { store, reconciler } = this.#options;
    this.#followEvents(store.keys().filter((key) => reconciler.fleetOf(key) === name));
  }

  #followEvents(keys: Iterable<string>): void {
    const { queue, reconciler } = this.#options;
    for (const key of keys) {
      reconciler.followEvents(key);
      queue.add(key);
    }
  }

  /**
   * Enqueues the policies that share WorkSpaces with the previous or the current selectors of changed policies.
   *
   * @param enqueued keys that are enqueued anyway
   */
  #replanPeers(changed: readonly (WorkspaceSelector | undefined)[], enqueued: ReadonlySet<string>): void {
    const { store, queue } = this.#options;
    const selectors = new Set(changed.filter((selector) => selector !== undefined));
    if (selectors.size === 0) {
      return;
    }
    const mayShareWorkspaces = mayShareWorkspacesWithAny([...selectors]);
    for (const key of store.keys()) {
      const selector = enqueued.has(key) ? undefined : store.selectorOf(key);
      if (selector !== undefined && mayShareWorkspaces(selector)) {
        queue.addAfter(key, PEER_REPLAN_DELAY_MS);
      }
    }
  }

  /** Processes policies until the queue is shut down. */
  runWorkers(): Promise<void> {
    const { reconciler, stopping } = this.#options;
    return runWorkers({
      ...this.#options,
      run: async (key, log, releaseWhile) => (stopping.aborted ? undefined : reconciler.run(key, log, releaseWhile)),
    });
  }
}
