import type { AuditTrail } from '../audit/auditTrail.ts';
import type { Clock } from '../clock.ts';
import type { EventRecorder } from '../kube/events.ts';
import type { Policy } from '../policy/policy.ts';
import type { ReportController } from '../reports/controller.ts';
import type { Run } from '../run.ts';
import type { Reconciliation } from '../status/report.ts';
import type { PolicyStatus } from '../status/resource.ts';
import type { OutageLog } from './apiServerOutage.ts';
import type { FleetRuntime } from './fleetRuntime.ts';
import type { Assignment, FleetName } from './fleetStore.ts';
import type { OwnedFleet } from './ownership/ownedFleet.ts';
import type { PolicyStore } from './policyStore.ts';
import type { ServedSchemas } from './servedSchemas.ts';
import type { StatusCache } from './statusCache.ts';

/** Fleets of the policies. */
interface FleetRuntimes {
  assign(policy: Policy): Assignment;
  /** Returns the runtime of a fleet, or undefined before it is connected. */
  get(name: FleetName): Pick<FleetRuntime, 'context' | 'blocker' | 'isSuspended' | 'backlog'> | undefined;
  /** Called when a policy uses a fleet. */
  onUse(name: FleetName): void;
  /** Drops the state of a deleted policy. */
  forget(policyKey: string): void;
}

export interface PolicyReconcilerOptions {
  readonly fleets: FleetRuntimes;
  /** Returns the fleet if this replica owns it. */
  readonly owned: (name: FleetName) => OwnedFleet | undefined;
  readonly store: PolicyStore;
  readonly statusCache: StatusCache<PolicyStatus>;
  /** Schemas of the CRDs, which decide on unknown fields. Defaults to none: then every unknown field counts as set by a user. */
  readonly schemas?: Pick<ServedSchemas, 'refresh' | 'settled' | 'error'> | undefined;
  /** Time of the oldest last contact over all watches that can stop changes (monotonic). */
  readonly lastContactAt: () => number;
  /** Controller that writes full results to report objects. Defaults to none. */
  readonly reports?: Pick<ReportController, 'enqueue' | 'forget'> | undefined;
  readonly events: Pick<EventRecorder, 'record'>;
  /** Audit trail that records each change. Undefined if changes aren't recorded. */
  readonly audit?: Pick<AuditTrail, 'prepare' | 'begin'> | undefined;
  readonly clock: Clock;
  /** Returns a number from 0 to 1. */
  readonly random: () => number;
  readonly observer?: PolicyObserver | undefined;
  /** Log of outages of the API server, which suppresses repeated errors. */
  readonly outages?: Pick<OutageLog, 'suppresses'> | undefined;
  readonly observePhase?: Run['observePhase'];
  /** Aborted when the process stops. */
  readonly stopping: AbortSignal;
}

/** Observer of the results of policies. */
export interface PolicyObserver {
  evaluated(policy: Policy, result: Reconciliation): void;
  /** Called when a policy is deleted. */
  forget(key: string): void;
}
