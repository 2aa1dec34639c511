import type { Informer } from '../kube/informer.ts';
import { objectKey } from '../kube/resource.ts';
import type { PolicyObject } from '../kube/resources.ts';
import type { WatchChange } from '../kube/store.ts';
import { mayShareWorkspaces } from '../policy/overlap.ts';
import type { Policy, WorkspaceSelector } from '../policy/policy.ts';
import type { FleetName } from './fleetStore.ts';
import type { PolicyReconciler } from './policyReconciler.ts';
import type { PolicyStore } from './policyStore.ts';
import { runWorker, type WorkerOptions } from './worker.ts';

export interface PolicyControllerOptions extends Omit<WorkerOptions, 'run'> {
  readonly informer: Pick<Informer<PolicyObject>, 'hasSynced'>;
  readonly store: PolicyStore;
  readonly runs: PolicyReconciler;
  /** Aborted when the process stops. */
  readonly stopping: AbortSignal;
}

/** A policy's change concerns those that share WorkSpaces with it: they are planned again after so long, in milliseconds, once for many changes. */
const OTHERS_AFTER = 500;

/** Takes keys of policies from the queue, reconciles them and reports. Level-triggered: what a key's event was makes no difference. */
export class PolicyController {
  readonly #options: PolicyControllerOptions;

  constructor(options: PolicyControllerOptions) {
    this.#options = options;
  }

  /** A handler of the watch: only notes the change and enqueues keys. */
  observe({ type, object }: WatchChange<PolicyObject>): void {
    const { store, queue, informer, runs } = this.#options;
    const key = objectKey(object.metadata);
    if (type === 'Deleted') {
      runs.forget(key);
    }
    const before = store.selectorOf(key);
    const changed = type === 'Deleted' ? (store.delete(key) ? 'Spec' : 'Nothing') : store.put(key, object);
    if (changed !== 'Nothing' && type !== 'Deleted') {
      queue.add(key);
    }
    if (changed === 'Spec' && informer.hasSynced()) {
      this.#replanOthers(key, before);
    }
  }

  /** Fleets, or namespaces that they admit, have changed: some policies are about another one now, or under other terms. */
  fleetsChanged(isConcerned: (policy: Pick<Policy, 'namespace' | 'fleetRef'>) => boolean): void {
    const { store, queue, informer } = this.#options;
    const selectors = new Map(store.keys().map((key) => [key, store.selectorOf(key)]));
    for (const key of store.reassign()) {
      queue.add(key);
      if (informer.hasSynced()) {
        this.#replanOthers(key, selectors.get(key));
      }
    }
    for (const policy of store.valid()) {
      if (isConcerned(policy)) {
        queue.add(policy.key);
      }
    }
  }

  /** The schemas of the CRDs were read: policies with unknown fields may be valid. */
  schemasRead(): void {
    const { store, queue, informer } = this.#options;
    const selectors = new Map(store.keys().map((key) => [key, store.selectorOf(key)]));
    for (const key of store.reparse()) {
      queue.add(key);
      if (informer.hasSynced()) {
        this.#replanOthers(key, selectors.get(key));
      }
    }
  }

  /** A fleet has become this replica's, or may now be used by it: its policies are looked at. */
  fleetGained(name: FleetName): void {
    const { store, queue, runs } = this.#options;
    for (const key of store.keys().filter((one) => runs.fleetOf(one) === name)) {
      queue.add(key);
    }
  }

  /** What a policy said before may have concerned others, and what it says now may, too. */
  #replanOthers(key: string, before: WorkspaceSelector | undefined): void {
    const { store, queue } = this.#options;
    for (const other of this.#sharingWith(key, before, store.selectorOf(key))) {
      queue.addAfter(other, OTHERS_AFTER);
    }
  }

  /** The other policies that may be about a WorkSpace of these selectors. */
  #sharingWith(key: string, ...selectors: readonly (WorkspaceSelector | undefined)[]): string[] {
    const { store } = this.#options;
    return store.keys().filter((other) => {
      const own = store.selectorOf(other);
      return other !== key && own && selectors.some((one) => one && mayShareWorkspaces(one, own));
    });
  }

  /** Works until the queue is shut down. Several may run at once. */
  runWorker(): Promise<void> {
    const { runs, stopping } = this.#options;
    return runWorker({
      ...this.#options,
      run: async (key, log) => (stopping.aborted ? undefined : runs.run(key, log)),
    });
  }
}
