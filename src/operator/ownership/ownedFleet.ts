import type { HeldLease } from '../../kube/heldLease.ts';

type Held = Pick<HeldLease, 'name' | 'mayAct' | 'isHeld' | 'ended' | 'annotate' | 'release'>;

/** The time for which a fleet is this replica's, from taking its lease to giving it up or losing it. */
export class OwnedFleet {
  readonly lease: Held;
  #scope: { readonly name: string; readonly lease: Held | undefined } | undefined;
  #isEnding = false;
  #inFlight = 0;
  #idle: (() => void)[] = [];

  constructor(lease: Held) {
    this.lease = lease;
  }

  /** The account and region of the fleet; undefined before that is known. */
  get scope(): string | undefined {
    return this.#scope?.name;
  }

  /** Whether its policies may be run: the place of the fleet is this replica's, too. */
  get holdsScopeLease(): boolean {
    return !this.#isEnding && this.#scope?.lease?.ended.aborted === false;
  }

  /** Whether it is over, or about to be: nothing is begun any more. */
  get isEnding(): boolean {
    return this.#isEnding;
  }

  /** Whether something may be changed in the fleet. Ask right before each change. */
  get mayAct(): boolean {
    return !this.#isEnding && this.lease.mayAct && this.#scope?.lease?.mayAct === true;
  }

  /** Whether the statuses of the fleet and its policies are this replica's to write. */
  get mayWriteStatus(): boolean {
    return this.lease.isHeld;
  }

  /** The fleet is at a place, whose lease this replica has, or hasn't. */
  locate(name: string, lease: Held | undefined): void {
    this.#scope = { name, lease };
  }

  /** Runs work that a hand-over waits for. */
  async track<T>(work: () => Promise<T>): Promise<T> {
    this.#inFlight++;
    try {
      return await work();
    } finally {
      this.#inFlight--;
      if (this.#inFlight === 0) {
        for (const resolve of this.#idle.splice(0)) {
          resolve();
        }
      }
    }
  }

  /** Nothing is begun in the fleet any more. Resolves when what is in flight has ended. */
  async end(): Promise<void> {
    this.#isEnding = true;
    if (this.#inFlight > 0) {
      await new Promise<void>((resolve) => this.#idle.push(resolve));
    }
  }
}
