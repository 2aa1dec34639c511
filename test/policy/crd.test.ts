import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { parse } from 'yaml';

interface Schema {
  readonly type?: string;
  readonly description?: string;
  readonly pattern?: string;
  readonly maxLength?: number;
  readonly maxItems?: number;
  readonly enum?: readonly string[];
  readonly format?: string;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly items?: Schema;
  readonly additionalProperties?: Schema;
  readonly 'x-kubernetes-validations'?: readonly { readonly rule: string; readonly message?: string }[];
}

const CRDS = ['workspaceapplicationpolicies', 'workspacefleets'];
const versions = CRDS.map((name) => {
  const { spec } = parse(readFileSync(new URL(`../../crds/${name}.yaml`, import.meta.url), 'utf8'));
  return spec.versions[0];
});

/** Every field, the entries of each list as `field[]`, and the values of each map as `field.*`. The API server describes metadata itself, and lets no CRD do so. */
const fields = versions.flatMap((version) => {
  const { metadata: _, ...properties } = version.schema.openAPIV3Schema.properties as Record<string, Schema>;
  return fieldsOf('', { properties });
});

function fieldsOf(
  path: string,
  { properties = {}, items, additionalProperties }: Schema,
): [path: string, schema: Schema][] {
  const children = Object.entries(properties).map(([name, child]): [string, Schema] => [join(path, name), child]);
  const entries: [string, Schema][] = items === undefined ? [] : [[`${path}[]`, items]];
  const values: [string, Schema][] = additionalProperties === undefined ? [] : [[`${path}.*`, additionalProperties]];
  return [...children, ...entries, ...values].flatMap((child) => [child, ...fieldsOf(...child)]);
}

function join(parent: string, child: string): string {
  return parent === '' ? child : `${parent}.${child}`;
}

function pathsOf(isMeant: (schema: Schema) => boolean): string[] {
  return fields.filter(([, schema]) => isMeant(schema)).map(([path]) => path);
}

test('every field and every list entry has a description, in whole sentences', () => {
  const paths = fields.map(([path]) => path);
  expect(paths).toContain('status.associations[].stateReason.errorCode');
  expect(paths).toContain('spec.workspaceSelector.tags.matchTags.*');
  expect(paths).toContain('spec.allowedNamespaces.selector.matchLabels.*');
  expect(pathsOf(({ description = '' }) => !/^\S.*\S[.]$/.test(description))).toEqual([]);
});

test('every column of kubectl get has a description', () => {
  const columns: { name: string; description?: string }[] = versions.flatMap((one) => one.additionalPrinterColumns);
  expect(columns.filter(({ description }) => !description).map(({ name }) => name)).toEqual([]);
});

test('every pattern stands beside a rule with the same pattern and an example, as patterns are hard to read', () => {
  const explains = ({ pattern, 'x-kubernetes-validations': rules = [] }: Schema) =>
    rules.some(({ rule, message = '' }) => rule.includes(`self.matches('${pattern}')`) && message.includes(', as '));
  expect(pathsOf(({ pattern }) => pattern !== undefined)).not.toEqual([]);
  expect(pathsOf((schema) => schema.pattern !== undefined && !explains(schema))).toEqual([]);
});

test('every rule has a message', () => {
  expect(pathsOf((schema) => (schema['x-kubernetes-validations'] ?? []).some(({ message }) => !message))).toEqual([]);
});

test('everything in spec and status is bounded, so that validation has a cost and an object a size', () => {
  const isText = ({ type, enum: values, format }: Schema) => type === 'string' && values === undefined && !format;
  const unbounded = pathsOf(
    (schema) =>
      (isText(schema) && schema.maxLength === undefined) || (schema.type === 'array' && schema.maxItems === undefined),
  );
  expect(unbounded).toEqual(['apiVersion', 'kind', 'apiVersion', 'kind']);
});
