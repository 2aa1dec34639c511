/** Parts of a policy's manifest that decide which changes are made. */
export interface PolicySpec {
  readonly fleetRef?: { readonly name: string } | undefined;
  readonly enforcement?: string;
  readonly suspend?: boolean;
  readonly priority?: number;
  readonly interval?: string;
  readonly workspaceSelector: Selector;
  readonly applications: {
    readonly required?: readonly Entry[];
    readonly allowed?: readonly Entry[];
    readonly denied?: readonly Entry[];
    readonly unlisted?: string;
  };
  readonly exceptions?: readonly {
    readonly workspaceIDs: readonly string[];
    readonly application: Entry;
    readonly reason: string;
    readonly expiresAt?: string;
  }[];
  readonly rollout?: {
    readonly maintenanceWindows?: readonly MaintenanceWindow[];
    readonly deploy?: string;
    readonly userSessions?: string;
    readonly replacements?: string;
    readonly removeBefore?: string;
    readonly disconnectedFor?: string;
    readonly maxInProgress?: number | string;
    readonly maxFailures?: number | string;
  };
  readonly safeguards?: {
    readonly maxAffectedWorkspaces?: number | string;
    readonly allowUninstallOnly?: boolean;
    readonly unmanagedPendingChanges?: string;
  };
  readonly retry?: {
    readonly limit?: number;
    readonly backoff?: { readonly duration?: string; readonly factor?: number; readonly maxDuration?: string };
  };
}

interface Selector {
  readonly all?: boolean;
  readonly workspaceIDs?: readonly string[];
  readonly directoryIDs?: readonly string[];
  readonly bundleIDs?: readonly string[];
  readonly userNames?: readonly string[];
  readonly tags?: Labels;
  readonly lastConnectedBefore?: string;
  readonly neverConnected?: string;
  readonly exclude?: {
    readonly workspaceIDs?: readonly string[];
    readonly userNames?: readonly string[];
    readonly tags?: Labels;
  };
}

/** Selector of tags or of the labels of a namespace. */
export interface Labels {
  readonly matchTags?: Readonly<Record<string, string>>;
  readonly matchLabels?: Readonly<Record<string, string>>;
  readonly matchExpressions?: readonly {
    readonly key: string;
    readonly operator: string;
    readonly values?: readonly string[];
  }[];
}

export interface Entry {
  readonly id?: string;
  readonly name?: string;
  readonly owner?: string;
}

export interface MaintenanceWindow {
  readonly cron: string;
  readonly duration: string;
  readonly timeZone?: string;
}

/** Parts of a fleet's manifest that decide which changes are made. */
export interface FleetSpec {
  readonly region: string;
  readonly roleARN?: string;
  readonly externalID?: string;
  readonly expectedAccountID?: string;
  readonly directoryIDs?: readonly string[];
  readonly allowedNamespaces?: { readonly from: string; readonly selector?: Labels };
  readonly exceptions?: string;
  readonly suspend?: boolean;
  readonly maxDisassociationsPerHour?: number;
  readonly rateLimit?: { readonly requestsPerMinute?: number; readonly burst?: number };
  readonly events?: { readonly queueURL: string; readonly resyncInterval?: string };
}

/** Interval of every invalid spec. */
export const INVALID_INTERVAL = '1s';

export function isInvalid({ interval }: PolicySpec): boolean {
  return interval === INVALID_INTERVAL;
}

/** Returns the milliseconds of a duration with one unit, for example, `10m`. */
export function millisecondsOf(duration: string): number {
  const [, amount = '', unit = ''] = /^(\d+)([smhd])$/.exec(duration) ?? [];
  const units: Readonly<Record<string, number>> = { s: 1_000, m: 60_000, h: 3_600_000, d: 24 * 3_600_000 };
  const milliseconds = Number(amount) * (units[unit] ?? Number.NaN);
  if (Number.isNaN(milliseconds)) {
    throw new Error(`${duration} is not a duration with one unit`);
  }
  return milliseconds;
}
