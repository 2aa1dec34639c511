import type { MinuteCount } from '../history/disassociationQuota.ts';
import type { CallCount, SyncStats } from '../inventory/syncTracker.ts';
import { formatDuration } from '../policy/duration.ts';
import type { WorkspaceFleet as Resource } from '../policy/fleetResource.gen.ts';
import type { FleetConfig } from '../policy/workspaceFleet.ts';
import { sanitize } from '../sanitize.ts';
import { type Blocker, type ConditionState, condition, toConditions } from './conditions.ts';
import { timestamp } from './resource.ts';
import { isSameJson } from './sameJson.ts';

/** The status of a FleetConfig. */
export type FleetStatus = NonNullable<Resource['status']>;

/** What is known of a fleet. */
export interface FleetView {
  /** As AWS says; undefined while it hasn't. */
  readonly identity: { readonly accountID: string; readonly arn: string; readonly region: string } | undefined;
  readonly blocker: Blocker | undefined;
  /** How many use it. */
  readonly policies: number;
  readonly sizes: { readonly workspaces: number; readonly applications: number } | undefined;
  readonly lastInventory: SyncStats | undefined;
  readonly disassociations: readonly MinuteCount[];
  readonly rate:
    | {
        readonly callsPerSecond: number;
        /** Milliseconds. */
        readonly expectedWait: number;
      }
    | undefined;
}

/** The status of a fleet. What this process hasn't read yet stays as an earlier one left it. */
export function fleetStatus(
  fleet: FleetConfig,
  view: FleetView,
  previous: FleetStatus | undefined,
  now: Date,
): FleetStatus {
  const { identity, blocker, policies, sizes, lastInventory, disassociations, rate } = view;
  const isMeasured = lastInventory !== undefined && sizes !== undefined;
  const { workspaces, applications, lastInventoryTime, lastInventory: passBefore } = previous ?? {};
  const counts = disassociations.map(({ time, count }) => ({ time: timestamp(time), count }));
  return {
    observedGeneration: fleet.generation,
    ...(identity !== undefined && { accountID: identity.accountID, identity: sanitize(identity.arn, 2048) }),
    policies,
    ...withoutUndefined({ workspaces, applications, lastInventoryTime, lastInventory: passBefore }),
    ...(isMeasured && {
      ...sizes,
      lastInventoryTime: timestamp(lastInventory.startedAt),
      lastInventory: passOf(lastInventory),
    }),
    disassociationsLastHour: counts.reduce((sum, { count }) => sum + count, 0),
    ...(counts.length > 0 && { recentDisassociations: counts }),
    ...(rate !== undefined && {
      rateLimit: {
        requestsPerMinute: Math.round(rate.callsPerSecond * 60),
        waitTime: formatDuration(rate.expectedWait),
      },
    }),
    conditions: toConditions(conditionsOf(fleet, view, blocker), fleet.generation, previous?.conditions, now),
  };
}

/** The status of a resource that isn't a valid fleet. What was disassociated counts all the same, once it is one again. */
export function invalidFleetStatus(
  generation: number,
  message: string,
  previous: FleetStatus | undefined,
  now: Date,
): FleetStatus {
  const blocker = { reason: 'InvalidFleet', message, terminal: true };
  const recentDisassociations = previous?.recentDisassociations;
  return {
    observedGeneration: generation,
    ...(recentDisassociations !== undefined && { recentDisassociations }),
    conditions: toConditions(failing(blocker), generation, previous?.conditions, now),
  };
}

/** How old the figures may become while nothing else changes, in milliseconds. */
const FIGURES_AGE = 60_000;

/** Whether a status is worth a write: figures alone once a minute at most. */
export function fleetStatusChanged(previous: FleetStatus | undefined, next: FleetStatus, now: Date): boolean {
  const figures = { lastInventory: undefined, lastInventoryTime: undefined, rateLimit: undefined };
  if (previous === undefined || !isSameJson({ ...previous, ...figures }, { ...next, ...figures })) {
    return true;
  }
  const writtenAt = Date.parse(previous.lastInventory?.startTime ?? '') || 0;
  return now.getTime() - writtenAt >= FIGURES_AGE && !isSameJson(previous, next);
}

function conditionsOf({ limits }: FleetConfig, { identity }: FleetView, blocker: Blocker | undefined) {
  if (blocker !== undefined) {
    return failing(blocker);
  }
  if (identity === undefined) {
    const unknown: ConditionState = {
      status: 'Unknown',
      reason: 'Connecting',
      message: 'AWS is asked whose account this is',
    };
    return { Ready: unknown, Reconciling: condition(true, 'Connecting', unknown.message), Stalled: NOT_STALLED };
  }
  const suspended = limits.suspend ? '; it is suspended: nothing is changed there' : '';
  return {
    Ready: condition(
      true,
      limits.suspend ? 'Suspended' : 'Connected',
      `account ${identity.accountID} in ${identity.region}${suspended}`,
    ),
    Reconciling: condition(false, 'Idle', 'the fleet itself waits for nothing'),
    Stalled: NOT_STALLED,
  };
}

const NOT_STALLED: ConditionState = condition(false, 'NotStalled', 'the fleet itself waits for nobody');

function failing(blocker: Blocker): Record<'Ready' | 'Reconciling' | 'Stalled', ConditionState> {
  const { reason, message, terminal } = blocker;
  return {
    Ready: condition(false, reason, message),
    Reconciling: terminal
      ? condition(false, reason, 'waits for a person')
      : condition(true, 'ProgressingWithRetry', 'tries again by itself'),
    Stalled: terminal ? condition(true, reason, message) : NOT_STALLED,
  };
}

function passOf({ startedAt, duration, queries, calls }: SyncStats): NonNullable<FleetStatus['lastInventory']> {
  const sum = (isMeant: (call: CallCount) => boolean) =>
    calls.filter(isMeant).reduce((total, { count }) => total + count, 0);
  const operations = [...new Set(calls.map(({ operation }) => operation))].sort();
  return {
    startTime: timestamp(startedAt),
    duration: formatDuration(duration),
    totalCalls: sum(() => true),
    throttledCalls: sum(({ result }) => result === 'Throttled'),
    failedCalls: sum(({ result }) => result !== 'Success' && result !== 'Throttled'),
    ...(queries !== undefined && {
      estimatedCalls: queries.calls,
      workspaceQuery: queries.workspaces,
      associationQuery: queries.associations,
    }),
    calls: operations.map((name) => `${name} ${sum(({ operation }) => operation === name)}`),
  };
}

function withoutUndefined<T extends object>(record: T): { [K in keyof T]: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(record).filter(([, value]) => value !== undefined)) as never;
}
