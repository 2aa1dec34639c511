import { KubeConfig } from '@kubernetes/client-node';
import { systemClock } from '../../../src/clock.ts';
import { ApiClient } from '../../../src/kube/apiClient.ts';
import { Informer } from '../../../src/kube/informer.ts';
import { KubeConfigFile } from '../../../src/kube/kubeconfig/kubeConfigFile.ts';
import { POLICIES, type PolicyObject } from '../../../src/kube/resources.ts';
import type { WorkspaceApplicationPolicy } from '../../../src/policy/resource.gen.ts';
import { complianceLine, isCompliant } from './compliance.ts';

/** A policy as it is in the cluster. */
export type WatchedPolicy = PolicyObject & Pick<WorkspaceApplicationPolicy, 'spec'>;

interface Wait {
  readonly isMet: () => boolean;
  readonly resolve: () => void;
}

export interface PolicyWatchOptions {
  /** Kubeconfig in YAML. */
  readonly kubeconfig: string;
  /** Called when the status line of a policy changes, and when a policy is deleted. */
  readonly onLine: (policy: WatchedPolicy, line: string) => void;
  /** Called for each version of a policy. */
  readonly onPolicy: (policy: WatchedPolicy) => void;
}

/** Watches the policies of the cluster. */
export class PolicyWatch implements AsyncDisposable {
  readonly #informer: Informer<WatchedPolicy>;
  readonly #onLine: PolicyWatchOptions['onLine'];
  readonly #onPolicy: PolicyWatchOptions['onPolicy'];
  readonly #waits = new Set<Wait>();
  #synced = false;

  constructor({ kubeconfig, onLine, onPolicy }: PolicyWatchOptions) {
    const config = new KubeConfig();
    config.loadFromString(kubeconfig);
    this.#onLine = onLine;
    this.#onPolicy = onPolicy;
    this.#informer = new Informer<WatchedPolicy>({
      client: new ApiClient(new KubeConfigFile(config), { clock: systemClock }),
      resource: POLICIES,
      clock: systemClock,
      random: Math.random,
      handlers: [({ type, object, previous }) => this.#observe(type, object, previous)],
      // The informer reconnects automatically.
      onError: () => {},
    });
  }

  /** Starts the watch. Resolves when the existing policies are listed. */
  async start(): Promise<void> {
    this.#informer.start();
    await this.#informer.waitForSync();
    this.#synced = true;
    this.#check();
  }

  /** Policies, sorted by namespace and name. */
  get policies(): WatchedPolicy[] {
    return this.#informer.list();
  }

  /** Resolves when all policies are compliant at the same time. */
  untilCompliant(): Promise<void> {
    return this.#until(() => this.#isCompliant);
  }

  /** Resolves when all policies are compliant again, after one of them was not. */
  async untilCompliantAgain(): Promise<void> {
    await this.#until(() => this.#synced && !this.#isCompliant);
    await this.untilCompliant();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#informer.stop();
  }

  #observe(type: string, object: WatchedPolicy, previous: WatchedPolicy | undefined): void {
    const line = type === 'Deleted' ? 'deleted; this makes no changes in AWS' : complianceLine(object);
    if (line !== undefined && (previous === undefined || line !== complianceLine(previous))) {
      this.#onLine(object, line);
    }
    if (type !== 'Deleted') {
      this.#onPolicy(object);
    }
    this.#check();
  }

  get #isCompliant(): boolean {
    return this.#synced && this.policies.length > 0 && this.policies.every(isCompliant);
  }

  #until(isMet: () => boolean): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#waits.add({ isMet, resolve });
    this.#check();
    return promise;
  }

  #check(): void {
    for (const wait of this.#waits) {
      if (wait.isMet()) {
        this.#waits.delete(wait);
        wait.resolve();
      }
    }
  }
}
