import type { HeldChange } from './plan.ts';

/** The disassociation quota of a fleet, which all its policies share. */
export interface QuotaView {
  /** Maximum number of disassociations per hour. Undefined for no limit. */
  readonly limit: number | undefined;
  /** Returns the remaining number of disassociations. */
  left(now: Date): number;
  /** Returns the time at which the remaining number grows next. */
  replenishesAt(now: Date): Date | undefined;
}

/** Returns the message for an exhausted quota, and the time at which it is replenished. */
export function quotaMessage(quota: QuotaView, now: Date): Pick<HeldChange, 'message' | 'until'> {
  const { limit = 0 } = quota;
  const message = `the fleet reached its limit of ${limit} disassociations per hour (spec.maxDisassociationsPerHour)`;
  return { message, until: quota.replenishesAt(now) };
}
