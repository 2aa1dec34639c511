import { createHash } from 'node:crypto';
import type { FleetName } from '../fleetStore.ts';

/** Maximum length of a name in Kubernetes. */
const MAX_NAME_LENGTH = 253;

/** Annotation on the lease of a fleet with the account and region that its owner determined. */
export const SCOPE_ANNOTATION = 'wsap.dev/scope';
/** Annotation on the lease of a fleet with the name of the WorkspaceFleet. */
export const FLEET_ANNOTATION = 'wsap.dev/fleet';
/** Annotation on the lease of the ambient fleet. Shows that a WorkspaceFleet existed, so that no policy uses the ambient fleet. */
export const ENDED_ANNOTATION = 'wsap.dev/ambient-fleet-ended';

const MANAGED_BY = 'app.kubernetes.io/managed-by';
/** Labels of all leases of operators. */
export const MANAGED_BY_LABELS = { [MANAGED_BY]: 'wsap' };
const WATCHED_NAMESPACE = 'wsap.dev/watched-namespace';

/** Names and labels of the operator's leases. Operators that watch different namespaces have separate leases. */
export class LeaseNames {
  readonly labels: Readonly<Record<string, string>>;
  readonly labelSelector: string;
  readonly #prefix: string;

  /** Creates names for the namespace that the operator watches. Undefined for all namespaces. */
  constructor(watchedNamespace: string | undefined) {
    this.labels = {
      ...MANAGED_BY_LABELS,
      ...(watchedNamespace !== undefined && { [WATCHED_NAMESPACE]: watchedNamespace }),
    };
    this.labelSelector = `${MANAGED_BY}=wsap,${watchedNamespace === undefined ? `!${WATCHED_NAMESPACE}` : `${WATCHED_NAMESPACE}=${watchedNamespace}`}`;
    this.#prefix = watchedNamespace === undefined ? 'wsap' : `wsap.namespace.${watchedNamespace}`;
  }

  /** Returns the lease name of a fleet. The lease of the ambient fleet also covers policies without a fleet. */
  ofFleet(fleet: FleetName): string {
    return this.#name(...(fleet === undefined ? ['ambient'] : ['fleet', fleet]));
  }

  /**
   * Returns the lease name of an account and region, for example, `111111111111/eu-central-1`. Only its holder makes
   * changes there.
   */
  ofScope(scope: string): string {
    return this.#name('scope', scope.replace('/', '.'));
  }

  /** Returns the lease name of a replica, which is alive as long as the lease is renewed. */
  ofReplica(identity: string): string {
    return this.#name('replica', identity);
  }

  /** Returns the name of the lease whose holder sends notifications. */
  ofNotifications(): string {
    return this.#name('notifications');
  }

  /** Whether a name belongs to the lease of a replica. */
  isOfReplica(name: string): boolean {
    return name.startsWith(this.#name('replica', ''));
  }

  #name(...parts: readonly string[]): string {
    const name = [this.#prefix, ...parts].join('.');
    if (name.length <= MAX_NAME_LENGTH) {
      return name;
    }
    const digest = createHash('sha256').update(name).digest('hex').slice(0, 16);
    // A part of a name must not end or start with a hyphen.
    const start = name.slice(0, MAX_NAME_LENGTH - digest.length - 1).replace(/[.-]+$/, '');
    return `${start}-${digest}`;
  }
}
