import type { WorkspaceDocument } from '../../src/simulator/seedDocument.ts';
import { APPLICATIONS, OFFICE, VISIO } from './applications.ts';
import { differencesBetween } from './check.ts';
import { MINUTE, type Schedule, type ScheduledAction } from './schedule.ts';
import { type Run, simulate } from './simulation.ts';
import type { Violation } from './violation.ts';

const WORKSPACE_IDS = Array.from({ length: 10 }, (_, index) => `ws-${String(index + 1).padStart(8, '0')}`);

/**
 * Returns the schedule of the kills: ten WorkSpaces with one application to remove each, every other one with
 * one to install, the last one protected.
 */
function killSchedule(boundary?: number): Schedule {
  const workspaces = WORKSPACE_IDS.map(
    (workspaceID, index): WorkspaceDocument => ({
      workspaceID,
      userName: `user${index + 1}`,
      directoryID: 'd-0000000001',
      bundleID: 'wsb-00000001',
      connection: 'DISCONNECTED',
      tags: index === 9 ? { 'wsap.dev/protect': '' } : {},
      applications: [VISIO.id, ...(index % 2 === 0 ? [OFFICE.id] : [])],
    }),
  );
  const spec = {
    fleetRef: { name: 'emea' },
    enforcement: 'Enforce',
    interval: '1m',
    workspaceSelector: { all: true },
    applications: { denied: [VISIO], required: [OFFICE] },
    rollout: { maxInProgress: 4, maxFailures: '30%' },
    safeguards: { maxAffectedWorkspaces: '100%' },
  };
  const actions: ScheduledAction[] = [
    { at: 0, action: { do: 'Label', labels: {} } },
    {
      at: 0,
      action: {
        do: 'Fleet',
        spec: {
          region: 'eu-central-1',
          allowedNamespaces: { from: 'All' },
          rateLimit: { requestsPerMinute: 300, burst: 10 },
          maxDisassociationsPerHour: 50,
        },
      },
    },
    { at: 0, action: { do: 'Apply', name: 'first', spec } },
  ];
  return {
    seed: 10,
    isQuiet: true,
    ends: 8 * MINUTE,
    convergesWithin: 30 * MINUTE,
    requestsRunsAfterwards: true,
    fleet: {
      applications: APPLICATIONS,
      workspaces,
      rateLimit: { callsPerSecond: 0 },
      durations: { pending: '5s', installing: '20s', uninstalling: '20s', removedListed: '1m' },
    },
    pageSize: 3,
    actions,
    faults: boundary === undefined ? [] : [{ kind: 'Crash', at: 0, for: 1, rate: 1, amount: boundary }],
  };
}

/** Runs the schedule without a kill. */
export function runWithoutKill(): Promise<Run> {
  return simulate(killSchedule(), 'Convergence');
}

/** Returns the violations of a run in which the process is killed at a boundary. */
export async function violationsWhenKilledAt(boundary: number, expected: Run): Promise<Violation[]> {
  const run = await simulate(killSchedule(boundary), 'Convergence');
  return [...run.violations, ...differencesBetween(run, expected)];
}
