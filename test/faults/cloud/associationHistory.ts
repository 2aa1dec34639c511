import { advance, type SimulatedAssociation } from '../../../src/simulator/lifecycle.ts';
import type { SimulatedWorkspace } from '../../../src/simulator/simulatedFleet.ts';

/** How each WorkSpace's associations were at any time. Times are in milliseconds since the epoch. */
export class AssociationHistory {
  /** By WorkSpace, from when on they were so, as far as time alone changed nothing. */
  readonly #history = new Map<
    string,
    { readonly at: number; readonly associations: readonly SimulatedAssociation[] }[]
  >();

  /** Takes down what has changed by now. */
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

  /** How a WorkSpace's associations were at a time; before the first record, as in it. */
  at(workspaceID: string, time: number): SimulatedAssociation[] {
    const history = this.#history.get(workspaceID) ?? [];
    const entry = history.findLast(({ at }) => at <= time) ?? history[0];
    return (entry?.associations ?? []).flatMap((one) => advance(one, time) ?? []);
  }
}
