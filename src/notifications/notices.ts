import { createHash } from 'node:crypto';
import type { NotificationEvent } from '../policy/notificationProvider.ts';
import { heldReasonsIn } from '../status/compliance.ts';
import type { PolicyStatus } from '../status/resource.ts';
import { waitingPlanID } from '../status/waitingPlan.ts';

/** A policy of the cluster, as far as notices depend on it. */
export interface NotifiedPolicy {
  readonly metadata: {
    readonly namespace?: string;
    readonly name: string;
    readonly uid?: string;
    readonly generation?: number;
    readonly deletionTimestamp?: string;
  };
  readonly spec?: { readonly suspend?: boolean; readonly enforcement?: string } | undefined;
  readonly status?: PolicyStatus | undefined;
}

/** A reason to notify people that the status of a policy shows. */
export interface Notice {
  /** Stable identity: the same situation has the same ID in every process, and a later one has another. */
  readonly id: string;
  readonly event: NotificationEvent;
  readonly policy: NotifiedPolicy;
  /** Whether the status belongs to the current spec, and the policy isn't suspended or deleted. Other notices aren't sent. */
  readonly isCurrent: boolean;
  /** Time at which the situation ended. Undefined while it lasts. */
  readonly endedAt: Date | undefined;
}

/** Reasons of Stalled that have their own event. */
const OTHER_EVENTS: ReadonlySet<string> = new Set(['SafeguardExceeded', 'RolloutHalted']);

/** Returns the notices that the status of a policy shows. None if the status belongs to an earlier object of the same name. */
export function noticesOf(policy: NotifiedPolicy): Notice[] {
  const { metadata, spec, status = {} } = policy;
  const { uid = '', generation, deletionTimestamp } = metadata;
  if ((status.objectUID ?? uid) !== uid) {
    return [];
  }
  const isCurrent =
    status.observedGeneration === generation && spec?.suspend !== true && deletionTimestamp === undefined;
  return situationsOf(policy, status).map(({ event, qualifier, endedAt }) => ({
    id: createHash('sha256').update([uid, event, qualifier].join('\n')).digest('hex').slice(0, 32),
    event,
    policy,
    isCurrent,
    endedAt,
  }));
}

interface Situation {
  readonly event: NotificationEvent;
  /** What distinguishes the situation from others of the same event. */
  readonly qualifier: string;
  readonly endedAt?: Date;
}

function situationsOf(policy: NotifiedPolicy, status: PolicyStatus): Situation[] {
  const generation = String(status.observedGeneration ?? '');
  const condition = (type: string) => status.conditions?.find((one) => one.type === type);
  const ready = condition('Ready');
  const stalled = condition('Stalled');
  const planID = waitingPlanID(policy);
  const held = holdReasonsIn(status);
  const found: (Situation | false)[] = [
    planID !== undefined &&
      policy.spec?.enforcement === 'Approve' && {
        event: 'PlanAwaitingApproval',
        qualifier: planID,
      },
    ready?.reason === 'SafeguardExceeded' && {
      event: 'SafeguardExceeded',
      qualifier: status.plan?.id ?? generation,
    },
    ...rolloutSituations(status, generation),
    held.has('Conflict') && { event: 'Conflict', qualifier: generation },
    held.has('Flapping') && { event: 'Flapping', qualifier: generation },
    stalled?.status === 'True' &&
      !OTHER_EVENTS.has(stalled.reason) && { event: 'PolicyStalled', qualifier: `${generation} ${stalled.reason}` },
  ];
  return found.filter((one) => one !== false);
}

function rolloutSituations({ rollout }: PolicyStatus, generation: string): Situation[] {
  if (rollout === undefined) {
    return [];
  }
  const { halted, remaining, startTime, completionTime, resumeTime = '' } = rollout;
  if (halted === true) {
    return [{ event: 'RolloutHalted', qualifier: [generation, startTime ?? '', resumeTime].join(' ') }];
  }
  return remaining === 0 && startTime !== undefined && completionTime !== undefined
    ? [
        {
          event: 'RolloutFinished',
          qualifier: `${generation} ${completionTime}`,
          endedAt: new Date(completionTime),
        },
      ]
    : [];
}

/** Returns the reasons of holds in a status, which lists only a part of the associations. */
function holdReasonsIn({ associations = [], conditions = [] }: PolicyStatus): ReadonlySet<string> {
  const compliant = conditions.find(({ type }) => type === 'Compliant');
  return new Set([
    ...associations.flatMap(({ holdReason }) => holdReason ?? []),
    ...(compliant === undefined ? [] : [compliant.reason, ...heldReasonsIn(compliant.message)]),
  ]);
}
