import type { SeedDocument } from '../../src/simulator/seedDocument.ts';
import type { Fault } from './faults.ts';
import type { FleetSpec, PolicySpec } from './manifests.ts';
import { START_TIME } from './time.ts';

/** Action of anyone but the operator: users of the cluster, users of the AWS console, or AWS itself. */
export type Action =
  | { readonly do: 'Apply'; readonly name: string; readonly spec: PolicySpec }
  | { readonly do: 'Delete'; readonly name: string }
  | { readonly do: 'Request'; readonly name: string }
  | { readonly do: 'Approve' }
  | { readonly do: 'Resume' }
  /** Copies every policy, with its annotations and status. */
  | { readonly do: 'Backup' }
  /** Approves the plan that a copy of the policy shows. */
  | { readonly do: 'ApproveFromBackup'; readonly name: string }
  /** Deletes a policy, and creates it from its copy with all annotations. */
  | { readonly do: 'Restore'; readonly name: string; readonly withStatus: boolean }
  | { readonly do: 'Fleet'; readonly spec: FleetSpec }
  | { readonly do: 'Label'; readonly labels: Readonly<Record<string, string>> }
  | { readonly do: 'Rebuild' | 'Terminate' | 'Deploy' | 'Protect' | 'Unprotect'; readonly workspaceID: string }
  | { readonly do: 'Migrate'; readonly workspaceID: string; readonly newID: string }
  | { readonly do: 'Associate' | 'Disassociate'; readonly workspaceID: string; readonly applicationID: string }
  | { readonly do: 'State'; readonly workspaceID: string; readonly state: string }
  | { readonly do: 'Connection'; readonly workspaceID: string; readonly connection: string };

export interface ScheduledAction {
  /** Milliseconds from the start. */
  readonly at: number;
  readonly action: Action;
}

/** Member of a WorkSpace that selectors use. */
export type MissingMember = 'UserName' | 'DirectoryId' | 'BundleId';

/** Members that AWS does not report, by WorkSpace. */
export type MissingMembers = Readonly<Record<string, readonly MissingMember[]>>;

/** Faults of the events that AWS sends to the queue of the fleet. Shares are from 0 to 1. */
export interface EventFaults {
  readonly lost: number;
  /** Time from which events are lost, in milliseconds from the start. Defaults to 0. */
  readonly lostFrom?: number | undefined;
  readonly duplicated: number;
  readonly late: number;
  /** Share of messages that failed in earlier deliveries, so that the next one causes a listing. Defaults to 0. */
  readonly redelivered?: number | undefined;
  /** Maximum additional delay of late events (ms). */
  readonly delayMs: number;
  /** Forged events: nobody made the call. */
  readonly forged: readonly { readonly at: number; readonly name: string; readonly workspaceID: string }[];
}

/** Everything that a run depends on. The same schedule gives the same run. */
export interface Schedule {
  readonly seed: number;
  /** Whether only the operator changes the world. The run must then end like a run without faults, call for call. */
  readonly isQuiet: boolean;
  /** End of the actions and faults, in milliseconds from the start. */
  readonly ends: number;
  /** Time after the end within which all changes must be made (ms). */
  readonly convergesWithin: number;
  /** Whether users request runs and approve plans after the end. Otherwise, the intervals of the policies suffice. */
  readonly requestsRunsAfterwards: boolean;
  readonly fleet: SeedDocument;
  /** WorkSpace of which AWS rejects every change. */
  readonly rejectsChangesOf?: string | undefined;
  /** WorkSpaces on which AWS rejects the installation of an application as incompatible. */
  readonly rejectsInstallations?: { readonly of: string; readonly on: readonly string[] } | undefined;
  /** Members of single WorkSpaces that AWS does not report. Every member is optional in the API. */
  readonly missingMembers?: MissingMembers | undefined;
  readonly pageSize: number;
  /** Whether a scenario requires events. */
  readonly hasEvents?: boolean | undefined;
  /** Undefined if the fleet has no events. */
  readonly events?: EventFaults | undefined;
  readonly actions: readonly ScheduledAction[];
  readonly faults: readonly Fault[];
}

export const MINUTE = 60_000;

/** Returns the expiry of the last exception, in milliseconds from the start. 0 if there is none. */
export function lastExpiryIn(actions: readonly ScheduledAction[]): number {
  const specs = actions.flatMap(({ action }) => (action.do === 'Apply' ? [action.spec] : []));
  const expiries = specs.flatMap(({ exceptions = [] }) => exceptions.flatMap(({ expiresAt = [] }) => expiresAt));
  return Math.max(0, ...expiries.map((text) => Date.parse(text) - START_TIME));
}
