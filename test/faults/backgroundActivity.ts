import type { WorkspaceDocument } from '../../src/simulator/seedDocument.ts';
import { APPLICATIONS } from './applications.ts';
import { type FleetSpec, INVALID_INTERVAL, type PolicySpec } from './manifests.ts';
import { editedSpec, reversedSpec } from './randomSpecs.ts';
import type { Rng } from './rng.ts';
import { type Action, MINUTE, type ScheduledAction } from './schedule.ts';

/**
 * Draws actions by users and AWS between `span.first` and `span.last` (ms). Updates `specs` with the specs that
 * it applies.
 */
export function backgroundActions(
  rng: Rng,
  workspaces: readonly WorkspaceDocument[],
  specs: Map<string, PolicySpec>,
  fleetSpec: FleetSpec,
  span: { readonly first: number; readonly last: number },
): ScheduledAction[] {
  const actions: ScheduledAction[] = [];
  const names = [...specs.keys()];
  for (let index = 0, count = rng.number(3, 14); index < count; index++) {
    const at = rng.number(span.first, span.last);
    const later = at + rng.number(1_000, Math.min(span.last, 5 * MINUTE));
    const workspaceID = rng.one(workspaces).workspaceID;
    const { applicationID } = rng.one(APPLICATIONS);
    const name = rng.one(names);
    const spec = specs.get(name) as PolicySpec;
    const add = (time: number, action: Action) => actions.push({ at: time, action });
    const changeAndBack = (changed: PolicySpec) => {
      add(at, { do: 'Apply', name, spec: changed });
      add(later, { do: 'Apply', name, spec });
    };
    rng.one<() => void>([
      () => add(at, { do: 'Associate', workspaceID, applicationID }),
      () => add(at, { do: 'Disassociate', workspaceID, applicationID }),
      () => add(at, { do: 'Deploy', workspaceID }),
      () => add(at, { do: 'Rebuild', workspaceID }),
      () => add(at, { do: 'Rebuild', workspaceID }),
      () =>
        [0, 3, 6, 9].forEach(
          (minutes) => void add(Math.floor(at / 2) + minutes * MINUTE, { do: 'Rebuild', workspaceID }),
        ),
      () => add(at, { do: 'Terminate', workspaceID }),
      () => add(at, { do: 'Migrate', workspaceID, newID: `ws-1000000${index}` }),
      () => {
        add(at, { do: 'State', workspaceID, state: rng.one(['MAINTENANCE', 'ERROR', 'STOPPED', 'SUSPENDED']) });
        add(later, { do: 'State', workspaceID, state: 'AVAILABLE' });
      },
      () => {
        add(at, { do: 'Protect', workspaceID });
        if (rng.chance(0.5)) {
          add(later, { do: 'Unprotect', workspaceID });
        }
      },
      () => {
        add(at, { do: 'Connection', workspaceID, connection: 'CONNECTED' });
        add(later, { do: 'Connection', workspaceID, connection: 'DISCONNECTED' });
      },
      () => changeAndBack(editedSpec(rng, workspaces, spec)),
      () => {
        const reversed = reversedSpec(rng, spec);
        add(at, { do: 'Apply', name, spec: reversed });
        if (rng.chance(0.5)) {
          add(later, { do: 'Apply', name, spec });
        } else {
          specs.set(name, reversed);
        }
      },
      () => changeAndBack(reversedSpec(rng, spec)),
      () => {
        add(at, { do: 'Backup' });
        add(later, { do: 'Restore', name, withStatus: rng.chance(0.5) });
      },
      () => {
        add(at, { do: 'Backup' });
        add(later, { do: 'ApproveFromBackup', name });
      },
      () => changeAndBack({ ...spec, suspend: true }),
      () => changeAndBack({ ...spec, interval: INVALID_INTERVAL }),
      () => {
        const changed = editedSpec(rng, workspaces, spec);
        specs.set(name, changed);
        add(at, { do: 'Apply', name, spec: changed });
      },
      () => {
        add(at, { do: 'Delete', name });
        add(later, { do: 'Apply', name, spec });
      },
      () => add(at, { do: 'Request', name }),
      () => {
        add(at, { do: 'Fleet', spec: { ...fleetSpec, suspend: true } });
        add(later, { do: 'Fleet', spec: fleetSpec });
      },
      () => {
        const changed = rng.one<Partial<FleetSpec>>([
          { directoryIDs: ['d-0000000002'] },
          { exceptions: 'Forbid' },
          { rateLimit: { requestsPerMinute: 180, burst: 5 } },
          { allowedNamespaces: { from: 'Selector', selector: { matchLabels: { team: 'others' } } } },
        ]);
        add(at, { do: 'Fleet', spec: { ...fleetSpec, ...changed } });
        add(later, { do: 'Fleet', spec: fleetSpec });
      },
      () => {
        add(at, { do: 'Label', labels: { team: 'nobody' } });
        add(later, { do: 'Label', labels: { team: 'desktops' } });
      },
    ])();
  }
  for (const { workspaceID, tags = {} } of workspaces) {
    if ('wsap.dev/protect' in tags && rng.chance(0.5)) {
      actions.push({ at: rng.number(span.first, span.last), action: { do: 'Unprotect', workspaceID } });
    }
  }
  if (rng.chance(0.15)) {
    actions.push({ at: span.last, action: { do: 'Delete', name: rng.one(names) } });
  }
  return actions;
}
