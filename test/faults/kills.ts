import type { WorkspaceDocument } from '../../src/simulator/seedDocument.ts';
import { differencesBetween } from './check.ts';
import { APPLICATIONS, type Happening, MINUTE, type Schedule } from './schedule.ts';
import { type Run, simulate } from './simulation.ts';
import type { Violation } from './watcher.ts';

const [VISIO, OFFICE] = APPLICATIONS;
const TEN = Array.from({ length: 10 }, (_, index) => `ws-${String(index + 1).padStart(8, '0')}`);

/** Ten WorkSpaces of which each has something to lose, every other something to gain as well, and one is protected. */
function scenario(boundary?: number): Schedule {
  const workspaces = TEN.map(
    (workspaceID, index): WorkspaceDocument => ({
      workspaceID,
      userName: `user${index + 1}`,
      directoryID: 'd-0000000001',
      bundleID: 'wsb-00000001',
      connection: 'DISCONNECTED',
      tags: index === 9 ? { 'wsap.dev/protect': '' } : {},
      applications: [VISIO.applicationID, ...(index % 2 === 0 ? [OFFICE.applicationID] : [])],
    }),
  );
  const spec = {
    fleetRef: { name: 'emea' },
    enforcement: 'Enforce',
    interval: '1m',
    workspaceSelector: { all: true },
    applications: { denied: [{ id: VISIO.applicationID }], required: [{ id: OFFICE.applicationID }] },
    rollout: { maxInProgress: 4 },
    safeguards: { maxAffectedWorkspaces: '100%' },
  };
  const happenings: Happening[] = [
    { at: 0, act: { do: 'Label', labels: {} } },
    {
      at: 0,
      act: {
        do: 'Fleet',
        spec: {
          region: 'eu-central-1',
          rateLimit: { requestsPerMinute: 300, burst: 10 },
          maxDisassociationsPerHour: 50,
        },
      },
    },
    { at: 0, act: { do: 'Apply', name: 'story', spec } },
  ];
  return {
    seed: 10,
    isQuiet: true,
    ends: 8 * MINUTE,
    doneWithin: 30 * MINUTE,
    asksAfterwards: true,
    fleet: {
      applications: APPLICATIONS,
      workspaces,
      rateLimit: { callsPerSecond: 0 },
      durations: { pending: '5s', installing: '20s', uninstalling: '20s', removedListed: '1m' },
    },
    pageSize: 3,
    happenings,
    faults: boundary === undefined ? [] : [{ kind: 'Crash', at: 0, for: 1, rate: 1, amount: boundary }],
  };
}

/** The story without a kill. */
export function undisturbed(): Promise<Run> {
  return simulate(scenario(), 'Outcome');
}

/** What is broken when the process is killed at a boundary of the story. */
export async function killedAt(boundary: number, expected: Run): Promise<Violation[]> {
  const run = await simulate(scenario(boundary), 'Outcome');
  return [...run.violations, ...differencesBetween(run, expected)];
}
