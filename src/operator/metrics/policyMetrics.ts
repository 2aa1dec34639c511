import type { Registry } from 'prom-client';
import { objectKey } from '../../kube/resource.ts';
import type { Policy } from '../../policy/policy.ts';
import type { Reconciliation } from '../../status/report.ts';
import type { PolicyStatus } from '../../status/resource.ts';
import type { PolicyObserver } from '../policyReconcilerOptions.ts';
import { type MetricSeries, registerCollector, seconds } from './collector.ts';
import { conditionMetrics } from './conditionMetrics.ts';

/** Policy that this process reconciles, with its last written status. */
export interface PolicyView {
  readonly namespace: string;
  readonly name: string;
  /** Undefined if the resource isn't valid, or if no fleet allows the policy. */
  readonly fleet: string | undefined;
  readonly enforcement: Policy['enforcement'] | undefined;
  readonly status: PolicyStatus | undefined;
}

/** Data of a policy's runs that the status doesn't contain. */
interface Runs {
  held: ReadonlyMap<string, number>;
  /** Both in the form of the status, which is written only if more than its times changed. */
  lastSyncTime: string | undefined;
  nextSyncTime: string | undefined;
  /** Number of changes, by action and result. */
  readonly changes: Map<string, number>;
}

type Identity = 'namespace' | 'name';

const LABELS: readonly Identity[] = ['namespace', 'name'];
const ACTIONS = ['Associate', 'Disassociate', 'Deploy'] as const;
const CHANGE_RESULTS = ['success', 'error'] as const;
const STATES = {
  compliant: 'compliant',
  drifted: 'drifted',
  in_progress: 'inProgress',
  held: 'held',
  failed: 'failed',
  unknown: 'unknown',
} as const;

/** Metrics of policies from their statuses and runs. A policy that this process doesn't reconcile has no series. */
export class PolicyMetrics implements PolicyObserver {
  readonly #policies: () => Iterable<PolicyView>;
  readonly #runs = new Map<string, Runs>();

  constructor(registry: Registry, policies: () => Iterable<PolicyView>) {
    this.#policies = policies;
    registerCollector(registry, {
      name: 'wsap_policy_info',
      help: 'Fleet and enforcement mode (Audit, Approve, or Enforce) of a policy, always 1.',
      labelNames: [...LABELS, 'fleet', 'enforcement'],
      series: () =>
        [...policies()].map(
          ({ namespace, name, fleet = '', enforcement = '' }) => [{ namespace, name, fleet, enforcement }, 1] as const,
        ),
    });
    registerCollector(registry, {
      name: 'wsap_policy_workspaces',
      help:
        'Number of WorkSpaces by state. compliant, drifted, and unknown (restored) add up to the selected WorkSpaces; in_progress, ' +
        'held, and failed are subsets of drifted. unknown has no series if it is 0.',
      labelNames: [...LABELS, 'state'],
      series: () =>
        this.#each(({ compliance }) =>
          Object.entries(STATES).map(([state, field]) => [{ state }, compliance?.[field]] as const),
        ),
    });
    registerCollector(registry, {
      name: 'wsap_policy_held_changes',
      help: 'Number of changes on hold, by reason. Reasons without a change have no series.',
      labelNames: [...LABELS, 'reason'],
      series: () =>
        this.#each(({ compliance }, runs) =>
          compliance === undefined
            ? []
            : [...(runs?.held ?? [])].map(([reason, count]) => [{ reason }, count] as const),
        ),
    });
    registerCollector(registry, {
      name: 'wsap_policy_changes_total',
      help: 'Number of changes that the operator made for a policy (success), or whose call failed (error).',
      labelNames: [...LABELS, 'action', 'result'],
      type: 'counter',
      series: () =>
        this.#each((_, runs) =>
          ACTIONS.flatMap((action) =>
            CHANGE_RESULTS.map(
              (result) => [{ action, result }, runs?.changes.get(`${action} ${result}`) ?? 0] as const,
            ),
          ),
        ),
    });
    registerCollector(registry, {
      name: 'wsap_policy_last_sync_timestamp_seconds',
      help: 'Time of the last evaluation of a policy, in seconds since 1970.',
      labelNames: LABELS,
      series: () => this.#each(({ lastSyncTime }, runs) => [[{}, latest(lastSyncTime, runs?.lastSyncTime)]]),
    });
    registerCollector(registry, {
      name: 'wsap_policy_next_sync_timestamp_seconds',
      help: 'Time of the next scheduled evaluation of a policy, in seconds since 1970.',
      labelNames: LABELS,
      series: () => this.#each(({ nextSyncTime }, runs) => [[{}, latest(nextSyncTime, runs?.nextSyncTime)]]),
    });
    conditionMetrics(registry, {
      prefix: 'wsap_policy',
      of: 'a WorkspaceApplicationPolicy',
      types: ['Ready', 'Stalled', 'Compliant'],
      labelNames: LABELS,
      objects: () =>
        [...policies()].map(({ namespace, name, status }) => [{ namespace, name }, status?.conditions] as const),
    });
  }

  evaluated({ key }: Policy, { status, held, outcome }: Reconciliation): void {
    const runs: Runs = this.#runs.get(key) ?? {
      held: new Map(),
      lastSyncTime: undefined,
      nextSyncTime: undefined,
      changes: new Map(),
    };
    this.#runs.set(key, runs);
    runs.held = held ?? runs.held;
    runs.lastSyncTime = status.lastSyncTime;
    runs.nextSyncTime = status.nextSyncTime;
    const count = (action: string, result: (typeof CHANGE_RESULTS)[number]) =>
      runs.changes.set(`${action} ${result}`, (runs.changes.get(`${action} ${result}`) ?? 0) + 1);
    for (const { action } of outcome.made) {
      count(action, 'success');
    }
    for (const { change } of outcome.failures) {
      count(change.action, 'error');
    }
  }

  forget(key: string): void {
    this.#runs.delete(key);
  }

  /** Yields the series of each policy, with its labels. */
  *#each<Label extends string>(
    seriesOf: (status: PolicyStatus, runs: Runs | undefined) => Iterable<MetricSeries<Label>>,
  ): Generator<MetricSeries<Label | Identity>> {
    for (const { namespace, name, status = {} } of this.#policies()) {
      for (const [labels, value] of seriesOf(status, this.#runs.get(objectKey({ namespace, name })))) {
        yield [{ namespace, name, ...labels }, value];
      }
    }
  }
}

/** Returns the later of two times in RFC 3339, in seconds since the epoch. Undefined if the status doesn't contain the time. */
function latest(written: string | undefined, known = written): number | undefined {
  return written === undefined || known === undefined
    ? undefined
    : seconds(Math.max(Date.parse(written), Date.parse(known)));
}
