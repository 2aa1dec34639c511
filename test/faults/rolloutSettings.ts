import type { WorkspaceDocument } from '../../src/simulator/seedDocument.ts';
import { Rng } from './rng.ts';
import type { ScheduledAction } from './schedule.ts';

/** Added to the seed of a schedule, so that these settings don't change what the schedule draws otherwise. */
const SEED_OFFSET = 900_000_000;
/** Like `SEED_OFFSET`, for the policies that remove applications at the end of the month. */
const REMOVE_BEFORE_OFFSET = 910_000_000;

/** Parts of a random schedule that affect users. */
interface Drawn {
  readonly workspaces: readonly WorkspaceDocument[];
  readonly actions: readonly ScheduledAction[];
}

/**
 * Draws how long each policy waits for users and how many deployments may fail, and what AWS knows of the connections. All versions of a
 * policy have the same settings.
 *
 * @param areHaltsResumed whether a person resumes a halted rollout
 */
export function withRolloutSettings(seed: number, areHaltsResumed: boolean, { workspaces, actions }: Drawn): Drawn {
  const rng = new Rng(seed + SEED_OFFSET);
  const removing = new Rng(seed + REMOVE_BEFORE_OFFSET);
  const settings = new Map(
    ['first', 'second', 'third'].map((name) => [
      name,
      {
        ...(removing.chance(0.06) && { removeBefore: 'EndOfMonth' }),
        disconnectedFor: rng.one(['0s', '30s', '2m', '10m', '1h']),
        maxFailures: rng.one(['100%', '100%', 1, 2, '30%']),
      },
    ]),
  );
  const settingsOf = (name: string) => {
    const drawn = settings.get(name) ?? {};
    return areHaltsResumed ? drawn : { ...drawn, maxFailures: '100%' };
  };
  return {
    workspaces: workspaces.map((workspace) => ({
      ...workspace,
      ...(rng.chance(0.3) && { lastConnectedAgo: rng.one(['10s', '1m', '5m', '2h']) }),
      ...(rng.chance(0.08) && { connectionCheckedAgo: rng.one(['never', '45m']) }),
      ...(rng.chance(0.04) && { runningMode: 'MANUAL' }),
    })),
    actions: actions.map(({ at, action }) => ({
      at,
      action:
        action.do === 'Apply'
          ? { ...action, spec: { ...action.spec, rollout: { ...action.spec.rollout, ...settingsOf(action.name) } } }
          : action,
    })),
  };
}
