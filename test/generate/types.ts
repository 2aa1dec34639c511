import { readFile } from 'node:fs/promises';
import { compile, type JSONSchema } from 'json-schema-to-typescript';
import { parse } from 'yaml';

type Schema = Record<string, unknown>;

/** The TypeScript types of a CRD's only version, named after its kind. */
export async function generateTypes(crd: URL, kind: string): Promise<string> {
  const { spec } = parse(await readFile(crd, 'utf8'));
  const schema = toJsonSchema(spec.versions[0].schema.openAPIV3Schema) as Schema & { properties: Schema };
  schema.properties.metadata = { type: 'object', tsType: 'ManifestMetadata' };
  const types = await compile(schema as JSONSchema, kind, {
    additionalProperties: false,
    bannerComment: `/* Generated from crds/${crd.pathname.split('/').at(-1)} by npm run generate. Don't edit. */
import type { ManifestMetadata } from './objectMeta.ts';
`,
    format: true,
    ignoreMinAndMaxItems: true,
    style: { singleQuote: true, printWidth: 120 },
  });
  return types;
}

/** Kubernetes' structural schemas are JSON schemas but for their extensions. */
function toJsonSchema(node: unknown): unknown {
  if (Array.isArray(node)) {
    return node.map(toJsonSchema);
  }
  if (typeof node !== 'object' || node === null) {
    return node;
  }
  const { 'x-kubernetes-int-or-string': intOrString, ...rest } = node as Schema;
  const converted = Object.fromEntries(
    Object.entries(rest)
      .filter(([key]) => !key.startsWith('x-kubernetes-'))
      .map(([key, value]) => [key, toJsonSchema(value)]),
  );
  return intOrString ? { ...converted, type: ['integer', 'string'] } : converted;
}
