import { Dice } from './dice.ts';
import { lively } from './everyday.ts';
import { faultsOf } from './faultPlan.ts';
import type { Fault } from './faults.ts';
import { readyWorkspaces, workspacesOf } from './fleets.ts';
import type { FleetSpec, PolicySpec } from './manifests.ts';
import { APPLICATIONS, type Happening, lastExpiry, MINUTE, type Schedule } from './schedule.ts';
import { plainSpec, policySpec } from './specs.ts';
import type { Story } from './stories/draft.ts';
import { STORIES, type StoryName, storyOf } from './stories/index.ts';

/** How long people act and faults are at work: through many runs, or through the few minutes in which most changes are made. */
const LONG = 15 * MINUTE;
const SHORT = 8 * MINUTE;

const DONE_WITHIN = 3 * 60 * MINUTE;
/** Every third schedule is aimed at one rule, one rule after the other. */
const AIMED_EVERY = 3;
const NAMES = Object.keys(STORIES) as StoryName[];

/** The schedule of a seed. */
export function scheduleOf(seed: number): Schedule {
  const dice = new Dice(seed);
  const name = storyNameOf(seed);
  return name === undefined ? anySchedule(seed, dice) : aimedSchedule(seed, storyOf(name, dice), dice);
}

/** The story of which a seed's schedule is; undefined if it is of none. */
export function storyNameOf(seed: number): StoryName | undefined {
  return seed % AIMED_EVERY === 0 ? NAMES[(seed / AIMED_EVERY) % NAMES.length] : undefined;
}

/** The first seeds of a story. */
export function seedsOf(name: StoryName, count: number): number[] {
  const first = NAMES.indexOf(name) || NAMES.length;
  return Array.from({ length: count }, (_, index) => (first + index * NAMES.length) * AIMED_EVERY);
}

function aimedSchedule(seed: number, story: Story, dice: Dice): Schedule {
  const { workspaces, happenings, faults, ...more } = story;
  return {
    seed,
    isQuiet: false,
    ends: endOf(happenings, faults),
    doneWithin: DONE_WITHIN,
    asksAfterwards: true,
    pageSize: dice.one([2, 25]),
    ...more,
    fleet: {
      applications: APPLICATIONS,
      workspaces,
      rateLimit: { callsPerSecond: 0 },
      durations: durationsOf(dice),
    },
    happenings: [...happenings].sort((a, b) => a.at - b.at),
    faults,
  };
}

function durationsOf(dice: Dice) {
  return { pending: '5s', installing: '20s', uninstalling: '20s', removedListed: dice.one(['1s', '1m', '30m']) };
}

function anySchedule(seed: number, dice: Dice): Schedule {
  const isQuiet = dice.chance(0.5);
  const isDense = seed % 2 === 0;
  const span = isDense ? { first: 6_000, last: 90_000 } : { first: MINUTE, last: LONG - MINUTE };
  const workspaces = isDense ? readyWorkspaces(dice) : workspacesOf(dice, isQuiet);
  const fleetSpec: FleetSpec = {
    region: 'eu-central-1',
    rateLimit: { requestsPerMinute: 300, burst: 10 },
    ...(dice.chance(0.2) && { maxDisassociationsPerHour: dice.number(8, 12) }),
    ...(dice.chance(0.1) && { directoryIDs: ['d-0000000001'] }),
    ...(dice.chance(0.1) && {
      allowedNamespaces: { from: 'Selector', selector: { matchLabels: { team: 'desktops' } } },
    }),
  };
  const names = ['first', 'second', 'third'].slice(0, dice.number(1, 3));
  const specs = new Map(names.map((name) => [name, policySpec(dice, workspaces)]));
  if (isDense) {
    names.slice(0, dice.number(1, names.length)).forEach((name) => void specs.set(name, plainSpec(dice)));
  }
  const beginning: Happening[] = [
    { at: 0, act: { do: 'Label', labels: { team: 'desktops' } } },
    { at: 0, act: { do: 'Fleet', spec: fleetSpec } },
    ...names.map(
      (name): Happening => ({
        at: isQuiet ? 0 : dice.number(0, 30_000),
        act: { do: 'Apply', name, spec: specs.get(name) as PolicySpec },
      }),
    ),
  ];
  const approvals = [4, 10, 20, 35, 60].map((minute): Happening => ({ at: minute * MINUTE, act: { do: 'Approve' } }));
  const acts = isQuiet ? [] : lively(dice, workspaces, specs, fleetSpec, span);
  const happenings = [...beginning, ...acts, ...approvals].sort((a, b) => a.at - b.at);
  const faults = faultsOf(dice, span.last);
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
      rateLimit: { callsPerSecond: dice.chance(0.2) ? 4 : 0, burst: 10 },
      durations: durationsOf(dice),
    },
    pageSize: dice.one([2, 3, 25]),
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
