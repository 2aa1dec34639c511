import type { AssociationID } from '../../../src/fleet/associationID.ts';
import { advance, type SimulatedAssociation } from '../../../src/simulator/lifecycle.ts';
import type { SimulatedWorkspace } from '../../../src/simulator/simulatedResources.ts';

/** States of all associations over time. Times are milliseconds since the epoch. */
export class AssociationHistory {
  /**
   * Records by WorkSpace, each with the time from which it applies. The life cycle of AWS advances a record
   * between changes.
   */
  readonly #history = new Map<
    string,
    { readonly at: number; readonly associations: readonly SimulatedAssociation[] }[]
  >();

  /** Records changed associations. */
  record(workspaces: readonly Readonly<SimulatedWorkspace>[], at: number): void {
    for (const { workspaceID, associations } of workspaces) {
      const history = this.#history.get(workspaceID) ?? [];
      const last = history.at(-1)?.associations;
      const now = [...associations.values()];
      if (last === undefined || last.length !== now.length || last.some((one, index) => one !== now[index])) {
        history.push({ at, associations: now });
      }
      this.#history.set(workspaceID, history);
    }
  }

  /** Returns the associations of a WorkSpace at a time. Before the first record, the first record applies. */
  at(workspaceID: string, time: number): SimulatedAssociation[] {
    const history = this.#history.get(workspaceID) ?? [];
    const entry = history.findLast(({ at }) => at <= time) ?? history[0];
    return (entry?.associations ?? []).flatMap((one) => advance(one, time) ?? []);
  }

  /** Returns the states of an association in a period, in the order of time. */
  statesBetween({ workspaceID, applicationID }: AssociationID, from: number, to: number): (string | undefined)[] {
    const changes = (this.#history.get(workspaceID) ?? []).filter(({ at }) => at > from && at <= to);
    return [from, ...changes.flatMap(({ at }) => [at - 1, at]), to].map(
      (at) => this.at(workspaceID, at).find((one) => one.applicationID === applicationID)?.state,
    );
  }
}
