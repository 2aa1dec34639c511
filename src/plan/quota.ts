import type { HeldChange } from './plan.ts';

/** What is left of a fleet's disassociations of this hour, over all its policies. */
export interface QuotaView {
  /** Undefined: there is none. */
  readonly limit: number | undefined;
  /** How many more may be made. */
  left(now: Date): number;
  /** When more of them may be made than now. */
  replenishesAt(now: Date): Date | undefined;
}

/** Says that no more may be disassociated, and until when. */
export function quotaMessage(quota: QuotaView, now: Date): Pick<HeldChange, 'message' | 'until'> {
  const { limit = 0 } = quota;
  const message = `the WorkspaceFleet allows ${limit} disassociations an hour (maxDisassociationsPerHour), and they are used up`;
  return { message, until: quota.replenishesAt(now) };
}
