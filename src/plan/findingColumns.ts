import type { Application, Association, Workspace } from '../fleet/model.ts';
import type { AssociationsByWorkspace } from '../inventory/associationTable.ts';
import { IndexList, LazySequence, type Sequence } from '../sequence.ts';
import type { NextStep } from './nextStep.ts';
import type { Finding } from './plan.ts';

/** What many findings have in common. */
type Evaluated = Omit<Finding, 'workspace' | 'association'>;

/** Finding of which only its WorkSpace and what it has in common with others are stored. */
class StoredFinding implements Finding {
  readonly workspace: Workspace;
  readonly #evaluated: Evaluated;
  readonly #associations: AssociationsByWorkspace;
  #association: Association | undefined;

  constructor(workspace: Workspace, evaluated: Evaluated, associations: AssociationsByWorkspace) {
    this.workspace = workspace;
    this.#evaluated = evaluated;
    this.#associations = associations;
  }

  get association(): Association {
    const { workspaceID } = this.workspace;
    const { applicationID } = this.application;
    this.#association ??= this.isAssociated
      ? this.#associations.get(workspaceID)?.get(applicationID)
      : { workspaceID, applicationID };
    return this.#association as Association;
  }

  get application(): Application {
    return this.#evaluated.application;
  }

  get isAssociated(): boolean {
    return this.#evaluated.isAssociated;
  }

  get verdict() {
    return this.#evaluated.verdict;
  }

  get because(): string {
    return this.#evaluated.because;
  }

  get unredacted(): string | undefined {
    return this.#evaluated.unredacted;
  }

  get until(): Date | undefined {
    return this.#evaluated.until;
  }

  get desired() {
    return this.#evaluated.desired;
  }

  get step(): NextStep | undefined {
    return this.#evaluated.step;
  }

  get failed() {
    return this.#evaluated.failed;
  }

  get isIrreversible(): boolean {
    return this.#evaluated.isIrreversible;
  }

  get isUndecided(): boolean | undefined {
    return this.#evaluated.isUndecided;
  }

  get replacement() {
    return this.#evaluated.replacement;
  }

  get incompatible() {
    return this.#evaluated.incompatible;
  }

  get waitsFor() {
    return this.#evaluated.waitsFor;
  }

  get unrequested() {
    return this.#evaluated.unrequested;
  }
}

/** Collects the findings of a plan in columns, because a plan of a large fleet has a million of them. */
export class FindingCollector {
  readonly #associations: AssociationsByWorkspace;
  readonly #workspaces: Workspace[] = [];
  readonly #evaluated: Evaluated[] = [];
  /** Known values by application, then by explanation, as indices in `#evaluated`. */
  readonly #known = new Map<Application, Map<string, number[]>>();
  /** Indices in `#workspaces`. */
  readonly #workspaceOf = new IndexList();
  /** Indices in `#evaluated`. */
  readonly #evaluatedOf = new IndexList();

  /** @param associations contains the association of each finding that has one */
  constructor(associations: AssociationsByWorkspace) {
    this.#associations = associations;
  }

  /** Adds a finding. The findings of a WorkSpace follow each other. */
  add({ workspace, association: _, ...evaluated }: Finding): void {
    if (this.#workspaces.at(-1) !== workspace) {
      this.#workspaces.push(workspace);
    }
    this.#workspaceOf.push(this.#workspaces.length - 1);
    this.#evaluatedOf.push(this.#indexOf(evaluated));
  }

  /** Returns the findings that were added so far. Creates each of them when it is read. */
  findings(): Sequence<Finding> {
    const workspaceOf = this.#workspaceOf.values();
    const evaluatedOf = this.#evaluatedOf.values();
    const [workspaces, evaluated, associations] = [this.#workspaces, this.#evaluated, this.#associations];
    return new LazySequence<Finding>(
      workspaceOf.length,
      (index) =>
        new StoredFinding(
          workspaces[workspaceOf[index] ?? 0] as Workspace,
          evaluated[evaluatedOf[index] ?? 0] as Evaluated,
          associations,
        ),
    );
  }

  #indexOf(evaluated: Evaluated): number {
    const byExplanation = this.#known.get(evaluated.application) ?? new Map<string, number[]>();
    this.#known.set(evaluated.application, byExplanation);
    const known = byExplanation.get(evaluated.because) ?? [];
    byExplanation.set(evaluated.because, known);
    const index = known.find((one) => isSame(this.#evaluated[one] as Evaluated, evaluated));
    if (index !== undefined) {
      return index;
    }
    known.push(this.#evaluated.length);
    return this.#evaluated.push(evaluated) - 1;
  }
}

/** Whether two evaluations of the same application with the same explanation are equal. */
function isSame(a: Evaluated, b: Evaluated): boolean {
  return (
    a.isAssociated === b.isAssociated &&
    a.verdict === b.verdict &&
    a.unredacted === b.unredacted &&
    a.until?.getTime() === b.until?.getTime() &&
    a.desired === b.desired &&
    isSameStep(a.step, b.step) &&
    a.failed === b.failed &&
    a.isIrreversible === b.isIrreversible &&
    a.isUndecided === b.isUndecided &&
    a.unrequested === b.unrequested &&
    a.replacement === b.replacement &&
    isSameMessage(a.waitsFor, b.waitsFor) &&
    isSameMessage(a.incompatible, b.incompatible) &&
    a.incompatible?.isPredicted === b.incompatible?.isPredicted &&
    a.incompatible?.until?.getTime() === b.incompatible?.until?.getTime()
  );
}

function isSameStep(a: NextStep | undefined, b: NextStep | undefined): boolean {
  if (a === b) {
    return true;
  }
  const isSameForce = a?.kind !== 'Deploy' || b?.kind !== 'Deploy' || a.force === b.force;
  const isSameText = a?.kind !== 'NeedsIntervention' || b?.kind !== 'NeedsIntervention' || a.message === b.message;
  return a?.kind === b?.kind && isSameForce && isSameText;
}

/** Whether two optional messages are equal. */
function isSameMessage(a: Finding['waitsFor'], b: Finding['waitsFor']): boolean {
  return a?.message === b?.message && a?.unredacted === b?.unredacted;
}
