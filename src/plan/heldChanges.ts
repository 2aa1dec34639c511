import { IndexList, LazySequence, type Sequence } from '../sequence.ts';
import { isYieldDue, type Sliced } from '../slices.ts';
import type { Change, HeldChange, HoldReason, Plan } from './plan.ts';

/** What many held changes have in common. */
type Hold = Pick<HeldChange, 'message' | 'unredacted' | 'until'>;

/** Held change whose change is created when it is read. */
class StoredHeldChange implements HeldChange {
  readonly #changes: Sequence<Change>;
  readonly #index: number;
  readonly reason: HoldReason;
  readonly #hold: Hold;

  constructor(changes: Sequence<Change>, index: number, reason: HoldReason, hold: Hold) {
    this.#changes = changes;
    this.#index = index;
    this.reason = reason;
    this.#hold = hold;
  }

  get change(): Change {
    return this.#changes.at(this.#index) as Change;
  }

  get message(): string {
    return this.#hold.message;
  }

  get unredacted(): string | undefined {
    return this.#hold.unredacted;
  }

  get until(): Date | undefined {
    return this.#hold.until;
  }
}

/** Collects the changes that one hold applies to, in columns, because a plan of a large fleet has a million changes. */
export class HeldChangeCollector {
  readonly #changes: Sequence<Change>;
  readonly #reason: HoldReason;
  readonly #holds: Hold[] = [];
  /** Known holds by message, as indices in `#holds`. */
  readonly #known = new Map<string, number[]>();
  /** Indices in `#changes`. */
  readonly #changeOf = new IndexList();
  /** Indices in `#holds`. */
  readonly #holdOf = new IndexList();

  /** @param changes changes that may be held */
  constructor(changes: Sequence<Change>, reason: HoldReason) {
    this.#changes = changes;
    this.#reason = reason;
  }

  /** Adds the change at an index. */
  add(index: number, hold: Hold): void {
    this.#changeOf.push(index);
    this.#holdOf.push(this.#indexOf(hold));
  }

  /** Returns the held changes that were added so far. Creates each of them when it is read. */
  held(): Sequence<HeldChange> {
    const changeOf = this.#changeOf.values();
    const holdOf = this.#holdOf.values();
    const [changes, holds, reason] = [this.#changes, this.#holds, this.#reason];
    return new LazySequence<HeldChange>(
      changeOf.length,
      (index) => new StoredHeldChange(changes, changeOf[index] ?? 0, reason, holds[holdOf[index] ?? 0] as Hold),
    );
  }

  #indexOf(hold: Hold): number {
    const known = this.#known.get(hold.message) ?? [];
    this.#known.set(hold.message, known);
    const index = known.find((one) => isSame(this.#holds[one] as Hold, hold));
    if (index !== undefined) {
      return index;
    }
    known.push(this.#holds.length);
    return this.#holds.push(hold) - 1;
  }
}

/** Whether two holds with the same message are equal. */
function isSame(a: Hold, b: Hold): boolean {
  return a.unredacted === b.unredacted && a.until?.getTime() === b.until?.getTime();
}

/** Returns a function that returns the held change of the finding at an index. Undefined if it has none. */
export function* heldByFinding({
  findings,
  held,
}: Pick<Plan, 'findings' | 'held'>): Sliced<(index: number) => HeldChange | undefined> {
  if (held.length === 0) {
    return () => undefined;
  }
  // Positions in `held` plus one, so that 0 means none. The held changes of a WorkSpace are linked.
  const firstOn = new Map<string, number>();
  const next = new Uint32Array(held.length + 1);
  const applicationOf = new Uint32Array(held.length + 1);
  const applications = new Map<string, number>();
  for (let position = 1; position <= held.length; position++) {
    if (isYieldDue(position)) {
      yield;
    }
    const { workspace, application } = (held.at(position - 1) as HeldChange).change.finding;
    const code = applications.get(application.applicationID) ?? applications.size;
    applications.set(application.applicationID, code);
    applicationOf[position] = code;
    next[position] = firstOn.get(workspace.workspaceID) ?? 0;
    firstOn.set(workspace.workspaceID, position);
  }
  const positions = new Uint32Array(findings.length);
  for (const [index, { workspace, application }] of findings.entries()) {
    if (isYieldDue(index)) {
      yield;
    }
    const code = applications.get(application.applicationID);
    let position = code === undefined ? 0 : (firstOn.get(workspace.workspaceID) ?? 0);
    while (position !== 0 && applicationOf[position] !== code) {
      position = next[position] ?? 0;
    }
    positions[index] = position;
  }
  return (index) => {
    const position = positions[index] ?? 0;
    return position === 0 ? undefined : held.at(position - 1);
  };
}
