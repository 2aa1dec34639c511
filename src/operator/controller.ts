import type { Reflector } from '../kube/reflector.ts';
import { objectKey } from '../kube/resource.ts';
import type { Change } from '../kube/store.ts';
import { mayShareWorkspaces } from '../policy/overlap.ts';
import type { Policy, WorkspaceSelector } from '../policy/policy.ts';
import type { FleetName } from './fleetBook.ts';
import type { PolicyBook } from './policyBook.ts';
import type { PolicyRuns } from './policyRuns.ts';
import type { PolicyObject } from './resources.ts';
import { type WorkOptions, work } from './work.ts';

export interface ControllerOptions extends Omit<WorkOptions, 'run'> {
  readonly reflector: Pick<Reflector<PolicyObject>, 'hasSynced'>;
  readonly book: PolicyBook;
  readonly runs: PolicyRuns;
  /** Aborted when the process stops. */
  readonly stopping: AbortSignal;
}

/** A policy's change concerns those that share WorkSpaces with it: they are planned again after so long, in milliseconds, once for many changes. */
const OTHERS_AFTER = 500;

/** Takes keys of policies from the queue, reconciles them and reports. Level-triggered: what a key's event was makes no difference. */
export class Controller {
  readonly #options: ControllerOptions;

  constructor(options: ControllerOptions) {
    this.#options = options;
  }

  /** A handler of the watch: only notes the change and enqueues keys. */
  observe({ type, object }: Change<PolicyObject>): void {
    const { book, queue, reflector, runs } = this.#options;
    const key = objectKey(object.metadata);
    if (type === 'Deleted') {
      runs.forget(key);
    }
    const before = book.selectorOf(key);
    const changed = type === 'Deleted' ? (book.delete(key) ? 'Spec' : 'Nothing') : book.put(key, object);
    if (changed !== 'Nothing' && type !== 'Deleted') {
      queue.add(key);
    }
    if (changed === 'Spec' && reflector.hasSynced()) {
      this.#replanOthers(key, before);
    }
  }

  /** Fleets, or namespaces that they admit, have changed: some policies are about another one now, or under other terms. */
  fleetsChanged(isConcerned: (policy: Pick<Policy, 'namespace' | 'fleetRef'>) => boolean): void {
    const { book, queue, reflector } = this.#options;
    const selectors = new Map(book.keys().map((key) => [key, book.selectorOf(key)]));
    for (const key of book.reassign()) {
      queue.add(key);
      if (reflector.hasSynced()) {
        this.#replanOthers(key, selectors.get(key));
      }
    }
    for (const policy of book.valid()) {
      if (isConcerned(policy)) {
        queue.add(policy.key);
      }
    }
  }

  /** A fleet has become this replica's, or may now be used by it: its policies are looked at. */
  fleetGained(name: FleetName): void {
    const { book, queue, runs } = this.#options;
    for (const key of book.keys().filter((one) => runs.fleetOf(one) === name)) {
      queue.add(key);
    }
  }

  /** What a policy said before may have concerned others, and what it says now may, too. */
  #replanOthers(key: string, before: WorkspaceSelector | undefined): void {
    const { book, queue } = this.#options;
    for (const other of this.#sharingWith(key, before, book.selectorOf(key))) {
      queue.addAfter(other, OTHERS_AFTER);
    }
  }

  /** The other policies that may be about a WorkSpace of these selectors. */
  #sharingWith(key: string, ...selectors: readonly (WorkspaceSelector | undefined)[]): string[] {
    const { book } = this.#options;
    return book.keys().filter((other) => {
      const own = book.selectorOf(other);
      return other !== key && own && selectors.some((one) => one && mayShareWorkspaces(one, own));
    });
  }

  /** Works until the queue is shut down. Several may run at once. */
  work(): Promise<void> {
    const { runs, stopping } = this.#options;
    return work({
      ...this.#options,
      run: async (key, log) => (stopping.aborted ? undefined : runs.run(key, log)),
    });
  }
}
