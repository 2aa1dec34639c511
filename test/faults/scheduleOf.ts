import { APPLICATIONS } from './applications.ts';
import { backgroundActions } from './backgroundActivity.ts';
import type { Fault } from './faults.ts';
import { QUEUE_URL } from './fields.ts';
import type { FleetSpec, PolicySpec } from './manifests.ts';
import { drawFaults } from './randomFaults.ts';
import { randomSpec, removalSpec } from './randomSpecs.ts';
import { randomMissingMembers, randomWorkspaces, readyWorkspaces } from './randomWorkspaces.ts';
import { Rng } from './rng.ts';
import { withRolloutSettings } from './rolloutSettings.ts';
import type { Scenario } from './scenarios/draft.ts';
import { SCENARIOS, type ScenarioName, scenarioOf } from './scenarios/index.ts';
import { lastExpiryIn, MINUTE, type Schedule, type ScheduledAction } from './schedule.ts';

/** Length of actions and faults: many runs, or the few minutes in which most changes are made. */
const LONG_MS = 15 * MINUTE;
const SHORT_MS = 8 * MINUTE;

const CONVERGES_WITHIN_MS = 3 * 60 * MINUTE;
/** Every third schedule is made from a scenario, one scenario after the other. */
const SCENARIO_EVERY = 3;
const NAMES = Object.keys(SCENARIOS) as ScenarioName[];

/** Returns the schedule of a seed. */
export function scheduleOf(seed: number): Schedule {
  const rng = new Rng(seed);
  const name = scenarioNameOf(seed);
  return withEvents(
    name === undefined ? randomSchedule(seed, rng) : scenarioSchedule(seed, scenarioOf(name, rng), rng),
  );
}

/** Share of the schedules whose fleet has events. */
const SHARE_WITH_EVENTS = 0.3;
const FORGED_NAMES = ['AssociateWorkspaceApplication', 'DisassociateWorkspaceApplication', 'RebuildWorkspaces'];

/** Adds events to a share of the schedules. They are drawn from their own random stream, so that the rest of a schedule stays the same. */
function withEvents(schedule: Schedule): Schedule {
  const rng = new Rng(schedule.seed ^ 0x6d2b79f5);
  // The events of a scenario are its own. A lost event is found by a requested run, or hours later.
  if (
    schedule.events !== undefined ||
    !schedule.requestsRunsAfterwards ||
    !(rng.chance(SHARE_WITH_EVENTS) || schedule.hasEvents === true)
  ) {
    return schedule;
  }
  const ids = (schedule.fleet.workspaces ?? []).flatMap(({ workspaceID }) => workspaceID ?? []);
  return {
    ...schedule,
    actions: schedule.actions.map(({ at, action }) =>
      action.do === 'Fleet'
        ? { at, action: { ...action, spec: { ...action.spec, events: { queueURL: QUEUE_URL } } } }
        : { at, action },
    ),
    events: {
      lost: rng.one([0, 0.2, 1]),
      duplicated: rng.one([0, 0.5]),
      late: rng.one([0, 0.5, 1]),
      delayMs: rng.one([10_000, 3 * MINUTE, 20 * MINUTE]),
      forged: Array.from({ length: ids.length === 0 ? 0 : rng.number(0, 10) }, () => ({
        at: rng.number(0, schedule.ends),
        name: rng.one(FORGED_NAMES),
        workspaceID: rng.chance(0.2) ? 'ws-forged000' : rng.one(ids),
      })),
      redelivered: rng.one([0, 0.2]),
    },
  };
}

/** Returns the name of the scenario of a seed's schedule. Undefined if the schedule is random. */
function scenarioNameOf(seed: number): ScenarioName | undefined {
  return seed % SCENARIO_EVERY === 0 ? NAMES[(seed / SCENARIO_EVERY) % NAMES.length] : undefined;
}

/** Returns the first seeds of a scenario. */
export function seedsOf(name: ScenarioName, count: number): number[] {
  const first = NAMES.indexOf(name) || NAMES.length;
  return Array.from({ length: count }, (_, index) => (first + index * NAMES.length) * SCENARIO_EVERY);
}

function scenarioSchedule(seed: number, scenario: Scenario, rng: Rng): Schedule {
  const { workspaces, actions, faults, applications = APPLICATIONS, undocumented = {}, ...more } = scenario;
  return {
    seed,
    isQuiet: false,
    ends: endOf(actions, faults),
    convergesWithin: CONVERGES_WITHIN_MS,
    requestsRunsAfterwards: true,
    pageSize: rng.one([2, 25]),
    ...more,
    fleet: {
      applications,
      undocumented,
      workspaces,
      rateLimit: { callsPerSecond: 0 },
      durations: durationsOf(rng),
    },
    actions: [...actions].sort((a, b) => a.at - b.at),
    faults,
  };
}

function durationsOf(rng: Rng) {
  return { pending: '5s', installing: '20s', uninstalling: '20s', removedListed: rng.one(['1s', '1m', '30m']) };
}

function randomSchedule(seed: number, rng: Rng): Schedule {
  const isQuiet = rng.chance(0.5);
  const isDense = seed % 2 === 0;
  const span = isDense ? { first: 6_000, last: 90_000 } : { first: MINUTE, last: LONG_MS - MINUTE };
  const drawn = isDense ? readyWorkspaces(rng) : randomWorkspaces(rng, isQuiet);
  const fleetSpec: FleetSpec = {
    region: 'eu-central-1',
    allowedNamespaces: { from: 'All' },
    rateLimit: { requestsPerMinute: 300, burst: 10 },
    ...(rng.chance(0.2) && { maxDisassociationsPerHour: rng.number(8, 12) }),
    ...(rng.chance(0.1) && { directoryIDs: ['d-0000000001'] }),
    ...(rng.chance(0.1) && {
      allowedNamespaces: { from: 'Selector', selector: { matchLabels: { team: 'desktops' } } },
    }),
  };
  const names = ['first', 'second', 'third'].slice(0, rng.number(1, 3));
  const specs = new Map(names.map((name) => [name, randomSpec(rng, drawn)]));
  if (isDense) {
    names.slice(0, rng.number(1, names.length)).forEach((name) => void specs.set(name, removalSpec(rng)));
  }
  const beginning: ScheduledAction[] = [
    { at: 0, action: { do: 'Label', labels: { team: 'desktops' } } },
    { at: 0, action: { do: 'Fleet', spec: fleetSpec } },
    ...names.map(
      (name): ScheduledAction => ({
        at: isQuiet ? 0 : rng.number(0, 30_000),
        action: { do: 'Apply', name, spec: specs.get(name) as PolicySpec },
      }),
    ),
  ];
  const approvals = [4, 10, 20, 35, 60].map(
    (minute): ScheduledAction => ({ at: minute * MINUTE, action: { do: 'Approve' } }),
  );
  const actionsByOthers = isQuiet ? [] : backgroundActions(rng, drawn, specs, fleetSpec, span);
  const requestsRunsAfterwards = seed % 32 !== 0;
  const all = [...beginning, ...actionsByOthers, ...approvals].sort((a, b) => a.at - b.at);
  const { workspaces, actions } = withRolloutSettings(seed, requestsRunsAfterwards, {
    workspaces: drawn,
    actions: all,
  });
  const faults = drawFaults(rng, span.last);
  return {
    seed,
    isQuiet,
    // The end of a quiet run is compared with a run without faults, so exceptions must have expired by then.
    ends: Math.max(
      isQuiet ? lastExpiryIn(actions) + MINUTE : 0,
      Math.min(isDense ? SHORT_MS : LONG_MS, endOf(actions, faults)),
    ),
    convergesWithin: CONVERGES_WITHIN_MS,
    requestsRunsAfterwards,
    fleet: {
      applications: APPLICATIONS,
      workspaces,
      rateLimit: { callsPerSecond: rng.chance(0.2) ? 4 : 0, burst: 10 },
      durations: durationsOf(rng),
    },
    ...(rng.chance(0.15) && { missingMembers: randomMissingMembers(rng, workspaces) }),
    pageSize: rng.one([2, 3, 25]),
    actions,
    faults,
  };
}

/**
 * Returns the end of the actions and faults, without late approvals. A crash counts as four minutes, because its
 * time is unknown.
 */
function endOf(actions: readonly ScheduledAction[], faults: readonly Fault[]): number {
  const actionsByOthers = actions.filter(({ action }) => action.do !== 'Approve').map(({ at }) => at);
  const ends = faults.map(({ kind, at, for: length }) => (kind === 'Crash' ? 4 * MINUTE : at + length));
  return Math.max(2 * MINUTE, lastExpiryIn(actions), ...actionsByOthers, ...ends) + MINUTE;
}
