import { VISIO } from '../applications.ts';
import type { Fault, FaultKind } from '../faults.ts';
import type { FleetSpec, PolicySpec } from '../manifests.ts';
import type { Rng } from '../rng.ts';
import type { Action, Schedule, ScheduledAction } from '../schedule.ts';

export const SECOND = 1_000;

/** Parts of a scenario's schedule that differ from the defaults. */
export type Scenario = Pick<Schedule, 'actions' | 'faults'> &
  Partial<
    Pick<
      Schedule,
      | 'ends'
      | 'convergesWithin'
      | 'requestsRunsAfterwards'
      | 'rejectsChangesOf'
      | 'rejectsInstallations'
      | 'missingMembers'
      | 'pageSize'
      | 'events'
    >
  > &
  Partial<Pick<Schedule['fleet'], 'applications' | 'undocumented'>> & {
    readonly workspaces: NonNullable<Schedule['fleet']['workspaces']>;
  };

/** Collects the actions and faults of a scenario. */
export class Draft {
  readonly rng: Rng;
  readonly actions: ScheduledAction[] = [];
  readonly faults: Fault[] = [];

  constructor(rng: Rng) {
    this.rng = rng;
    this.at(0, { do: 'Label', labels: { team: 'desktops' } });
  }

  at(time: number, action: Action): this {
    this.actions.push({ at: Math.round(time), action });
    return this;
  }

  fleet(time: number, spec: Partial<FleetSpec> = {}): this {
    return this.at(time, {
      do: 'Fleet',
      spec: {
        region: 'eu-central-1',
        allowedNamespaces: { from: 'All' },
        rateLimit: { requestsPerMinute: 300, burst: 10 },
        ...spec,
      },
    });
  }

  policy(time: number, name: string, spec: Partial<PolicySpec>): this {
    const all = { ...removal(), ...spec };
    return this.at(time, { do: 'Apply', name, spec: { ...all, rollout: { ...UNLIMITED, ...all.rollout } } });
  }

  fault(kind: FaultKind, at: number, length: number, more: Partial<Fault> = {}): this {
    this.faults.push({ kind, at: Math.round(at), for: Math.round(length), rate: 1, amount: 0, ...more });
    return this;
  }

  /** Draws a number from a span, both ends included. */
  moment(first: number, last: number): number {
    return this.rng.number(first, last);
  }

  /** Adds a fault that the operator recovers from automatically, at a random time within a span (ms). */
  recoverableFault(first: number, last: number): this {
    const at = this.moment(first, last);
    const kind = this.rng.one(['Restart', 'Restart', 'LostResponse', 'Throttled', 'LostWrites', 'LateEvents'] as const);
    const amount = kind === 'LateEvents' ? 5_000 : 0;
    return this.fault(kind, at, this.moment(1, 30) * SECOND, { rate: kind === 'Restart' ? 1 : 0.4, amount });
  }

  scenario(workspaces: Scenario['workspaces'], more: Omit<Partial<Scenario>, 'workspaces'> = {}): Scenario {
    return { actions: this.actions, faults: this.faults, workspaces, ...more };
  }
}

/** Rollout that waits for nothing but sessions, and that failed deployments don't halt. */
const UNLIMITED: PolicySpec['rollout'] = { disconnectedFor: '0s', maxFailures: '100%' };

/** Returns a policy that removes Visio everywhere as soon as possible. */
function removal(): PolicySpec {
  return {
    fleetRef: { name: 'emea' },
    enforcement: 'Enforce',
    interval: '30s',
    workspaceSelector: { all: true },
    applications: { denied: [VISIO] },
    rollout: { userSessions: 'Interrupt' },
    safeguards: { maxAffectedWorkspaces: '100%' },
    retry: { limit: 5, backoff: { duration: '10s', factor: 2, maxDuration: '2m' } },
  };
}

export type Scenarios = Readonly<Record<string, (draft: Draft) => Scenario>>;
