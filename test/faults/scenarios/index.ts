import type { Rng } from '../rng.ts';
import { OF_ANSWERS } from './answers.ts';
import { OF_DESKTOPS } from './desktops.ts';
import { Draft, type Scenario } from './draft.ts';
import { OF_FLEETS } from './fleets.ts';
import { OF_LIMITS } from './limits.ts';
import { OF_POLICIES } from './policies.ts';
import { OF_PROCESSES } from './processes.ts';

/** Schedules that are aimed at one rule each, by what they are about. */
export const STORIES = {
  ...OF_PROCESSES,
  ...OF_ANSWERS,
  ...OF_POLICIES,
  ...OF_LIMITS,
  ...OF_FLEETS,
  ...OF_DESKTOPS,
};

export type ScenarioName = keyof typeof STORIES;

/** A schedule that is aimed at one rule. */
export function storyOf(name: ScenarioName, rng: Rng): Scenario {
  return STORIES[name](new Draft(rng));
}
