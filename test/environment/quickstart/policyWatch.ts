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
  readonly #compliant = Promise.withResolvers<void>();
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
  get compliant(): Promise<void> {
    return this.#compliant.promise;
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

  #check(): void {
    if (this.#synced && this.policies.length > 0 && this.policies.every(isCompliant)) {
      this.#compliant.resolve();
    }
  }
}
