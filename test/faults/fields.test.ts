import { readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { INVALID_INTERVAL } from './manifests.ts';
import { scheduleOf, seedsOf } from './scheduleOf.ts';

interface Schema {
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly items?: Schema;
}

const SCHEDULES = [...seedsOf('FieldEdits', 60), ...Array.from({ length: 100 }, (_, index) => index + 1)].map(
  scheduleOf,
);

/** Returns the fields with values in the spec of a CRD, for example, `rollout.maintenanceWindows[].cron`. */
async function fieldsOf(file: string): Promise<string[]> {
  const crd = parse(await readFile(new URL(`../../crds/${file}`, import.meta.url), 'utf8'));
  const leavesOf = (schema: Schema, path: string): string[] => {
    if (schema.properties !== undefined) {
      return Object.entries(schema.properties).flatMap(([name, member]) =>
        leavesOf(member, path === '' ? name : `${path}.${name}`),
      );
    }
    return schema.items === undefined ? [path] : leavesOf(schema.items, `${path}[]`);
  };
  return leavesOf(crd.spec.versions[0].schema.openAPIV3Schema.properties.spec, '');
}

/** Returns every value of a manifest by its path. */
function valuesIn(value: unknown, path = ''): Map<string, unknown> {
  if (Array.isArray(value)) {
    return new Map(value.flatMap((item, index) => [...valuesIn(item, `${path}[${index}]`)]));
  }
  if (typeof value !== 'object' || value === null) {
    return new Map([[path, value]]);
  }
  const members = Object.entries(value);
  return new Map(members.flatMap(([name, member]) => [...valuesIn(member, path === '' ? name : `${path}.${name}`)]));
}

/** Returns the fields that an edit changes. */
function changed(before: unknown, after: unknown): string[] {
  const [was, is] = [valuesIn(before), valuesIn(after)];
  return [...new Set([...was.keys(), ...is.keys()])]
    .filter((path) => was.get(path) !== is.get(path))
    .map((path) => path.replace(/\[\d+\]/g, '[]').replace(/\.(matchTags|matchLabels)\..*/, '.$1'));
}

/** Returns the specs of each policy or fleet of all schedules, in the order in which they are applied. */
function histories(kind: 'Apply' | 'Fleet'): unknown[][] {
  return SCHEDULES.flatMap(({ actions }) => {
    const actionsByOthers = actions.flatMap(({ action }) => (action.do === kind ? [action] : []));
    return [...Map.groupBy(actionsByOthers, (action) => ('name' in action ? action.name : '')).values()].map((some) =>
      some.map(({ spec }) => spec),
    );
  });
}

test.each([
  ['workspaceapplicationpolicies.yaml', 'Apply'],
  ['workspacefleets.yaml', 'Fleet'],
] as const)('schedules edit every field of %s', async (file, kind) => {
  const touched = new Set(
    histories(kind).flatMap((specs) => specs.slice(1).flatMap((spec, index) => changed(specs[index], spec))),
  );
  expect((await fieldsOf(file)).filter((field) => !touched.has(field))).toEqual([]);
});

test('schedules revert edits of a policy, and fix invalid policies', () => {
  const texts = histories('Apply').map((specs) => specs.map((spec) => JSON.stringify(spec)));
  expect(texts.filter(([a, b, c]) => a === c && a !== b).length).toBeGreaterThan(10);
  const isInvalidSpec = (text = '') => text.includes(`"interval":"${INVALID_INTERVAL}"`);
  const isFixed = (specs: string[]) =>
    specs.some((spec, index) => isInvalidSpec(spec) && !isInvalidSpec(specs[index + 1] ?? spec));
  expect(texts.filter(isFixed).length).toBeGreaterThan(0);
});
