import { lively } from './backgroundActivity.ts';
import { faultsOf } from './faultPlan.ts';
import type { Fault } from './faults.ts';
import { readyWorkspaces, workspacesOf } from './fleets.ts';
import type { FleetSpec, PolicySpec } from './manifests.ts';
import { Rng } from './rng.ts';
import type { Scenario } from './scenarios/draft.ts';
import { type ScenarioName, STORIES, storyOf } from './scenarios/index.ts';
import { APPLICATIONS, type Happening, lastExpiry, MINUTE, type Schedule } from './schedule.ts';
import { plainSpec, policySpec } from './specs.ts';

/** How long people act and faults are at work: through many runs, or through the few minutes in which most changes are made. */
const LONG = 15 * MINUTE;
const SHORT = 8 * MINUTE;

const DONE_WITHIN = 3 * 60 * MINUTE;
/** Every third schedule is aimed at one rule, one rule after the other. */
const AIMED_EVERY = 3;
const NAMES = Object.keys(STORIES) as ScenarioName[];

/** The schedule of a seed. */
export function scheduleOf(seed: number): Schedule {
  const rng = new Rng(seed);
  const name = storyNameOf(seed);
  return name === undefined ? anySchedule(seed, rng) : aimedSchedule(seed, storyOf(name, rng), rng);
}

/** The story of which a seed's schedule is; undefined if it is of none. */
export function storyNameOf(seed: number): ScenarioName | undefined {
  return seed % AIMED_EVERY === 0 ? NAMES[(seed / AIMED_EVERY) % NAMES.length] : undefined;
}

/** The first seeds of a story. */
export function seedsOf(name: ScenarioName, count: number): number[] {
  const first = NAMES.indexOf(name) || NAMES.length;
  return Array.from({ length: count }, (_, index) => (first + index * NAMES.length) * AIMED_EVERY);
}

function aimedSchedule(seed: number, scenario: Scenario, rng: Rng): Schedule {
  const { workspaces, happenings, faults, ...more } = scenario;
  return {
    seed,
    isQuiet: false,
    ends: endOf(happenings, faults),
    doneWithin: DONE_WITHIN,
    asksAfterwards: true,
    pageSize: rng.one([2, 25]),
    ...more,
    fleet: {
      applications: APPLICATIONS,
      workspaces,
      rateLimit: { callsPerSecond: 0 },
      durations: durationsOf(rng),
    },
    happenings: [...happenings].sort((a, b) => a.at - b.at),
    faults,
  };
}

function durationsOf(rng: Rng) {
  return { pending: '5s', installing: '20s', uninstalling: '20s', removedListed: rng.one(['1s', '1m', '30m']) };
}

function anySchedule(seed: number, rng: Rng): Schedule {
  const isQuiet = rng.chance(0.5);
  const isDense = seed % 2 === 0;
  const span = isDense ? { first: 6_000, last: 90_000 } : { first: MINUTE, last: LONG - MINUTE };
  const workspaces = isDense ? readyWorkspaces(rng) : workspacesOf(rng, isQuiet);
  const fleetSpec: FleetSpec = {
    region: 'eu-central-1',
    rateLimit: { requestsPerMinute: 300, burst: 10 },
    ...(rng.chance(0.2) && { maxDisassociationsPerHour: rng.number(8, 12) }),
    ...(rng.chance(0.1) && { directoryIDs: ['d-0000000001'] }),
    ...(rng.chance(0.1) && {
      allowedNamespaces: { from: 'Selector', selector: { matchLabels: { team: 'desktops' } } },
    }),
  };
  const names = ['first', 'second', 'third'].slice(0, rng.number(1, 3));
  const specs = new Map(names.map((name) => [name, policySpec(rng, workspaces)]));
  if (isDense) {
    names.slice(0, rng.number(1, names.length)).forEach((name) => void specs.set(name, plainSpec(rng)));
  }
  const beginning: Happening[] = [
    { at: 0, act: { do: 'Label', labels: { team: 'desktops' } } },
    { at: 0, act: { do: 'Fleet', spec: fleetSpec } },
    ...names.map(
      (name): Happening => ({
        at: isQuiet ? 0 : rng.number(0, 30_000),
        act: { do: 'Apply', name, spec: specs.get(name) as PolicySpec },
      }),
    ),
  ];
  const approvals = [4, 10, 20, 35, 60].map((minute): Happening => ({ at: minute * MINUTE, act: { do: 'Approve' } }));
  const acts = isQuiet ? [] : lively(rng, workspaces, specs, fleetSpec, span);
  const happenings = [...beginning, ...acts, ...approvals].sort((a, b) => a.at - b.at);
  const faults = faultsOf(rng, span.last);
  return {
    seed,
    isQuiet,
    // The end of a quiet one is compared, and what is excepted until then isn't done before.
    ends: Math.max(
      isQuiet ? lastExpiry(happenings) + MINUTE : 0,
      Math.min(isDense ? SHORT : LONG, endOf(happenings, faults)),
    ),
    doneWithin: DONE_WITHIN,
    asksAfterwards: seed % 32 !== 0,
    fleet: {
      applications: APPLICATIONS,
      workspaces,
      rateLimit: { callsPerSecond: rng.chance(0.2) ? 4 : 0, burst: 10 },
      durations: durationsOf(rng),
    },
    pageSize: rng.one([2, 3, 25]),
    happenings,
    faults,
  };
}

/** When people have acted and the faults are over, but for the approvals that come later, and a crash of which nobody knows when it comes. */
function endOf(happenings: readonly Happening[], faults: readonly Fault[]): number {
  const acts = happenings.filter(({ act }) => act.do !== 'Approve').map(({ at }) => at);
  const ends = faults.map(({ kind, at, for: length }) => (kind === 'Crash' ? 4 * MINUTE : at + length));
  return Math.max(2 * MINUTE, lastExpiry(happenings), ...acts, ...ends) + MINUTE;
}
