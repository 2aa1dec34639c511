import type { Application, Association, Workspace } from '../../src/fleet/model.ts';
import type { ChangeOperation } from '../../src/inventory/transitions.ts';
import { type Attempt, attemptKey, circumstancesOf } from '../../src/plan/backoff.ts';
import { type Finding, isRevert, type Plan } from '../../src/plan/plan.ts';
import { NO_ROLLOUT, type RolloutRecord, rolloutProgress } from '../../src/plan/rollout.ts';
import type { Policy } from '../../src/policy/policy.ts';
import type { WorkspaceApplicationPolicy } from '../../src/policy/resource.gen.ts';
import { complete } from '../../src/slices.ts';
import {
  APPLICATIONS,
  association,
  holdContext,
  NO_HISTORY,
  NO_LIMITS,
  NOTHING_STARTED,
  policy,
  snapshot,
  VISIO,
  workspace,
  ws,
} from '../builders.ts';
import { planChanges, withHolds } from '../completed.ts';
import { NOW } from '../fixtures.ts';

type Spec = WorkspaceApplicationPolicy['spec'];

/** Inputs of a plan for Visio on the first of four WorkSpaces. The others have only the associations in `moreAssociations`. */
export interface Situation {
  readonly spec: Partial<Spec>;
  readonly others: readonly Policy[];
  /** Association of Visio with the WorkSpace. Undefined if there is none. */
  readonly association: Partial<Association> | undefined;
  readonly failed: ChangeOperation | undefined;
  /** Whether the operator began the pending change of the association. */
  readonly isBegun: boolean;
  readonly workspace: Partial<Workspace>;
  readonly application: Partial<Application>;
  readonly moreApplications: readonly Application[];
  readonly moreAssociations: readonly Association[];
  /** Last attempt at the change. If `refusedIn` is set, it is replaced by the current circumstances. */
  readonly attempt: Partial<Attempt> | undefined;
  /** Times of recent removals of Visio. */
  readonly removals: readonly Date[];
  /** Whether the fleet is suspended. */
  readonly fleetSuspended: boolean;
  /** Remaining disassociations of the fleet within this hour. Undefined for no limit. */
  readonly hourlyLeft: number | undefined;
}

const PLAIN: Situation = {
  spec: {},
  others: [],
  association: undefined,
  failed: undefined,
  isBegun: false,
  workspace: {},
  application: {},
  moreApplications: [],
  moreAssociations: [],
  attempt: undefined,
  removals: [],
  fleetSuspended: false,
  hourlyLeft: undefined,
};

/** Returns the change of Visio on the WorkSpace, or the reason why there is none. */
export function resultOf(situation: Situation): string {
  const { changes, held, findings } = planOf(situation);
  const isOnFirst = ({ workspace }: Finding) => workspace.workspaceID === ws(1);
  const change = changes.find((candidate) => isOnFirst(candidate.finding));
  const holding = held.find((candidate) => isOnFirst(candidate.change.finding));
  const finding = findings.find(isOnFirst);
  if (change !== undefined && isRevert(change.finding)) {
    return 'Revert';
  }
  if (change !== undefined) {
    return change.force ? `${change.action} (Force)` : change.action;
  }
  if (finding?.unrequested === 'Unmanaged') {
    return 'show';
  }
  return holding?.reason ?? { Wait: 'wait', NeedsIntervention: 'manual' }[finding?.step?.kind as string] ?? '-';
}

/** Rollout of which a deployment has succeeded. */
const PROVEN: RolloutRecord = {
  ...NO_ROLLOUT,
  isOpen: true,
  canarySucceeded: true,
  baseline: { newest: undefined, isResumed: false },
};

function planOf({
  spec,
  others,
  failed,
  isBegun,
  attempt,
  removals,
  fleetSuspended,
  hourlyLeft,
  ...given
}: Situation): Plan {
  const first = policy('p', spec);
  const applications = APPLICATIONS.map((application) =>
    application.applicationID === VISIO ? { ...application, ...given.application } : application,
  );
  const fleet = {
    ...snapshot(
      [workspace(ws(1), given.workspace), ...[2, 3, 4].map((n) => workspace(ws(n)))],
      [
        ...(given.association === undefined ? [] : [association(ws(1), VISIO, given.association)]),
        ...given.moreAssociations,
      ],
      [...applications, ...given.moreApplications],
    ),
    failedOperation: () => failed,
  };
  const plan = planChanges(first, [first, ...others], fleet, NOW, {
    started: { ...NOTHING_STARTED, isStartedBy: () => isBegun, isStarted: () => isBegun },
    peers: [first, ...others],
  });
  const backoff = new Map(
    plan.changes.map((change) => [
      attemptKey(first, change),
      attempt && {
        ...attempt,
        ...(attempt.refusedIn === undefined ? {} : { refusedIn: circumstancesOf([change], first) }),
      },
    ]),
  );
  return withHolds(
    plan,
    holdContext(plan, {
      policy: first,
      snapshot: fleet,
      now: NOW,
      history: {
        ...NO_HISTORY,
        backoff: backoff as ReadonlyMap<string, Attempt>,
        removals: { size: 1, timesOf: () => removals.map((time) => time.getTime()) },
      },
      limits: { ...NO_LIMITS, suspend: fleetSuspended },
      rollout: complete(rolloutProgress(plan, first, PROVEN, NO_HISTORY, NOW)),
      quota: { limit: hourlyLeft, left: () => hourlyLeft ?? Number.POSITIVE_INFINITY, replenishesAt: () => undefined },
    }),
  );
}

/** Merges situations: concatenates lists, merges objects, and takes the last of single values. */
export function combine(...situations: readonly Partial<Situation>[]): Situation {
  return situations.reduce<Situation>((before, more) => merge(before, more) as Situation, PLAIN);
}

function merge(before: unknown, more: unknown): unknown {
  if (Array.isArray(before) && Array.isArray(more)) {
    return [...before, ...more];
  }
  if (isPlain(before) && isPlain(more)) {
    const keys = new Set([...Object.keys(before), ...Object.keys(more)]);
    return Object.fromEntries([...keys].map((key) => [key, key in more ? merge(before[key], more[key]) : before[key]]));
  }
  return more;
}

function isPlain(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === Object.prototype;
}
