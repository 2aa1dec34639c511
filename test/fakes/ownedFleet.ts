import { OwnedFleet } from '../../src/operator/ownership/ownedFleet.ts';

/** A lease that nobody disputes. */
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

  /** Another replica has taken it. */
  lose(): void {
    this.mayAct = false;
    this.isHeld = false;
    this.#ended.abort();
  }
}

/** A fleet that is this replica's, with its place. */
export function ownedFleet(lease = new FakeLease(), scope = new FakeLease()): OwnedFleet {
  const one = new OwnedFleet(lease);
  one.locate('111111111111/eu-central-1', scope);
  return one;
}
