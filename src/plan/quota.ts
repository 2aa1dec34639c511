/** The disassociation quota of a fleet, which all its policies share. */
export interface QuotaView {
  /** Maximum number of disassociations per hour. Undefined for no limit. */
  readonly limit: number | undefined;
  /** Returns the remaining number of disassociations. */
  left(now: Date): number;
  /** Returns the time at which the remaining number grows next. */
  replenishesAt(now: Date): Date | undefined;
}
