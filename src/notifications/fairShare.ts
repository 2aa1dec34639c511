import { compareBy } from '../compare.ts';
import type { NotificationEvent } from '../policy/notificationProvider.ts';
import type { Notice } from './notices.ts';

/** Rank of each event: a notice of a lower rank is sent first. */
const RANKS: Readonly<Record<NotificationEvent, number>> = {
  PlanAwaitingApproval: 0,
  SafeguardExceeded: 1,
  RolloutHalted: 2,
  Conflict: 3,
  Flapping: 4,
  PolicyStalled: 5,
  RolloutFinished: 6,
};

/**
 * Returns the notices in the order in which they are sent: one of each namespace in turn, so that no namespace delays the others. The
 * most important notice of a namespace is first, and so is the most important one of a turn.
 */
export function inFairOrder(notices: readonly Notice[]): Notice[] {
  return [...Map.groupBy(notices, namespaceOf).values()]
    .flatMap((group) => group.toSorted(byImportance).map((notice, turn) => ({ notice, turn })))
    .toSorted((a, b) => a.turn - b.turn || byImportance(a.notice, b.notice))
    .map(({ notice }) => notice);
}

export interface AdmissionLimits {
  readonly maxNotices: number;
  readonly maxRecords: number;
}

/**
 * Returns the notices that get a record. A namespace holds at most as many records as are free, so that one namespace uses at most half of
 * them, and the others find room. A record that is needed to prevent a repetition is never given up instead.
 *
 * @param notices notices without a record, in the order in which they are sent
 * @param needed records that must remain
 */
export function admit(
  notices: readonly Notice[],
  needed: readonly { readonly namespace: string }[],
  { maxNotices, maxRecords }: AdmissionLimits,
): Notice[] {
  const counts = new Map<string, number>();
  for (const { namespace } of needed) {
    counts.set(namespace, (counts.get(namespace) ?? 0) + 1);
  }
  const admitted: Notice[] = [];
  for (const notice of notices) {
    const namespace = namespaceOf(notice);
    const count = counts.get(namespace) ?? 0;
    if (admitted.length < maxNotices && count < maxRecords - needed.length - admitted.length) {
      admitted.push(notice);
      counts.set(namespace, count + 1);
    }
  }
  return admitted;
}

function byImportance(a: Notice, b: Notice): number {
  return RANKS[a.event] - RANKS[b.event] || compareBy(sortKeyOf)(a, b);
}

function sortKeyOf({ policy: { metadata }, id }: Notice): string {
  return `${metadata.namespace ?? ''}/${metadata.name}/${id}`;
}

function namespaceOf({ policy: { metadata } }: Notice): string {
  return metadata.namespace ?? '';
}
