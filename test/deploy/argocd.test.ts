import { readFileSync } from 'node:fs';
import { Ajv } from 'ajv';
import addFormats from 'ajv-formats';
import { describe, expect, test } from 'vitest';
import { LuaFactory } from 'wasmoon';
import { parse } from 'yaml';
import { parsePolicy } from '../../src/policy/parse.ts';
import { parseFleet } from '../../src/policy/parseFleet.ts';
import { parseProvider } from '../../src/policy/parseProvider.ts';
import { type Kind, schemaOf } from '../../src/policy/schema.ts';

const ROOT = new URL('../../deploy/argocd/resource_customizations/wsap.dev/', import.meta.url);
const read = (path: string) => readFileSync(new URL(path, ROOT), 'utf8');
const PARSERS: Readonly<Record<Kind, (object: unknown) => unknown>> = {
  WorkspaceApplicationPolicy: parsePolicy,
  WorkspaceFleet: parseFleet,
  NotificationProvider: parseProvider,
};
const KINDS = Object.keys(PARSERS) as Kind[];

const ajv = new Ajv({ strict: false });
(addFormats as unknown as (ajv: Ajv) => void)(ajv);

/** Runs a script on an object, like Argo CD. */
async function run(script: string, object: unknown): Promise<unknown> {
  const lua = await new LuaFactory().createEngine({ injectObjects: true });
  try {
    await lua.doString(`obj = ${luaOf(object)}`);
    return await lua.doString(read(script));
  } finally {
    lua.global.close();
  }
}

/** Returns a value in the notation of Lua. */
function luaOf(value: unknown): string {
  if (Array.isArray(value)) {
    return `{${value.map(luaOf).join(', ')}}`;
  }
  if (typeof value === 'object' && value !== null) {
    return `{${Object.entries(value)
      .map(([key, child]) => `[${JSON.stringify(key)}] = ${luaOf(child)}`)
      .join(', ')}}`;
  }
  return JSON.stringify(value);
}

describe.each(KINDS)('the health of a %s', (kind) => {
  const { tests } = parse(read(`${kind}/health_test.yaml`)) as {
    tests: { inputPath: string; healthStatus: { status: string; message: string } }[];
  };
  test.each(tests)('the health of $inputPath is $healthStatus.status', async ({ inputPath, healthStatus }) => {
    expect(await run(`${kind}/health.lua`, parse(read(`${kind}/${inputPath}`)))).toEqual(healthStatus);
  });
  test.each(tests)('$inputPath is a valid object', ({ inputPath }) => {
    const object = parse(read(`${kind}/${inputPath}`));
    expect(() => PARSERS[kind](object)).not.toThrow();
    const { properties } = schemaOf(kind) as { properties: { status: object } };
    expect(ajv.validate(properties.status, object.status), ajv.errorsText()).toBe(true);
    const conditions: { type: string; status: string }[] = object.status.conditions ?? [];
    const absentUnlessTrue = conditions.filter(({ type }) => type === 'Reconciling' || type === 'Stalled');
    expect(absentUnlessTrue.filter(({ status }) => status !== 'True')).toEqual([]);
  });
});

describe('the actions of a policy', () => {
  const folder = 'WorkspaceApplicationPolicy/actions';
  const { discoveryTests, actionTests } = parse(read(`${folder}/action_test.yaml`)) as {
    discoveryTests: { inputPath: string; result: { name: string; disabled: boolean }[] }[];
    actionTests: { action: string; inputPath: string; expectedOutputPath: string }[];
  };
  test.each(discoveryTests)(
    'the actions of $inputPath are enabled if they have an effect',
    async ({ inputPath, result }) => {
      const found = await run(`${folder}/discovery.lua`, parse(read(`${folder}/${inputPath}`)));
      expect(found).toEqual(Object.fromEntries(result.map(({ name, disabled }) => [name, { disabled }])));
    },
  );
  test.each(actionTests)(
    'the action $action leads to $expectedOutputPath',
    async ({ action, inputPath, expectedOutputPath }) => {
      const output = await run(`${folder}/${action}/action.lua`, parse(read(`${folder}/${inputPath}`)));
      const atNoTime = JSON.parse(JSON.stringify(output).replace(/(By Argo CD at: )[^"]*/, '$10001-01-01T00:00:00'));
      expect(atNoTime).toEqual(parse(read(`${folder}/${expectedOutputPath}`)));
      expect(() => parsePolicy(output)).not.toThrow();
    },
  );
});
