import { type ClusterLeaseHandle, OwnedFleet } from '../../src/operator/ownership/ownedFleet.ts';

/** A lease without other candidates. */
export class FakeLease {
  readonly #ended = new AbortController();
  readonly ended = this.#ended.signal;
  readonly name: string;
  mayAct = true;
  isHeld = true;

  constructor(name = 'lease') {
    this.name = name;
  }

  async annotate(): Promise<void> {}

  async release(): Promise<void> {
    this.lose();
  }

  /** Simulates that another replica acquires the lease. */
  lose(): void {
    this.mayAct = false;
    this.isHeld = false;
    this.#ended.abort();
  }
}

/** Returns a fleet that this replica owns, with the lease of its AWS scope. */
export function ownedFleet(
  lease = new FakeLease(),
  scope = new FakeLease(),
  cluster: ClusterLeaseHandle = { mayAct: true, isHeld: true },
): OwnedFleet {
  const fleet = new OwnedFleet(lease, cluster);
  fleet.locate('111111111111/eu-central-1', scope);
  return fleet;
}
