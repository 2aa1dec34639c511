import type { Application, Association, Workspace } from '../../src/fleet/model.ts';
import type { ChangeOperation } from '../../src/inventory/transitions.ts';
import { advanceApproval } from '../../src/plan/approval.ts';
import { type Attempt, attemptKey, circumstancesOf } from '../../src/plan/backoff.ts';
import { applyHolds } from '../../src/plan/holds/index.ts';
import { type Plan, planChanges } from '../../src/plan/plan.ts';
import type { Policy } from '../../src/policy/policy.ts';
import type { WorkspaceApplicationPolicy } from '../../src/policy/resource.gen.ts';
import {
  APPLICATIONS,
  association,
  NO_LIMITS,
  NOT_APPROVED,
  policy,
  snapshot,
  VISIO,
  workspace,
  ws,
} from '../builders.ts';

export const NOW = new Date('2026-11-02T12:00:00Z');

type Spec = WorkspaceApplicationPolicy['spec'];

/** What a plan for Visio on one WorkSpace of four rests on; the other three have nothing but what is said. */
export interface Situation {
  readonly spec: Partial<Spec>;
  readonly others: readonly Policy[];
  /** Of Visio on the WorkSpace; undefined where there is none. */
  readonly association: Partial<Association> | undefined;
  readonly failed: ChangeOperation | undefined;
  readonly workspace: Partial<Workspace>;
  readonly application: Partial<Application>;
  readonly moreApplications: readonly Application[];
  readonly moreAssociations: readonly Association[];
  /** What came of the last attempt at the change; `refusedIn` stands for the circumstances that there are now. */
  readonly attempt: Partial<Attempt> | undefined;
  /** When Visio was removed lately. */
  readonly removals: readonly Date[];
  /** Whether the fleet is suspended. */
  readonly fleetSuspended: boolean;
  /** How many disassociations the fleet still allows this hour; undefined: any number. */
  readonly hourlyLeft: number | undefined;
}

const PLAIN: Situation = {
  spec: {},
  others: [],
  association: undefined,
  failed: undefined,
  workspace: {},
  application: {},
  moreApplications: [],
  moreAssociations: [],
  attempt: undefined,
  removals: [],
  fleetSuspended: false,
  hourlyLeft: undefined,
};

/** The guarded plan of that, as far as it is about Visio on the WorkSpace: what is changed, or why it isn't. */
export function resultOf(situation: Situation): string {
  const { changes, held, findings } = planOf(situation);
  const isMeant = ({ finding }: Plan['changes'][number]) => finding.workspace.workspaceID === ws(1);
  const change = changes.find(isMeant);
  const holding = held.find((one) => isMeant(one.change));
  const finding = findings.find((one) => isMeant({ finding: one, action: 'Deploy', force: false }));
  if (change !== undefined) {
    return change.force ? `${change.action} (Force)` : change.action;
  }
  return holding?.reason ?? { Wait: 'wait', NeedsIntervention: 'manual' }[finding?.step?.kind as string] ?? '-';
}

function planOf({ spec, others, failed, attempt, removals, fleetSuspended, hourlyLeft, ...given }: Situation): Plan {
  const first = policy('p', spec);
  const applications = APPLICATIONS.map((one) =>
    one.applicationID === VISIO ? { ...one, ...given.application } : one,
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
  const plan = planChanges(first, [first, ...others], fleet, NOW);
  const backoff = new Map(
    plan.changes.map((change) => [
      attemptKey(first, change),
      attempt && {
        ...attempt,
        ...(attempt.refusedIn === undefined ? {} : { refusedIn: circumstancesOf(change, first) }),
      },
    ]),
  );
  return applyHolds(plan, {
    policy: first,
    approval: advanceApproval(plan, NOT_APPROVED, undefined),
    snapshot: fleet,
    now: NOW,
    backoff: backoff as ReadonlyMap<string, Attempt>,
    retries: { get: () => undefined },
    removals: { size: 1, timesOf: () => removals.map((time) => time.getTime()) },
    isClaimedByOther: () => false,
    limits: { ...NO_LIMITS, suspend: fleetSuspended },
    quota: { limit: hourlyLeft, left: () => hourlyLeft ?? Number.POSITIVE_INFINITY, replenishesAt: () => undefined },
  });
}

/** Both situations at once: lists and objects are put together, and of single values the later stands. */
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
