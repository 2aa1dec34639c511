import type { Fault, FaultKind } from '../faults.ts';
import type { FleetSpec, PolicySpec } from '../manifests.ts';
import type { Rng } from '../rng.ts';
import type { Act, Happening, Schedule } from '../schedule.ts';

export const SECOND = 1_000;
export const VISIO = { id: 'wsa-visio0000' };
export const OFFICE = { id: 'wsa-office000' };
export const PROJECT = { id: 'wsa-project00' };

/** A schedule that is aimed at one rule: what it needs beside what all have. */
export type Scenario = Pick<Schedule, 'happenings' | 'faults'> &
  Partial<Pick<Schedule, 'ends' | 'doneWithin' | 'asksAfterwards' | 'refuses' | 'pageSize'>> & {
    readonly workspaces: NonNullable<Schedule['fleet']['workspaces']>;
  };

/** Collects what happens and goes wrong. */
export class Draft {
  readonly rng: Rng;
  readonly happenings: Happening[] = [];
  readonly faults: Fault[] = [];

  constructor(rng: Rng) {
    this.rng = rng;
    this.at(0, { do: 'Label', labels: { team: 'desktops' } });
  }

  at(time: number, act: Act): this {
    this.happenings.push({ at: Math.round(time), act });
    return this;
  }

  fleet(time: number, spec: Partial<FleetSpec> = {}): this {
    return this.at(time, {
      do: 'Fleet',
      spec: { region: 'eu-central-1', rateLimit: { requestsPerMinute: 300, burst: 10 }, ...spec },
    });
  }

  policy(time: number, name: string, spec: Partial<PolicySpec>): this {
    return this.at(time, { do: 'Apply', name, spec: { ...removal(), ...spec } });
  }

  fault(kind: FaultKind, at: number, length: number, more: Partial<Fault> = {}): this {
    this.faults.push({ kind, at: Math.round(at), for: Math.round(length), rate: 1, amount: 0, ...more });
    return this;
  }

  /** A moment within a span, in milliseconds. */
  moment(first: number, last: number): number {
    return this.rng.number(first, last);
  }

  /** One of the faults that an operator gets over by itself, at some time. */
  nuisance(first: number, last: number): this {
    const at = this.moment(first, last);
    const kind = this.rng.one(['Restart', 'Restart', 'LostAnswer', 'Throttled', 'LostWrites', 'LateEvents'] as const);
    const amount = kind === 'LateEvents' ? 5_000 : 0;
    return this.fault(kind, at, this.moment(1, 30) * SECOND, { rate: kind === 'Restart' ? 1 : 0.4, amount });
  }

  scenario(workspaces: Scenario['workspaces'], more: Omit<Partial<Scenario>, 'workspaces'> = {}): Scenario {
    return { happenings: this.happenings, faults: this.faults, workspaces, ...more };
  }
}

/** A policy that takes Visio away everywhere, as soon as it may. */
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

export type Stories = Readonly<Record<string, (draft: Draft) => Scenario>>;
