import { readFile } from 'node:fs/promises';
import { parse } from 'yaml';

type Node = Record<string, unknown>;

/**
 * Returns the schema of a CRD as a JSON schema for editors and kubeconform. It rejects unknown fields, to find
 * misspelled ones.
 */
export async function generateJsonSchema(crd: URL): Promise<string> {
  const { spec } = parse(await readFile(crd, 'utf8'));
  const [version] = spec.versions;
  const { properties, ...rest } = toJsonSchema(version.schema.openAPIV3Schema) as Node & { properties: Node };
  const schema = {
    $schema: 'http://json-schema.org/draft-07/schema#',
    title: spec.names.kind,
    ...rest,
    required: ['apiVersion', 'kind', 'metadata', 'spec'],
    properties: {
      ...properties,
      apiVersion: { const: `${spec.group}/${version.name}` },
      kind: { const: spec.names.kind },
      metadata: { type: 'object', required: ['name'], properties: { name: { type: 'string' } } },
    },
  };
  return `${JSON.stringify(schema, undefined, 2)}\n`;
}

function toJsonSchema(node: unknown): unknown {
  if (Array.isArray(node)) {
    return node.map(toJsonSchema);
  }
  if (typeof node !== 'object' || node === null) {
    return node;
  }
  const { 'x-kubernetes-int-or-string': intOrString, ...rest } = node as Node;
  const entries = Object.entries(rest).filter(([key]) => !key.startsWith('x-kubernetes-'));
  const schema = Object.fromEntries(entries.map(([key, value]) => [key, toJsonSchema(value)])) as Node;
  const isClosed =
    schema.type === 'object' && typeof schema.properties === 'object' && schema.additionalProperties === undefined;
  return {
    ...schema,
    ...(intOrString === true && { type: ['integer', 'string'] }),
    ...(isClosed && { additionalProperties: false }),
  };
}
