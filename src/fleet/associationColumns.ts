import { IndexList, LazySequence, type Sequence } from '../sequence.ts';
import type { SharedTexts } from '../sharedTexts.ts';
import { ASSOCIATION_STATES, type Association } from './model.ts';

/** Codes of the states. 0 stands for a missing state. */
const STATES: readonly Association['state'][] = [undefined, ...ASSOCIATION_STATES];
const CODES = new Map(STATES.map((state, code) => [state, code]));

/** One value for each association, by index. */
interface Columns {
  readonly applicationID: string;
  readonly workspaceIDs: readonly string[];
  /** Indices in `STATES`. */
  readonly states: Uint32Array;
  /** Milliseconds since the epoch. NaN if AWS omitted the time. */
  readonly created: readonly number[] | Float64Array;
  /** Milliseconds since the epoch. NaN if AWS omitted the time. */
  readonly updated: readonly number[] | Float64Array;
  /** Associations with a value that no column can hold, by index. */
  readonly others: ReadonlyMap<number, Association>;
}

/**
 * Associations of one application. A large fleet has a million associations, so they are stored in columns, and each object is created when
 * it is read.
 */
export class AssociationColumns extends LazySequence<Association> {
  readonly #columns: Columns;
  /** Descriptions of the items without a usable ID. Undefined if there are none. */
  readonly unidentified?: readonly string[];

  constructor(columns: Columns, unidentified: readonly string[] = []) {
    super(columns.workspaceIDs.length, (index) => associationAt(columns, index));
    this.#columns = columns;
    if (unidentified.length > 0) {
      this.unidentified = unidentified;
    }
  }

  workspaceIDAt(index: number): string {
    return this.#columns.workspaceIDs[index] ?? '';
  }

  applicationIDAt(index: number): string {
    return this.#columns.others.get(index)?.applicationID ?? this.#columns.applicationID;
  }

  stateAt(index: number): Association['state'] {
    const { others, states } = this.#columns;
    return others.has(index) ? others.get(index)?.state : STATES[states[index] ?? 0];
  }
}

/** Collects the associations of one application page by page. */
export class AssociationCollector {
  readonly #applicationID: string;
  readonly #texts: Pick<SharedTexts, 'shared'>;
  readonly #workspaceIDs: string[] = [];
  readonly #states = new IndexList();
  readonly #created: number[] = [];
  readonly #updated: number[] = [];
  readonly #others = new Map<number, Association>();
  readonly #unidentified: string[] = [];

  /** @param texts represents the IDs of the WorkSpaces, which the listings of a fleet have in common */
  constructor(applicationID: string, texts: Pick<SharedTexts, 'shared'> = { shared: (text) => text }) {
    this.#applicationID = applicationID;
    this.#texts = texts;
  }

  addAll(items: Iterable<Association> & { readonly unidentified?: readonly string[] }): void {
    for (const item of items) {
      this.#add(item);
    }
    this.#unidentified.push(...(items.unidentified ?? []));
  }

  /** Whether a WorkSpace appears several times. */
  hasDuplicates(): boolean {
    return new Set(this.#workspaceIDs).size < this.#workspaceIDs.length;
  }

  /** Returns the collected associations. */
  columns(): AssociationColumns {
    return new AssociationColumns(
      {
        applicationID: this.#applicationID,
        workspaceIDs: this.#workspaceIDs,
        states: this.#states.values(),
        created: Float64Array.from(this.#created),
        updated: Float64Array.from(this.#updated),
        others: this.#others,
      },
      this.#unidentified,
    );
  }

  #add(association: Association): void {
    const { workspaceID, applicationID, state, stateReason, created, lastUpdatedTime, untrusted } = association;
    const code = CODES.get(state);
    const fits = code !== undefined && stateReason === undefined && untrusted === undefined;
    if (!fits || applicationID !== this.#applicationID) {
      this.#others.set(this.#workspaceIDs.length, association);
    }
    this.#workspaceIDs.push(this.#texts.shared(workspaceID));
    this.#states.push(code ?? 0);
    this.#created.push(created?.getTime() ?? Number.NaN);
    this.#updated.push(lastUpdatedTime?.getTime() ?? Number.NaN);
  }
}

/** Returns the associations of one application in columns. */
export function inColumns(applicationID: string, items: Sequence<Association>): AssociationColumns {
  if (items instanceof AssociationColumns) {
    return items;
  }
  const collector = new AssociationCollector(applicationID);
  collector.addAll(items);
  return collector.columns();
}

function associationAt(columns: Columns, index: number): Association {
  const { applicationID, workspaceIDs, states, created, updated, others } = columns;
  return (
    others.get(index) ?? {
      workspaceID: workspaceIDs[index] ?? '',
      applicationID,
      state: STATES[states[index] ?? 0],
      stateReason: undefined,
      created: timeOf(created[index]),
      lastUpdatedTime: timeOf(updated[index]),
    }
  );
}

function timeOf(time = Number.NaN): Date | undefined {
  return Number.isNaN(time) ? undefined : new Date(time);
}
