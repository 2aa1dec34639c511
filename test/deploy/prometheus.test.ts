import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { metricsOf } from '../operator/metrics/scenery.ts';
import { selectorsIn } from './promql.ts';
import { hasPromtool, promtool } from './promtool.ts';

interface Alert {
  readonly alert: string;
  readonly expr: string;
  readonly for?: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
}
interface Panel {
  readonly title: string;
  readonly type: string;
  readonly description?: string;
  readonly targets?: readonly { readonly expr: string }[];
  readonly gridPos: { readonly x: number; readonly y: number; readonly w: number; readonly h: number };
}

const ROOT = join(import.meta.dirname, '../..');
const read = (path: string) => readFileSync(join(ROOT, path), 'utf8');
const { groups }: { groups: { rules: Alert[] }[] } = parse(read('deploy/prometheus/rules.yaml'));
const alerts = groups.flatMap(({ rules }) => rules);
const dashboard: { panels: Panel[]; templating: { list: { name: string; definition?: string }[] } } = JSON.parse(
  read('deploy/grafana/wsap.json'),
);
const panels = dashboard.panels.filter(({ type }) => type !== 'row');
const runbooks = read('docs/how-to/runbooks.md');

/** The labels of each metric, by the names of its series. */
const known = new Map(
  metricsOf()
    .registry.getMetricsAsArray()
    .flatMap((metric) => {
      const { name, labelNames, type } = metric as unknown as { name: string; labelNames: string[]; type: string };
      const parts = type === 'histogram' ? ['_bucket', '_sum', '_count'] : [''];
      return parts.map((part) => [`${name}${part}`, new Set(labelNames)] as const);
    }),
);
/** Labels that Prometheus or a federation adds, and the default label of an operator that watches one namespace. */
const ADDED = ['cluster', 'job', 'instance', 'watched_namespace'];

/** Returns the metrics and labels of an expression that the operator doesn't serve. */
function unknownIn(expression: string): string[] {
  return selectorsIn(expression).flatMap(({ metric = '', labels }) => {
    const own = known.get(metric);
    return own === undefined
      ? [`${metric} isn't a metric`]
      : labels.filter((label) => !own.has(label) && !ADDED.includes(label)).map((label) => `${metric} has no ${label}`);
  });
}

test('the test finds unknown metrics and labels', () => {
  expect(unknownIn('sum(rate(controller_runtime_reconcile_total[5m])) / wsap_no_such_thing')).toEqual([
    "wsap_no_such_thing isn't a metric",
  ]);
  expect(unknownIn('wsap_fleet_owned{instance="a", flet="emea"} == 1')).toEqual(['wsap_fleet_owned has no flet']);
  expect(unknownIn('rate(controller_runtime_reconcile_time_seconds[5m])')).toEqual([
    "controller_runtime_reconcile_time_seconds isn't a metric",
  ]);
  expect(() => unknownIn('sum(wsap_fleet_owned')).toThrow('not PromQL');
});

describe('alerts', () => {
  test.each(alerts.map((alert) => [alert.alert, alert] as const))(
    'the alert %s uses existing metrics and links to its runbook',
    (name, { expr, labels, annotations }) => {
      expect(unknownIn(expr)).toEqual([]);
      expect(['critical', 'warning']).toContain(labels.severity);
      expect(annotations.summary).toMatch(/^[A-Z][^{}]{10,90}\.$/);
      expect(annotations.description).toMatch(/\.$/);
      expect(annotations.runbook_url).toBe(
        `https://github.com/wsap-dev/wsap/blob/main/docs/how-to/runbooks.md#${name.toLowerCase()}`,
      );
    },
  );
});

test('there is a runbook for each alert, in the same order', () => {
  const entries = [...runbooks.matchAll(/^## (Wsap\w+)$/gm)].map(([, name]) => name);
  expect(entries).toEqual(alerts.map(({ alert }) => alert));
});

test('each runbook explains the meaning and what to do', () => {
  for (const entry of runbooks.split(/^## (?=Wsap)/m).slice(1)) {
    expect(entry).toContain('**Meaning.**');
    expect(entry).toContain('**What to do.**');
  }
});

describe('dashboard', () => {
  test.each(panels.map((panel) => [panel.title, panel] as const))(
    'the panel %s uses existing metrics',
    (_, { targets = [], description }) => {
      expect(targets.length).toBeGreaterThan(0);
      expect(description).toMatch(/\.$/);
      for (const { expr } of targets) {
        expect(unknownIn(expr)).toEqual([]);
        expect(expr).toContain('cluster=~"$cluster"');
      }
    },
  );

  test('no panel overlaps another one', () => {
    const taken = new Set<string>();
    for (const { title, gridPos } of dashboard.panels) {
      for (let x = gridPos.x; x < gridPos.x + gridPos.w; x++) {
        for (let y = gridPos.y; y < gridPos.y + gridPos.h; y++) {
          expect(taken, `${title} at ${x}, ${y}`).not.toContain(`${x} ${y}`);
          taken.add(`${x} ${y}`);
        }
      }
      expect(gridPos.x + gridPos.w).toBeLessThanOrEqual(24);
    }
  });
});

test('every variable of the dashboard uses an existing metric, and every used variable exists', () => {
  const { list } = dashboard.templating;
  for (const { definition } of list) {
    const [, metric, label] = /^label_values\((\w+), (\w+)\)$/.exec(definition ?? '') ?? [];
    expect(definition === undefined || unknownIn(`${metric}{${label}=""}`).length === 0, definition).toBe(true);
  }
  const used = new Set(read('deploy/grafana/wsap.json').match(/\$(?!__)\w+/g));
  expect(new Set(list.map(({ name }) => `$${name}`))).toEqual(used);
});

describe.skipIf(!hasPromtool && process.env.CI === undefined)('promtool', () => {
  test('promtool accepts the rules', () => {
    const { code, output } = promtool(['check', 'rules', '--lint=all', '--lint-fatal', 'deploy/prometheus/rules.yaml']);
    expect(output).toContain(`${alerts.length} rules found`);
    expect(code, output).toBe(0);
  });

  test('promtool confirms when each alert fires', { timeout: 120_000 }, () => {
    const { code, output } = promtool(['test', 'rules', 'test/deploy/prometheus/rules_test.yaml']);
    expect(code, output).toBe(0);
    const tests = read('test/deploy/prometheus/rules_test.yaml');
    expect(alerts.map(({ alert }) => alert).filter((alert) => !tests.includes(alert))).toEqual([]);
  });

  test('promtool accepts the metrics', async () => {
    const { code, output } = promtool(['check', 'metrics'], await metricsOf().registry.metrics());
    expect(code, output).toBe(0);
  });
});
