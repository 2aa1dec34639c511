import type { ChainPosition } from '../audit/record.ts';
import { isRecent } from '../clock.ts';
import type { MinuteCount } from '../history/disassociationQuota.ts';
import type { CallCount, SyncStats } from '../inventory/syncTracker.ts';
import { formatDuration } from '../policy/duration.ts';
import type { WorkspaceFleet as Resource } from '../policy/fleetResource.gen.ts';
import { declaredAccountID } from '../policy/parseFleet.ts';
import type { FleetConfig } from '../policy/workspaceFleet.ts';
import { sanitize } from '../sanitize.ts';
import {
  type AbnormalConditions,
  abnormal,
  type Blocker,
  type ConditionState,
  condition,
  toConditions,
} from './conditions.ts';
import { type EventView, eventsCondition, eventsStatus } from './fleetEvents.ts';
import { timestamp } from './resource.ts';
import { isSameJson } from './sameJson.ts';

/** Status of a WorkspaceFleet. */
export type FleetStatus = NonNullable<Resource['status']>;

/** Observed state of a fleet. */
export interface FleetView {
  /** Identity as reported by STS; undefined until then. */
  readonly identity: { readonly accountID: string; readonly arn: string; readonly region: string } | undefined;
  readonly blocker: Blocker | undefined;
  /** Number of policies that use the fleet. */
  readonly policies: number;
  readonly sizes: { readonly workspaces: number | undefined; readonly applications: number } | undefined;
  readonly lastInventory: SyncStats | undefined;
  readonly disassociations: readonly MinuteCount[];
  /** Last record of the audit log of this process. Undefined before its first intent. */
  readonly auditHead?: ChainPosition | undefined;
  /** Whether `auditHead` is the end of the audit log of this process. */
  readonly isAuditEnded?: boolean | undefined;
  /** Events of AWS. Undefined if the fleet has none, or isn't connected. */
  readonly events?: EventView | undefined;
  readonly rate:
    | {
        readonly callsPerSecond: number;
        /** Expected time that a new request waits, in milliseconds. */
        readonly expectedWait: number;
      }
    | undefined;
}

/** Returns the status of a fleet. Keeps the earlier values of what this process hasn't read yet, unless they describe an earlier spec. */
export function fleetStatus(
  fleet: FleetConfig,
  view: FleetView,
  previous: FleetStatus | undefined,
  now: Date,
): FleetStatus {
  const { identity, blocker, policies, sizes, lastInventory, disassociations, auditHead, rate } = view;
  const isMeasured = lastInventory !== undefined && sizes !== undefined;
  // The spec can have another region or another queue than before.
  const known = previous?.observedGeneration === fleet.generation ? previous : {};
  const { workspaces, applications, lastInventoryTime, lastInventory: inventoryBefore } = known;
  const counts = disassociations.map(({ time, count }) => ({ time: timestamp(time), count }));
  return {
    observedGeneration: fleet.generation,
    ...accountOf(fleet, identity, previous),
    policies,
    ...withoutUndefined({ workspaces, applications, lastInventoryTime, lastInventory: inventoryBefore }),
    ...(isMeasured && {
      ...withoutUndefined(sizes),
      lastInventoryTime: timestamp(lastInventory.startedAt),
      lastInventory: lastInventoryOf(lastInventory),
    }),
    disassociationsLastHour: counts.reduce((sum, { count }) => sum + count, 0),
    ...(counts.length > 0 && { recentDisassociations: counts }),
    ...withAnchors(previous?.audit, auditHead, view.isAuditEnded === true, now),
    ...(rate !== undefined && {
      rateLimit: {
        requestsPerMinute: Math.round(rate.callsPerSecond * 60),
        waitTime: formatDuration(rate.expectedWait),
      },
    }),
    ...withoutUndefined({ events: view.events && eventsStatus(view.events, known.events, now) }),
    conditions: toConditions(
      { ...conditionsOf(fleet, view, blocker), ...(view.events && { EventsReceived: eventsCondition(view.events) }) },
      fleet.generation,
      previous?.conditions,
      now,
    ),
  };
}

/** Returns the account of a fleet: without an identity, the one of an earlier process, unless the resource names another one. */
function accountOf({ access }: FleetConfig, identity: FleetView['identity'], previous: FleetStatus | undefined) {
  if (identity !== undefined) {
    return { accountID: identity.accountID, identity: sanitize(identity.arn, 2048) };
  }
  const declared = declaredAccountID(access);
  const accountID = previous?.accountID;
  return accountID === undefined || (declared !== undefined && declared !== accountID) ? {} : { accountID };
}

/**
 * Returns the status of a resource that isn't a valid fleet, or that has fields that this version doesn't know. Keeps the disassociations,
 * which count once the fleet can be used again, the account, which is compared with the next one, and the anchors of the audit log.
 */
export function invalidFleetStatus(
  generation: number,
  message: string,
  previous: FleetStatus | undefined,
  now: Date,
  reason: 'InvalidFleet' | 'UnknownFields' = 'InvalidFleet',
): FleetStatus {
  const blocker = { reason, message, terminal: true };
  const { accountID, recentDisassociations, audit } = previous ?? {};
  return {
    observedGeneration: generation,
    ...withoutUndefined({ accountID, recentDisassociations, audit }),
    conditions: toConditions(blockedConditions(blocker), generation, previous?.conditions, now),
  };
}

type Anchors = NonNullable<FleetStatus['audit']>;

/** Maximum number of anchors, as in the CRD. */
const MAX_ANCHORS = 10;
/** Minimum time between two updates of the anchor of a process. */
const ANCHOR_INTERVAL_MS = 60_000;

/** Returns the anchors of the audit log with the last record of this process. Keeps those of earlier processes. */
function withAnchors(
  before: Anchors = [],
  head: ChainPosition | undefined,
  isEnded: boolean,
  now: Date,
): { audit?: Anchors } {
  const own = before.find(({ chain }) => chain === head?.chain);
  const isFresh = own !== undefined && isRecent(Date.parse(own.time), ANCHOR_INTERVAL_MS, now.getTime());
  if (head === undefined || own?.sequence === head.sequence || (isFresh && !isEnded)) {
    return before.length === 0 ? {} : { audit: before };
  }
  const others = before.filter((anchor) => anchor !== own);
  return { audit: [{ ...head, time: timestamp(now) }, ...others].slice(0, MAX_ANCHORS) };
}

/** Age from which the statistics are written even if nothing else changed. */
const STATISTICS_MAX_AGE_MS = 60_000;

/** Whether a status must be written. Statistics alone are written at most once a minute. */
export function fleetStatusChanged(previous: FleetStatus | undefined, next: FleetStatus, now: Date): boolean {
  const statistics = { lastInventory: undefined, lastInventoryTime: undefined, rateLimit: undefined };
  if (previous === undefined || !isSameJson({ ...previous, ...statistics }, { ...next, ...statistics })) {
    return true;
  }
  const writtenAt = Date.parse(previous.lastInventory?.startTime ?? '') || 0;
  return !isRecent(writtenAt, STATISTICS_MAX_AGE_MS, now.getTime()) && !isSameJson(previous, next);
}

type FleetConditions = AbnormalConditions & { readonly Ready: ConditionState };

function conditionsOf({ limits }: FleetConfig, { identity }: FleetView, blocker: Blocker | undefined): FleetConditions {
  if (blocker !== undefined) {
    return blockedConditions(blocker);
  }
  if (identity === undefined) {
    return {
      Ready: { status: 'Unknown', reason: 'Connecting', message: 'reading the AWS identity' },
      Reconciling: condition(true, 'Connecting', 'connecting to AWS'),
    };
  }
  const suspended = limits.suspend ? '; suspended: the operator makes no changes' : '';
  return {
    Ready: condition(
      true,
      limits.suspend ? 'Suspended' : 'Connected',
      `account ${identity.accountID} in ${identity.region}${suspended}`,
    ),
  };
}

function blockedConditions(blocker: Blocker): FleetConditions {
  return { Ready: condition(false, blocker.reason, blocker.message), ...abnormal(blocker) };
}

function lastInventoryOf({
  startedAt,
  duration,
  queries,
  calls,
}: SyncStats): NonNullable<FleetStatus['lastInventory']> {
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
