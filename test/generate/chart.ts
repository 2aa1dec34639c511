import { readFile } from 'node:fs/promises';
import { Document, stringify, type YAMLMap } from 'yaml';

/**
 * Schema of the chart's values, or of one of them. Its descriptions, defaults, and examples are the documentation of
 * the chart.
 */
export interface ValueSchema {
  readonly type?: string | readonly string[];
  readonly description?: string;
  readonly properties?: Readonly<Record<string, ValueSchema>>;
  /** Whether the value was removed. The schema then contains it for a helpful error. */
  readonly deprecated?: boolean;
  readonly default?: unknown;
  readonly examples?: readonly unknown[];
}

/** Value that a user can set. */
export interface ChartValue {
  /** Path of the value, for example, `image.tag`. */
  readonly path: readonly string[];
  readonly description: string;
  readonly default: unknown;
  /** Allowed value that differs from the default. */
  readonly example: unknown;
}

/** Values with which a parent chart enables its dependencies, and which the chart doesn't use. */
const VALUES_OF_PARENT: ReadonlySet<string> = new Set(['enabled', 'tags']);

/** Returns the values of a schema, in its order, without those of a parent chart. */
export function valuesIn({ properties = {} }: ValueSchema, above: readonly string[] = []): ChartValue[] {
  return Object.entries(properties)
    .filter(([name, { deprecated }]) => !deprecated && (above.length > 0 || !VALUES_OF_PARENT.has(name)))
    .flatMap(([name, schema]) => {
      const path = [...above, name];
      return schema.properties === undefined
        ? [{ path, description: schema.description ?? '', default: schema.default, example: schema.examples?.[0] }]
        : valuesIn(schema, path);
    });
}

/** Returns values.yaml: every value with its default, and its description as a comment. */
export async function generateValues(schemaFile: URL): Promise<string> {
  const schema = await readSchema(schemaFile);
  const document = new Document(defaultsOf(schema));
  comment(document.contents as unknown as YAMLMap, schema, true);
  document.commentBefore = " Generated from values.schema.json by npm run generate. Don't edit.";
  return document.toString({ lineWidth: 0 });
}

function defaultsOf({ properties = {} }: ValueSchema, isTop = true): Record<string, unknown> {
  const named = Object.entries(properties).filter(
    ([name, { deprecated }]) => !(deprecated || (isTop && VALUES_OF_PARENT.has(name))),
  );
  return Object.fromEntries(
    named.map(([name, schema]) => [name, schema.properties === undefined ? schema.default : defaultsOf(schema, false)]),
  );
}

function comment(map: YAMLMap, { properties = {} }: ValueSchema, isTop = false): void {
  for (const { key, value } of map.items as {
    key: { value: string; commentBefore?: string; spaceBefore?: boolean };
    value: unknown;
  }[]) {
    const schema = properties[key.value] ?? {};
    key.commentBefore = wrapped(schema.description ?? '');
    key.spaceBefore = isTop || schema.properties !== undefined;
    if (schema.properties !== undefined) {
      comment(value as YAMLMap, schema);
    }
  }
}

function wrapped(text: string): string {
  return text.replace(/(?=\S)(.{1,115})(?:\s|$)/g, ' $1\n').trimEnd();
}

const START = '<!-- values -->\n';
const END = '\n<!-- /values -->';

/** Returns the chart's README with an updated table of values. */
export async function generateChartReadme(readme: URL, schemaFile: URL): Promise<string> {
  const text = await readFile(readme, 'utf8');
  const rows = valuesIn(await readSchema(schemaFile)).map(
    ({ path, description, ...value }) => `| \`${path.join('.')}\` | ${inline(value.default)} | ${description} |`,
  );
  const table = ['| value | default | |', '|---|---|---|', ...rows].join('\n');
  const [before, after] = [text.indexOf(START), text.indexOf(END)];
  return `${text.slice(0, before + START.length)}${table}${text.slice(after)}`;
}

function inline(value: unknown): string {
  return value === null ? '' : `\`${JSON.stringify(value)}\``;
}

/**
 * Returns a CRD as a template, because Helm never upgrades CRDs in the folder crds of a chart. Keeps the text with its
 * comments, because Helm's YAML conversion writes large numbers as floats.
 */
export async function generateCrdTemplate(crd: URL): Promise<string> {
  const text = (await readFile(crd, 'utf8')).replaceAll('{{', '{{ "{{" }}');
  const metadata = `metadata:
  labels:
    {{- include "wsap.labels" . | nindent 4 }}
  {{- with include "wsap.crdAnnotations" . }}
  annotations:
    {{- . | nindent 4 }}
  {{- end }}
`;
  return `{{- /* Generated from crds by npm run generate. Don't edit. */ -}}
{{- if .Values.crds.install }}
${text.replace(/^metadata:\n(?: {2}#.*\n)? {2}annotations:\n(?: {4}.*\n)+/m, metadata)}{{- end }}
`;
}

/** Returns a file with its version replaced by the product's version. */
export async function withVersion(file: URL, version: string): Promise<string> {
  const text = await readFile(file, 'utf8');
  return text.replace(/^(ARG VERSION=| *(?:version|appVersion|newTag): ).*$/gm, `$1${version}`);
}

/** Returns a PrometheusRule with rules. */
export async function generatePrometheusRule(rules: URL): Promise<string> {
  const head = stringify({
    apiVersion: 'monitoring.coreos.com/v1',
    kind: 'PrometheusRule',
    metadata: { name: 'wsap', namespace: 'wsap-system', labels: LABELS },
  });
  const indented = (await readFile(rules, 'utf8')).replace(/^(?=.)/gm, '  ');
  return `# Generated from deploy/prometheus by npm run generate. Don't edit.\n${head}spec:\n${indented}`;
}

/** Returns a ConfigMap from which Grafana loads a dashboard. */
export async function generateDashboardConfigMap(dashboard: URL): Promise<string> {
  const object = {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: {
      name: 'wsap-dashboard',
      namespace: 'wsap-system',
      labels: { ...LABELS, grafana_dashboard: '1' },
    },
    data: { 'wsap.json': (await readFile(dashboard, 'utf8')).trim() },
  };
  return `# Generated from deploy/grafana by npm run generate. Don't edit.\n${stringify(object, { lineWidth: 0 })}`;
}

const LABELS = {
  'app.kubernetes.io/name': 'wsap',
  'app.kubernetes.io/instance': 'wsap',
  'app.kubernetes.io/component': 'operator',
};

async function readSchema(file: URL): Promise<ValueSchema> {
  return JSON.parse(await readFile(file, 'utf8'));
}
