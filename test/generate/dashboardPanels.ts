/** A query of a panel, and the legend of its series. */
interface Query {
  readonly expr: string;
  readonly legend?: string;
}

export interface Panel {
  readonly title: string;
  readonly description: string;
  readonly type?: 'timeseries' | 'stat' | 'table';
  /** Name of the unit in Grafana: `short`, `s`, `percentunit`, `reqps`, `bytes`. */
  readonly unit?: string;
  readonly isStacked?: boolean;
  /** Value from which a stat is red. */
  readonly redFrom?: number;
  /** Value below which a stat is red. */
  readonly redBelow?: number;
  /** Number of columns, out of 24. */
  readonly width?: number;
  readonly queries: readonly Query[];
}

const OPERATOR = 'cluster=~"$cluster", job=~"$job"';
const POLICY = `${OPERATOR}, namespace=~"$namespace"`;
const FLEET = `${OPERATOR}, fleet=~"$fleet"`;

/** Labels of the replicas of one operator. */
const OWNER = 'cluster, job, watched_namespace';

/** Deduplicates the series of a policy: while it moves to another replica, two replicas can report it. */
const perPolicy = (labels: string, selector: string) => `max by (${OWNER}, namespace, name${labels}) (${selector})`;
const workspaces = (state: string) => perPolicy(', state', `wsap_policy_workspaces{${POLICY}, ${state}}`);
const p99 = (by: string, selector: string) =>
  `histogram_quantile(0.99, sum by (le, ${by}) (rate(${selector}[$__rate_interval])))`;

/** Rows of the Grafana dashboard and their panels, from left to right, and then below. */
export const ROWS: readonly (readonly [string, readonly Panel[]])[] = [
  [
    'Health',
    [
      {
        title: 'Operators',
        description: 'Number of running replicas.',
        type: 'stat',
        redBelow: 1,
        queries: [{ expr: `count(wsap_build_info{${OPERATOR}}) or vector(0)` }],
      },
      {
        title: 'Policies',
        description: 'Number of policies that the operator reconciles.',
        type: 'stat',
        queries: [{ expr: `count(${perPolicy('', `wsap_policy_info{${POLICY}}`)}) or vector(0)` }],
      },
      {
        title: 'Stalled policies',
        description: 'Number of policies that require manual action.',
        type: 'stat',
        redFrom: 1,
        queries: [
          {
            expr: `sum(${perPolicy('', `wsap_policy_status_condition{${POLICY}, condition="Stalled", status="true"}`)}) or vector(0)`,
          },
        ],
      },
      {
        title: 'Fleets without an owner',
        description: 'Number of fleets that no replica owns.',
        type: 'stat',
        redFrom: 1,
        queries: [{ expr: `count(max by (${OWNER}, fleet) (wsap_fleet_owned{${FLEET}}) == 0) or vector(0)` }],
      },
      {
        title: 'Suspended fleets',
        description: 'Number of fleets in which no policy makes changes, because spec.suspend is true.',
        type: 'stat',
        redFrom: 1,
        queries: [{ expr: `sum(max by (${OWNER}, fleet) (wsap_fleet_suspended{${FLEET}})) or vector(0)` }],
      },
      {
        title: 'Compliant WorkSpaces',
        description:
          'Percentage of the selected WorkSpaces that comply. A WorkSpace counts once for each policy that selects it.',
        type: 'stat',
        unit: 'percentunit',
        queries: [
          {
            expr:
              `sum(${perPolicy('', `wsap_policy_workspaces{${POLICY}, state="compliant"}`)})` +
              ` / sum(${perPolicy(', state', `wsap_policy_workspaces{${POLICY}, state=~"compliant|drifted"}`)})`,
          },
        ],
      },
      {
        title: 'Reasons of stalled policies',
        description: 'Policies that require manual action. `kubectl describe wsap` shows the message.',
        type: 'table',
        width: 12,
        queries: [
          {
            expr: perPolicy(', reason', `wsap_policy_status_condition_reason{${POLICY}, condition="Stalled"}`),
          },
        ],
      },
      {
        title: 'Overdue policies',
        description: 'Time since the evaluation of policies was due, for the ten most overdue policies.',
        unit: 's',
        width: 12,
        queries: [
          {
            expr: `topk(10, time() - ${perPolicy('', `wsap_policy_next_sync_timestamp_seconds{${POLICY}}`)} > 0)`,
            legend: '{{namespace}}/{{name}}',
          },
        ],
      },
      {
        title: 'Fleets by replica',
        description: 'Number of fleets that each replica owns.',
        isStacked: true,
        width: 12,
        queries: [{ expr: `sum by (instance) (wsap_fleet_owned{${FLEET}})`, legend: '{{instance}}' }],
      },
      {
        title: 'Age of inventories',
        description: 'Time since the WorkSpaces of each fleet were last listed.',
        unit: 's',
        width: 12,
        queries: [{ expr: `max by (fleet) (wsap_fleet_inventory_age_seconds{${FLEET}})`, legend: '{{fleet}}' }],
      },
    ],
  ],
  [
    'Changes',
    [
      {
        title: 'WorkSpaces by state',
        description:
          'Selected WorkSpaces. A WorkSpace counts once for each policy that selects it. Changeable WorkSpaces are drifted' +
          ' and neither in progress, on hold, nor failed.',
        isStacked: true,
        width: 12,
        queries: [
          { expr: `sum by (state) (${workspaces('state!="drifted"')})`, legend: '{{state}}' },
          {
            expr: `sum(${workspaces('state="drifted"')}) - sum(${workspaces('state=~"in_progress|held|failed"')})`,
            legend: 'changeable',
          },
        ],
      },
      {
        title: 'Changes within an hour',
        description: 'Successful changes. A deployment ends the session of the user.',
        width: 12,
        queries: [
          {
            expr: `sum by (action) (increase(wsap_policy_changes_total{${POLICY}, result="success"}[1h]))`,
            legend: '{{action}}',
          },
        ],
      },
      {
        title: 'Changes on hold, by reason',
        description: 'docs/reference/reasons.md describes when each hold ends.',
        isStacked: true,
        width: 12,
        queries: [
          {
            expr: `sum by (reason) (${perPolicy(', reason', `wsap_policy_held_changes{${POLICY}}`)})`,
            legend: '{{reason}}',
          },
        ],
      },
      {
        title: 'Failed changes within an hour',
        description: 'Calls for changes that AWS rejected or that failed. The operator retries them with a backoff.',
        width: 12,
        queries: [
          {
            expr: `sum by (action) (increase(wsap_policy_changes_total{${POLICY}, result="error"}[1h]))`,
            legend: '{{action}}',
          },
        ],
      },
      {
        title: 'Drift by policy',
        description: 'Number of drifted WorkSpaces, for the ten policies with the most.',
        width: 12,
        queries: [
          {
            expr: `topk(10, ${perPolicy('', `wsap_policy_workspaces{${POLICY}, state="drifted"}`)} > 0)`,
            legend: '{{namespace}}/{{name}}',
          },
        ],
      },
      {
        title: 'Used hourly removal limit',
        description:
          'Percentage of maxDisassociationsPerHour of each WorkspaceFleet. At 100%, further removals are on hold.',
        unit: 'percentunit',
        width: 12,
        queries: [
          {
            expr:
              `max by (fleet) (wsap_fleet_disassociations_last_hour{${FLEET}})` +
              ` / max by (fleet) (wsap_fleet_disassociations_limit{${FLEET}})`,
            legend: '{{fleet}}',
          },
        ],
      },
    ],
  ],
  [
    'AWS',
    [
      {
        title: 'Calls by result',
        description: 'AWS API calls, including retries.',
        unit: 'reqps',
        isStacked: true,
        queries: [
          {
            expr: `sum by (result) (rate(wsap_aws_api_requests_total{${FLEET}}[$__rate_interval]))`,
            legend: '{{result}}',
          },
        ],
      },
      {
        title: 'Calls by operation',
        description: 'AWS API calls, including retries.',
        unit: 'reqps',
        isStacked: true,
        queries: [
          {
            expr: `sum by (operation) (rate(wsap_aws_api_requests_total{${FLEET}}[$__rate_interval]))`,
            legend: '{{operation}}',
          },
        ],
      },
      {
        title: 'AWS API latency (p99)',
        description: 'Time from a request to its response.',
        unit: 's',
        queries: [
          {
            expr: p99('operation', `wsap_aws_api_request_duration_seconds_bucket{${OPERATOR}}`),
            legend: '{{operation}}',
          },
        ],
      },
      {
        title: 'Rate limiter wait time (p99)',
        description: 'Time that calls wait for the rate limit of the fleet. Changes have priority over listings.',
        unit: 's',
        queries: [
          {
            expr: p99('fleet, priority', `wsap_aws_rate_limiter_wait_seconds_bucket{${FLEET}}`),
            legend: '{{fleet}} {{priority}}',
          },
        ],
      },
      {
        title: 'Current rate limit',
        description: 'Maximum number of calls per second. It is lower than configured while AWS throttles calls.',
        unit: 'reqps',
        queries: [
          { expr: `max by (fleet) (wsap_aws_rate_limiter_requests_per_second{${FLEET}})`, legend: '{{fleet}}' },
        ],
      },
      {
        title: 'Waiting calls',
        description: 'Number of calls that wait for the rate limit.',
        queries: [{ expr: `max by (fleet) (wsap_aws_rate_limiter_waiting_requests{${FLEET}})`, legend: '{{fleet}}' }],
      },
      {
        title: 'WorkSpaces',
        description: 'Number of WorkSpaces that the operator has listed for the policies.',
        queries: [{ expr: `max by (fleet) (wsap_fleet_workspaces{${FLEET}})`, legend: '{{fleet}}' }],
      },
    ],
  ],
  [
    'Kubernetes and the process',
    [
      {
        title: 'Reconciliations by result',
        description: 'Reconciliations of policies and fleets.',
        unit: 'ops',
        queries: [
          {
            expr: `sum by (controller, result) (rate(controller_runtime_reconcile_total{${OPERATOR}}[$__rate_interval]))`,
            legend: '{{controller}} {{result}}',
          },
        ],
      },
      {
        title: 'Reconciliation time (p99)',
        description: 'Duration of reconciliations, including the time they wait for AWS.',
        unit: 's',
        queries: [
          {
            expr: p99('controller', `controller_runtime_reconcile_time_seconds_bucket{${OPERATOR}}`),
            legend: '{{controller}}',
          },
        ],
      },
      {
        title: 'Work queues',
        description: 'Number of keys that wait for a worker, and of active workers.',
        queries: [
          { expr: `sum by (name) (workqueue_depth{${OPERATOR}})`, legend: '{{name}} waiting' },
          {
            expr: `sum by (controller) (controller_runtime_active_workers{${OPERATOR}})`,
            legend: '{{controller}} active',
          },
        ],
      },
      {
        title: 'Requests to the API server',
        description: 'Requests by HTTP method and status.',
        unit: 'reqps',
        isStacked: true,
        queries: [
          {
            expr: `sum by (method, code) (rate(rest_client_requests_total{${OPERATOR}}[$__rate_interval]))`,
            legend: '{{method}} {{code}}',
          },
        ],
      },
      {
        title: 'API server latency (p99)',
        description: 'Time from a request to its response, without watches.',
        unit: 's',
        queries: [
          {
            expr: p99('verb, resource', `rest_client_request_duration_seconds_bucket{${OPERATOR}}`),
            legend: '{{verb}} {{resource}}',
          },
        ],
      },
      {
        title: 'Last contact with the API server',
        description: 'Time since the last response. After 180 s, the operator makes no changes in AWS.',
        unit: 's',
        queries: [
          {
            expr: `max by (instance, resource) (wsap_watch_last_contact_age_seconds{${OPERATOR}})`,
            legend: '{{instance}} {{resource}}',
          },
        ],
      },
      {
        title: 'Failed watches',
        description: 'The operator resumes a failed watch, or lists all objects again.',
        queries: [
          {
            expr: `sum by (resource) (increase(wsap_watch_failures_total{${OPERATOR}}[$__rate_interval]))`,
            legend: '{{resource}}',
          },
        ],
      },
      {
        title: 'Events',
        description: 'Kubernetes Events by result.',
        queries: [
          {
            expr: `sum by (result) (increase(wsap_events_total{${OPERATOR}}[$__rate_interval]))`,
            legend: '{{result}}',
          },
        ],
      },
      {
        title: 'CPU',
        description: 'Used CPU cores.',
        queries: [{ expr: `rate(process_cpu_seconds_total{${OPERATOR}}[$__rate_interval])`, legend: '{{instance}}' }],
      },
      {
        title: 'Memory',
        description: 'Resident memory.',
        unit: 'bytes',
        queries: [{ expr: `process_resident_memory_bytes{${OPERATOR}}`, legend: '{{instance}}' }],
      },
      {
        title: 'Event loop lag',
        description: 'Maximum delay of the event loop, rounded up to a bucket of the histogram.',
        unit: 's',
        queries: [
          {
            expr: `histogram_quantile(1, sum by (le, instance) (rate(nodejs_eventloop_delay_seconds_bucket{${OPERATOR}}[$__rate_interval])))`,
            legend: '{{instance}}',
          },
        ],
      },
    ],
  ],
];
