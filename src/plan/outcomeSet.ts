import { SharedLists } from '../sharedLists.ts';
import { eachSliced, type Sliced } from '../slices.ts';
import { outcomeOf } from './outcome.ts';
import type { Finding } from './plan.ts';

/** Outcomes of a plan, by `outcomeOf`. */
export interface OutcomeSet extends Iterable<string> {
  readonly size: number;
  has(outcome: string): boolean;
}

/** Outcomes by WorkSpace, because thousands of WorkSpaces have the same few outcomes. */
class OutcomesByWorkspace implements OutcomeSet {
  /** Outcomes without their WorkSpace, by its ID. */
  readonly #outcomes: ReadonlyMap<string, readonly string[]>;
  readonly size: number;

  constructor(outcomes: ReadonlyMap<string, readonly string[]>) {
    this.#outcomes = outcomes;
    let size = 0;
    for (const { length } of outcomes.values()) {
      size += length;
    }
    this.size = size;
  }

  has(outcome: string): boolean {
    const end = outcome.indexOf(' ');
    return this.#outcomes.get(outcome.slice(0, end))?.includes(outcome.slice(end)) ?? false;
  }

  *[Symbol.iterator](): Generator<string, undefined, undefined> {
    for (const [workspaceID, outcomes] of this.#outcomes) {
      for (const outcome of outcomes) {
        yield `${workspaceID}${outcome}`;
      }
    }
  }
}

/** Returns the different outcomes of findings. All parts of a replacement have the same one. */
export function* outcomesOf(findings: Iterable<Finding>): Sliced<OutcomeSet> {
  const lists = new SharedLists<string>();
  const outcomes = new Map<string, readonly string[]>();
  // Equal texts must be the same string, so that the lists are shared.
  const texts = new Map<string, string>();
  yield* eachSliced(findings, (finding) => {
    const { workspaceID } = finding.workspace;
    const text = outcomeOf(finding).slice(workspaceID.length);
    const shared = texts.get(text) ?? text;
    texts.set(shared, shared);
    const known = outcomes.get(workspaceID) ?? lists.empty;
    if (!known.includes(shared)) {
      outcomes.set(workspaceID, lists.with(known, shared));
    }
  });
  return new OutcomesByWorkspace(outcomes);
}
