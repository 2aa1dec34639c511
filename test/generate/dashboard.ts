import { type Panel, ROWS } from './dashboardPanels.ts';

const DATASOURCE = { type: 'prometheus', uid: '$datasource' };
const COLUMNS = 24;
const HEIGHTS = { stat: 4, timeseries: 8, table: 8 };
const WIDTHS = { stat: 4, timeseries: 8, table: 24 };

/** Returns the Grafana dashboard as JSON. */
export function generateDashboard(): string {
  const dashboard = {
    title: 'wsap',
    uid: 'wsap',
    description: 'Operator that manages the application associations of Amazon WorkSpaces.',
    tags: ['kubernetes', 'aws', 'wsap'],
    schemaVersion: 39,
    editable: true,
    graphTooltip: 1,
    refresh: '1m',
    time: { from: 'now-6h', to: 'now' },
    timezone: 'browser',
    templating: {
      list: [
        { name: 'datasource', label: 'Data source', type: 'datasource', query: 'prometheus', current: {} },
        variable('cluster', 'Cluster', 'wsap_build_info', 'cluster'),
        variable('job', 'Job', 'wsap_build_info', 'job'),
        variable('namespace', 'Namespace of policies', 'wsap_policy_info', 'namespace'),
        variable('fleet', 'Fleet', 'wsap_fleet_owned', 'fleet'),
      ],
    },
    panels: laidOut(),
  };
  return `${JSON.stringify(dashboard, undefined, 2)}\n`;
}

/** Selects every value by default, which also matches series without the label, for example, `cluster`. */
function variable(name: string, label: string, metric: string, labelName: string) {
  const query = `label_values(${metric}, ${labelName})`;
  return {
    name,
    label,
    type: 'query',
    datasource: DATASOURCE,
    definition: query,
    query: { query, refId: name },
    includeAll: true,
    allValue: '.*',
    multi: true,
    refresh: 2,
    sort: 1,
    current: { text: ['All'], value: ['$__all'] },
  };
}

/** Lays out the panels of each row from left to right, and then below. */
function laidOut() {
  let id = 0;
  let y = 0;
  return ROWS.flatMap(([title, panels]) => {
    const row = { id: ++id, type: 'row', title, collapsed: false, panels: [], gridPos: { x: 0, y, w: COLUMNS, h: 1 } };
    y += 1;
    let x = 0;
    let height = 0;
    const placed = panels.map((panel) => {
      const { type = 'timeseries' } = panel;
      const { width: w = WIDTHS[type] } = panel;
      const h = HEIGHTS[type];
      if (x + w > COLUMNS) {
        x = 0;
        y += height;
        height = 0;
      }
      const gridPos = { x, y, w, h };
      x += w;
      height = Math.max(height, h);
      return { id: ++id, ...rendered(panel, type), gridPos };
    });
    y += height;
    return [row, ...placed];
  });
}

function rendered({ title, description, unit = 'short', queries, ...look }: Panel, type: NonNullable<Panel['type']>) {
  const isTable = type === 'table';
  return {
    type,
    title,
    description,
    datasource: DATASOURCE,
    targets: queries.map(({ expr, legend }, index) => ({
      refId: 'ABC'.charAt(index),
      datasource: DATASOURCE,
      expr,
      ...(legend !== undefined && { legendFormat: legend }),
      ...((isTable || type === 'stat') && { instant: true }),
      ...(isTable && { format: 'table' }),
    })),
    fieldConfig: { defaults: { unit, min: 0, ...styleOf(type, look) }, overrides: [] },
    options: optionsOf(type),
    ...(isTable && {
      transformations: [{ id: 'organize', options: { excludeByName: { Time: true, Value: true, cluster: true } } }],
    }),
  };
}

function styleOf(type: NonNullable<Panel['type']>, { isStacked, redFrom, redBelow }: Partial<Panel>) {
  if (type === 'timeseries') {
    const stacking = { mode: isStacked === true ? 'normal' : 'none' };
    return { custom: { lineWidth: 1, fillOpacity: isStacked === true ? 40 : 10, showPoints: 'never', stacking } };
  }
  const steps = [
    { color: redBelow === undefined ? 'green' : 'red', value: null },
    ...(redFrom === undefined ? [] : [{ color: 'red', value: redFrom }]),
    ...(redBelow === undefined ? [] : [{ color: 'green', value: redBelow }]),
  ];
  return { thresholds: { mode: 'absolute', steps } };
}

function optionsOf(type: NonNullable<Panel['type']>) {
  switch (type) {
    case 'stat':
      return { colorMode: 'value', graphMode: 'none', reduceOptions: { calcs: ['lastNotNull'] } };
    case 'table':
      return { showHeader: true };
    default:
      return { legend: { displayMode: 'list', placement: 'bottom' }, tooltip: { mode: 'multi', sort: 'desc' } };
  }
}
