import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';

interface Schema {
  readonly type?: string;
  readonly description?: string;
  readonly default?: unknown;
  readonly pattern?: string;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly maxLength?: number;
  readonly minItems?: number;
  readonly maxItems?: number;
  readonly minProperties?: number;
  readonly enum?: readonly string[];
  readonly format?: string;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly items?: Schema;
  readonly additionalProperties?: Schema;
  readonly 'x-kubernetes-map-type'?: string;
  readonly 'x-kubernetes-list-type'?: string;
  readonly 'x-kubernetes-validations'?: readonly { readonly rule: string; readonly message?: string }[];
}

interface Version {
  readonly schema: { readonly openAPIV3Schema: Schema };
  readonly selectableFields: readonly { readonly jsonPath: string }[];
  readonly additionalPrinterColumns: readonly {
    readonly name: string;
    readonly description?: string;
    readonly priority?: number;
  }[];
}

type Field = readonly [path: string, schema: Schema];

const [policies, fleets, providers] = ['workspaceapplicationpolicies', 'workspacefleets', 'notificationproviders'].map(
  (name): Version => {
    const { spec } = parse(readFileSync(new URL(`../../crds/${name}.yaml`, import.meta.url), 'utf8'));
    return spec.versions[0];
  },
) as [Version, Version, Version];
const versions = [policies, fleets, providers];

/**
 * Every field, the entries of each list (`field[]`), and the values of each map (`field.*`). Without metadata, which the API server
 * describes and a CRD can't.
 */
const fields = versions.flatMap(fieldsIn);

function fieldsIn({ schema }: Version): Field[] {
  const { metadata: _, ...properties } = schema.openAPIV3Schema.properties ?? {};
  return fieldsOf('', { properties });
}

function fieldsOf(path: string, { properties = {}, items, additionalProperties }: Schema): Field[] {
  const children = Object.entries(properties).map(([name, child]): Field => [join(path, name), child]);
  const entries: Field[] = items === undefined ? [] : [[`${path}[]`, items]];
  const values: Field[] = additionalProperties === undefined ? [] : [[`${path}.*`, additionalProperties]];
  return [...children, ...entries, ...values].flatMap((child) => [child, ...fieldsOf(...child)]);
}

function join(parent: string, child: string): string {
  return parent === '' ? child : `${parent}.${child}`;
}

function pathsOf(isMeant: (schema: Schema, path: string) => boolean, among: readonly Field[] = fields): string[] {
  return among.filter(([path, schema]) => isMeant(schema, path)).map(([path]) => path);
}

describe('names', () => {
  /** Kubernetes writes initialisms in capitals: `accountID`, `roleARN`. */
  const MIXED = /[a-z](?:Id|Arn|Url|Uri|Uid|Api|Aws|Ip|Dns)(?:s?$|[A-Z])/;

  test('write initialisms in capitals', () => {
    expect(pathsOf((_, path) => MIXED.test(path.split('.').at(-1) ?? ''))).toEqual([]);
  });

  test.each(['queueId', 'subnetIds', 'roleArn', 'queueIdOf'])('%s is found', (name) => {
    expect(name).toMatch(MIXED);
  });

  test.each(['workspaceIDs', 'roleARN', 'id', 'identity', 'incident', 'Ideas'])('%s is fine', (name) => {
    expect(name).not.toMatch(MIXED);
  });
});

describe('descriptions', () => {
  const isSentence = (description = '') => /^[A-Z`].*\S\.$/.test(description);

  test('are whole sentences, for every field, list entry, and map value', () => {
    const paths = fields.map(([path]) => path);
    expect(paths).toContain('status.associations[].stateReason.errorCode');
    expect(paths).toContain('spec.workspaceSelector.tags.matchTags.*');
    expect(paths).toContain('spec.allowedNamespaces.selector.matchLabels.*');
    expect(pathsOf(({ description }) => !isSentence(description))).toEqual([]);
    expect(versions.map(({ schema }) => isSentence(schema.openAPIV3Schema.description))).toEqual([true, true, true]);
  });

  test('are whole sentences for every column of kubectl get', () => {
    const columns = versions.flatMap(({ additionalPrinterColumns }) => additionalPrinterColumns);
    expect(columns.filter(({ description }) => !isSentence(description)).map(({ name }) => name)).toEqual([]);
  });

  test('name the default of every field that has one', () => {
    const isScalar = ({ default: value }: Schema) => value !== undefined && typeof value !== 'object';
    expect(pathsOf(isScalar)).toContain('spec.retry.backoff.factor');
    expect(
      pathsOf((schema) => isScalar(schema) && !schema.description?.includes(`Defaults to ${schema.default}`)),
    ).toEqual([]);
  });

  test('name the range of every bounded number', () => {
    const isBounded = ({ minimum, maximum }: Schema) => minimum !== undefined || maximum !== undefined;
    expect(pathsOf(isBounded)).toContain('spec.rateLimit.requestsPerMinute');
    expect(
      pathsOf((schema) => {
        const { minimum, maximum, description } = schema;
        return isBounded(schema) && !description?.includes(`Range: ${minimum} to ${maximum}.`);
      }),
    ).toEqual([]);
  });

  test('give the default before the range, and the range before the example', () => {
    const order = ['Defaults to ', 'Range: ', 'Example'];
    expect(
      pathsOf(({ description = '' }) => {
        const found = order.map((word) => description.indexOf(word)).filter((index) => index >= 0);
        return found.some((index, n) => index < (found[n - 1] ?? 0));
      }),
    ).toEqual([]);
  });
});

describe('rules', () => {
  const rulesOf = ({ 'x-kubernetes-validations': rules = [] }: Schema) => rules;

  test('have a message, which the API server puts after the name of the field', () => {
    expect(pathsOf((schema) => rulesOf(schema).some(({ message = '' }) => !/^[a-z].*[^.]$/.test(message)))).toEqual([]);
  });

  test('accompany every pattern, with the same pattern and an example, as patterns are hard to read', () => {
    const explains = (schema: Schema) =>
      rulesOf(schema).some(
        ({ rule, message = '' }) =>
          // Backslashes are escaped in a CEL string.
          rule.includes(`self.matches('${schema.pattern?.replaceAll('\\', '\\\\')}')`) &&
          message.includes(', for example, '),
      );
    expect(pathsOf(({ pattern }) => pattern !== undefined)).not.toEqual([]);
    expect(pathsOf((schema) => schema.pattern !== undefined && !explains(schema))).toEqual([]);
  });
});

describe('structure', () => {
  test('everything in spec and status is bounded, so that validation has a cost and an object a size', () => {
    const isText = ({ type, enum: values, format }: Schema) => type === 'string' && values === undefined && !format;
    const unbounded = pathsOf(
      (schema) =>
        (isText(schema) && schema.maxLength === undefined) ||
        (schema.type === 'array' && schema.maxItems === undefined),
    );
    expect(unbounded).toEqual(['apiVersion', 'kind', 'apiVersion', 'kind', 'apiVersion', 'kind']);
  });

  test('no number is a float, which the API conventions forbid in a spec', () => {
    expect(pathsOf(({ type }) => type === 'number')).toEqual([]);
  });

  test('no entry of a list has a default, because tools that compare lists as a whole would find a difference', () => {
    const hasDefault = (schema: Schema, path: string) => schema.default !== undefined && path.includes('[]');
    expect(pathsOf(hasDefault)).toEqual([]);
    const window: Schema = { items: { properties: { timeZone: { type: 'string', default: 'UTC' } } } };
    expect(pathsOf(hasDefault, fieldsOf('windows', window))).toEqual(['windows[].timeZone']);
  });

  test('every list has a type, so that a server-side apply knows how to merge it', () => {
    expect(pathsOf((schema) => schema.type === 'array' && schema['x-kubernetes-list-type'] === undefined)).toEqual([]);
  });

  test('maps that select are atomic, because two appliers that merge them would narrow an exclusion, and so are the plan and the rollout, which a restore must not mix with others', () => {
    expect(pathsOf((schema) => schema['x-kubernetes-map-type'] === 'atomic')).toEqual([
      'spec.workspaceSelector.tags',
      'spec.workspaceSelector.exclude.tags',
      'status.plan',
      'status.rollout',
      'spec.allowedNamespaces.selector',
      'spec.namespaces.selector',
    ]);
    const selects = ({ properties }: Schema) => properties?.matchExpressions !== undefined;
    expect(pathsOf((schema) => selects(schema) && schema['x-kubernetes-map-type'] !== 'atomic')).toEqual([]);
  });

  test('a list or a map can be empty exactly where that selects no more and allows no more', () => {
    const isCollection = ({ type, additionalProperties }: Schema) =>
      type === 'array' || additionalProperties !== undefined;
    const inSpec = fields.filter(([path, schema]) => path.startsWith('spec.') && isCollection(schema));
    const canBeEmpty = pathsOf(({ minItems = 0, minProperties = 0 }) => minItems === 0 && minProperties === 0, inSpec);
    expect(canBeEmpty).toEqual([
      'spec.workspaceSelector.exclude.workspaceIDs',
      'spec.workspaceSelector.exclude.userNames',
      'spec.workspaceSelector.exclude.tags.matchTags',
      'spec.workspaceSelector.exclude.tags.matchExpressions',
      'spec.applications.required',
      'spec.applications.allowed',
      'spec.applications.denied',
      'spec.exceptions',
    ]);
    expect(pathsOf(() => true, inSpec)).toEqual(
      expect.arrayContaining([
        'spec.workspaceSelector.workspaceIDs',
        'spec.rollout.maintenanceWindows',
        'spec.exceptions[].workspaceIDs',
        'spec.directoryIDs',
      ]),
    );
  });

  test('a new object is not yet observed, so that kstatus does not take it for current', () => {
    expect(versions.map(({ schema }) => schema.openAPIV3Schema.properties?.status?.default)).toEqual([
      { observedGeneration: -1 },
      { observedGeneration: -1 },
      { observedGeneration: -1 },
    ]);
  });

  test('the table of a policy comes last in its status, because kubectl describe sorts keys', () => {
    const { status } = policies.schema.openAPIV3Schema.properties ?? {};
    expect(
      Object.keys(status?.properties ?? {})
        .sort()
        .at(-1),
    ).toBe('summary');
  });
});

describe('selectable fields', () => {
  test.each([
    ['policy', policies, ['.spec.enforcement', '.spec.suspend', '.spec.fleetRef.name']],
    ['fleet', fleets, ['.spec.region', '.spec.suspend']],
    ['provider', providers, ['.spec.type', '.spec.suspend']],
  ] as const)('of a %s are single strings, integers, or booleans (KEP-4358)', (_, version, paths) => {
    expect(version.selectableFields.map(({ jsonPath }) => jsonPath)).toEqual(paths);
    const known = new Map(fieldsIn(version));
    const types = paths.map((path) => known.get(path.slice(1))?.type);
    expect(types.filter((type) => !['string', 'integer', 'boolean'].includes(type ?? ''))).toEqual([]);
  });
});

describe('columns of kubectl get', () => {
  const columnsOf = ({ additionalPrinterColumns }: Version, isWide: boolean) =>
    additionalPrinterColumns.filter(({ priority = 0 }) => priority > 0 === isWide).map(({ name }) => name);

  test('of a policy', () => {
    expect(columnsOf(policies, false)).toEqual([
      'Enforcement',
      'Suspended',
      'Ready',
      'Compliant',
      'Workspaces',
      'Drifted',
      'Held',
      'Age',
    ]);
    expect(columnsOf(policies, true)).toEqual(['Fleet', 'Last Sync', 'Message']);
  });

  test('of a fleet', () => {
    expect(columnsOf(fleets, false)).toEqual([
      'Account',
      'Region',
      'Ready',
      'Suspended',
      'Policies',
      'Workspaces',
      'Age',
    ]);
    expect(columnsOf(fleets, true)).toEqual(['Calls', 'Message']);
  });

  test('of a provider', () => {
    expect(columnsOf(providers, false)).toEqual(['Type', 'Suspended', 'Ready', 'Pending', 'Last Sent', 'Age']);
    expect(columnsOf(providers, true)).toEqual(['Message']);
  });
});
