import type { Clock } from '../../clock.ts';
import { observe } from '../../observe.ts';
import type { FleetRunContext } from '../../run.ts';
import type { FleetName, FleetStore } from '../fleetStore.ts';
import type { OwnedFleet } from '../ownership/ownedFleet.ts';
import type { PolicyController } from '../policyController.ts';
import type { PolicyStore } from '../policyStore.ts';
import type { EventHost } from './eventHost.ts';

export interface EventHostParts {
  readonly fleetStore: Pick<FleetStore, 'get' | 'of' | 'queueReader'>;
  readonly policyStore: Pick<PolicyStore, 'valid' | 'admitted' | 'overlapping' | 'inScope'>;
  /** Returns the fleet if this replica owns it. */
  readonly owned: () => Pick<OwnedFleet, 'holdsScopeLease'> | undefined;
  /** Returns the context of runs in the fleet. Undefined while the fleet can't be used. */
  readonly context: () => FleetRunContext | undefined;
  readonly policies: () => Pick<PolicyController, 'onWorkspacesRead' | 'onFleetRead'>;
  /** Called when the events of the fleet start or stop to arrive. */
  readonly onStateChanged: () => void;
  readonly clock: Clock;
}

/** Returns what the events of a fleet need of the operator. */
export function createEventHost(
  name: FleetName,
  { fleetStore, policyStore, owned, context, policies, onStateChanged, clock }: EventHostParts,
): EventHost {
  const keys = () =>
    policyStore.valid().flatMap((policy) => (fleetStore.of(policy)?.name === name ? [policy.key] : []));
  const readAll = async (notBefore: Date): Promise<boolean> => {
    for (const policy of keys().flatMap((key) => policyStore.admitted(key) ?? [])) {
      const run = context();
      if (run === undefined) {
        return false;
      }
      const { inventory, history } = run;
      const peers = {
        policiesOverlapping: () => policyStore.overlapping(policy),
        policiesInScope: () => policyStore.inScope(policy),
      };
      const { blocker } = await observe({ policy, ...peers, inventory, history, clock }, {}, notBefore);
      if (blocker !== undefined) {
        return false;
      }
    }
    return true;
  };
  return {
    isActive: () => owned()?.holdsScopeLease === true,
    otherQueueReader: () => {
      const fleet = fleetStore.get(name);
      const queue = fleet !== undefined && 'events' in fleet ? fleet.events?.queue : undefined;
      const reader = queue === undefined ? undefined : fleetStore.queueReader(queue);
      return reader === name ? undefined : reader;
    },
    policyKeys: keys,
    readAll,
    enqueue: (workspaces) => policies().onWorkspacesRead(name, workspaces),
    enqueueAll: () => policies().onFleetRead(name),
    onStateChanged: () => {
      onStateChanged();
      policies().onFleetRead(name);
    },
  };
}
