/** One query of a panel, and what its series are called. */
export interface Query {
  readonly expr: string;
  readonly legend?: string;
}

export interface Panel {
  readonly title: string;
  readonly description: string;
  readonly type?: 'timeseries' | 'stat' | 'table';
  /** As Grafana calls it: `short`, `s`, `percentunit`, `reqps`, `bytes`. */
  readonly unit?: string;
  readonly isStacked?: boolean;
  /** Of a stat: from this value on it is red. */
  readonly redFrom?: number;
  /** Of a stat: below this value it is red. */
  readonly redBelow?: number;
  /** Of the 24 columns. */
  readonly width?: number;
  readonly queries: readonly Query[];
}

const OPERATOR = 'cluster=~"$cluster", job=~"$job"';
const POLICY = `${OPERATOR}, namespace=~"$namespace"`;
const FLEET = `${OPERATOR}, fleet=~"$fleet"`;

/** A policy's series come from the replica that runs it; while it moves, two may tell of it. */
const perPolicy = (labels: string, selector: string) => `max by (cluster, namespace, name${labels}) (${selector})`;
const p99 = (by: string, selector: string) =>
  `histogram_quantile(0.99, sum by (le, ${by}) (rate(${selector}[$__rate_interval])))`;

/** The rows of the Grafana dashboard and their panels, from left to right, then below. */
export const ROWS: readonly (readonly [string, readonly Panel[]])[] = [
  [
    'Is it healthy?',
    [
      {
        title: 'Operators',
        description: 'Replicas that are running.',
        type: 'stat',
        redBelow: 1,
        queries: [{ expr: `count(wsap_build_info{${OPERATOR}}) or vector(0)` }],
      },
      {
        title: 'Policies',
        description: 'Policies that are looked after.',
        type: 'stat',
        queries: [{ expr: `count(${perPolicy('', `wsap_policy_info{${POLICY}}`)}) or vector(0)` }],
      },
      {
        title: 'Stalled policies',
        description: 'Policies that wait for a person.',
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
        description: 'Fleets that no replica takes care of.',
        type: 'stat',
        redFrom: 1,
        queries: [{ expr: `count(max by (cluster, fleet) (wsap_fleet_owned{${FLEET}}) == 0) or vector(0)` }],
      },
      {
        title: 'Suspended fleets',
        description: 'Fleets whose stop switch is thrown: nothing is changed there.',
        type: 'stat',
        redFrom: 1,
        queries: [{ expr: `sum(max by (cluster, fleet) (wsap_fleet_suspended{${FLEET}})) or vector(0)` }],
      },
      {
        title: 'Compliant WorkSpaces',
        description:
          'The share of the selected WorkSpaces that comply. One that several policies select counts for each.',
        type: 'stat',
        unit: 'percentunit',
        queries: [
          {
            expr:
              `sum(${perPolicy('', `wsap_policy_workspaces{${POLICY}, state="compliant"}`)})` +
              ` / sum(${perPolicy(', state', `wsap_policy_workspaces{${POLICY}}`)})`,
          },
        ],
      },
      {
        title: 'What waits for a person, and why',
        description: 'Policies that are Stalled. `kubectl describe wsap` has the message.',
        type: 'table',
        width: 12,
        queries: [
          {
            expr: perPolicy(
              ', reason',
              `wsap_policy_status_condition_reason{${POLICY}, condition="Stalled", reason!="NotStalled"}`,
            ),
          },
        ],
      },
      {
        title: 'Overdue policies',
        description: 'For how long policies have been due and not evaluated; the ten that have waited longest.',
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
        title: 'Owners of fleets',
        description: 'How many fleets each replica takes care of.',
        isStacked: true,
        width: 12,
        queries: [{ expr: `sum by (instance) (wsap_fleet_owned{${FLEET}})`, legend: '{{instance}}' }],
      },
      {
        title: 'Age of the inventories',
        description: 'How long ago the WorkSpaces of each fleet were last listed.',
        unit: 's',
        width: 12,
        queries: [{ expr: `max by (fleet) (wsap_fleet_inventory_age_seconds{${FLEET}})`, legend: '{{fleet}}' }],
      },
    ],
  ],
  [
    'What does it do to people?',
    [
      {
        title: 'WorkSpaces by state',
        description: 'The WorkSpaces that policies select. One that several policies select counts for each.',
        isStacked: true,
        width: 12,
        queries: [
          {
            expr: `sum by (state) (${perPolicy(', state', `wsap_policy_workspaces{${POLICY}}`)})`,
            legend: '{{state}}',
          },
        ],
      },
      {
        title: 'Changes made within an hour',
        description: 'Deploy ends the session of whoever uses the WorkSpace.',
        width: 12,
        queries: [
          {
            expr: `sum by (action) (increase(wsap_policy_changes_total{${POLICY}, result="success"}[1h]))`,
            legend: '{{action}}',
          },
        ],
      },
      {
        title: 'Changes that are held, by reason',
        description: 'docs/troubleshooting.md says until when each reason holds.',
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
        title: 'Changes that failed within an hour',
        description:
          'Calls for changes that AWS refused or could not be asked for. They are tried again later and later.',
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
        description: 'The ten policies with most WorkSpaces that are yet to be changed.',
        width: 12,
        queries: [
          {
            expr: `topk(10, ${perPolicy('', `wsap_policy_workspaces{${POLICY}, state="drifted"}`)} > 0)`,
            legend: '{{namespace}}/{{name}}',
          },
        ],
      },
      {
        title: 'Removals within an hour, as a share of the limit',
        description: 'maxDisassociationsPerHour of a WorkspaceFleet holds back what is more.',
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
        description: 'Every attempt counts.',
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
        description: 'What the rate is used up by.',
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
        title: 'How long AWS takes (p99)',
        description: 'From the request to its answer.',
        unit: 's',
        queries: [
          {
            expr: p99('operation', `wsap_aws_api_request_duration_seconds_bucket{${OPERATOR}}`),
            legend: '{{operation}}',
          },
        ],
      },
      {
        title: 'How long calls wait for their turn (p99)',
        description: "The fleet's rate is kept to. Changes come before listings.",
        unit: 's',
        queries: [
          {
            expr: p99('fleet, priority', `wsap_aws_rate_limiter_wait_seconds_bucket{${FLEET}}`),
            legend: '{{fleet}} {{priority}}',
          },
        ],
      },
      {
        title: 'Present rate',
        description: 'What a fleet may ask a second: less than is set while AWS throttles.',
        unit: 'reqps',
        queries: [
          { expr: `max by (fleet) (wsap_aws_rate_limiter_requests_per_second{${FLEET}})`, legend: '{{fleet}}' },
        ],
      },
      {
        title: 'Waiting calls',
        description: 'Calls that wait for their turn.',
        queries: [{ expr: `max by (fleet) (wsap_aws_rate_limiter_waiting_requests{${FLEET}})`, legend: '{{fleet}}' }],
      },
      {
        title: 'WorkSpaces',
        description: 'As far as policies had them listed.',
        queries: [{ expr: `max by (fleet) (wsap_fleet_workspaces{${FLEET}})`, legend: '{{fleet}}' }],
      },
    ],
  ],
  [
    'Kubernetes and the process',
    [
      {
        title: 'Runs by result',
        description: 'Runs of policies and looks at fleets.',
        unit: 'ops',
        queries: [
          {
            expr: `sum by (controller, result) (rate(controller_runtime_reconcile_total{${OPERATOR}}[$__rate_interval]))`,
            legend: '{{controller}} {{result}}',
          },
        ],
      },
      {
        title: 'How long runs take (p99)',
        description: 'The waits for AWS included.',
        unit: 's',
        queries: [
          {
            expr: p99('controller', `controller_runtime_reconcile_time_seconds_bucket{${OPERATOR}}`),
            legend: '{{controller}}',
          },
        ],
      },
      {
        title: 'Queues',
        description: 'Keys that wait for a worker.',
        queries: [
          { expr: `sum by (name) (workqueue_depth{${OPERATOR}})`, legend: '{{name}} waiting' },
          {
            expr: `sum by (controller) (controller_runtime_active_workers{${OPERATOR}})`,
            legend: '{{controller}} at work',
          },
        ],
      },
      {
        title: 'Requests to the API server',
        description: 'By HTTP status.',
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
        title: 'How long the API server takes (p99)',
        description: 'Watches are left out.',
        unit: 's',
        queries: [
          {
            expr: p99('verb, resource', `rest_client_request_duration_seconds_bucket{${OPERATOR}}`),
            legend: '{{verb}} {{resource}}',
          },
        ],
      },
      {
        title: 'Silence of the API server',
        description: 'Once it has been silent for 180 s, nothing is changed in AWS.',
        unit: 's',
        queries: [
          {
            expr: `max by (instance, resource) (wsap_watch_last_contact_age_seconds{${OPERATOR}})`,
            legend: '{{instance}} {{resource}}',
          },
        ],
      },
      {
        title: 'Watches that failed',
        description: 'Each is tried again, from where it was if that is possible, else by a new list.',
        queries: [
          {
            expr: `sum by (resource) (increase(wsap_watch_failures_total{${OPERATOR}}[$__rate_interval]))`,
            legend: '{{resource}}',
          },
        ],
      },
      {
        title: 'Events',
        description: 'By what became of them.',
        queries: [
          {
            expr: `sum by (result) (increase(wsap_events_total{${OPERATOR}}[$__rate_interval]))`,
            legend: '{{result}}',
          },
        ],
      },
      {
        title: 'CPU',
        description: 'Cores.',
        queries: [{ expr: `rate(process_cpu_seconds_total{${OPERATOR}}[$__rate_interval])`, legend: '{{instance}}' }],
      },
      {
        title: 'Memory',
        description: 'Resident.',
        unit: 'bytes',
        queries: [{ expr: `process_resident_memory_bytes{${OPERATOR}}`, legend: '{{instance}}' }],
      },
      {
        title: 'Event loop',
        description: 'The longest that it was held up between two scrapes.',
        unit: 's',
        queries: [{ expr: `nodejs_eventloop_lag_max_seconds{${OPERATOR}}`, legend: '{{instance}}' }],
      },
    ],
  ],
];
