import { createHash } from 'node:crypto';
import type { FleetName } from '../fleetStore.ts';

/** What Kubernetes allows for a name. */
const NAME_LENGTH = 253;

/** On the lease of a fleet: the account and region where its owner found it to be. */
export const SCOPE_ANNOTATION = 'wsap.dev/place';
/** On a lease: the WorkspaceFleet that it is of. */
export const FLEET_ANNOTATION = 'wsap.dev/fleet';

const MANAGED_BY = 'app.kubernetes.io/managed-by';
const WATCHED_NAMESPACE = 'wsap.dev/watched-namespace';

/** How the operator's leases are told from others, and those of an operator that watches one namespace from those of another. */
export class LeaseNames {
  readonly labels: Readonly<Record<string, string>>;
  readonly labelSelector: string;
  readonly #prefix: string;

  /** `watched`: the namespace that the operator watches; undefined: all. */
  constructor(watched: string | undefined) {
    this.labels = { [MANAGED_BY]: 'wsap', ...(watched !== undefined && { [WATCHED_NAMESPACE]: watched }) };
    this.labelSelector = `${MANAGED_BY}=wsap,${watched === undefined ? `!${WATCHED_NAMESPACE}` : `${WATCHED_NAMESPACE}=${watched}`}`;
    this.#prefix = watched === undefined ? 'wsap' : `wsap.namespace.${watched}`;
  }

  /** Of a fleet; of the operator's own AWS settings, and of the policies that no fleet admits, where that is undefined. */
  ofFleet(fleet: FleetName): string {
    return this.#name(...(fleet === undefined ? ['ambient'] : ['fleet', fleet]));
  }

  /** Of an account and region, as `111111111111/eu-central-1`: only one replica changes WorkSpaces there. */
  ofScope(scope: string): string {
    return this.#name('place', scope.replace('/', '.'));
  }

  /** Of a replica: it is alive as long as it is renewed. */
  ofReplica(identity: string): string {
    return this.#name('replica', identity);
  }

  /** Whether a name is that of a replica's lease. */
  isOfReplica(name: string): boolean {
    return name.startsWith(this.#name('replica', ''));
  }

  #name(...parts: readonly string[]): string {
    const name = [this.#prefix, ...parts].join('.');
    if (name.length <= NAME_LENGTH) {
      return name;
    }
    const digest = createHash('sha256').update(name).digest('hex').slice(0, 16);
    return `${name.slice(0, NAME_LENGTH - digest.length - 1)}-${digest}`;
  }
}
