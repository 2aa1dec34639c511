import { describe, expect, test } from 'vitest';
import { compileGlobs } from '../../src/policy/globList.ts';
import { InvalidResourceError } from '../../src/policy/invalidField.ts';
import { parseServedFleet, parseServedPolicy, UnknownFieldsError } from '../../src/policy/parseServed.ts';
import { schemaOf } from '../../src/policy/schema.ts';
import { knownPartOf, type ServedSchema } from '../../src/policy/unknownFields.ts';
import { fleetObject, OFFICE, policyObject, VISIO } from '../builders.ts';

type Node = { properties: Record<string, Node>; items: Node };

/** Returns the schema of the policy's CRD with more fields. */
function newerSchema(): ServedSchema {
  const schema = structuredClone(schemaOf('WorkspaceApplicationPolicy')) as Node;
  const add = (parent: Node | undefined, name: string, field: ServedSchema) =>
    Object.assign(parent?.properties ?? {}, { [name]: field });
  const { spec } = schema.properties;
  add(spec?.properties.rollout, 'order', { default: 'None' });
  add(spec, 'note', {});
  add(spec, 'canary', {
    default: {},
    properties: { size: { default: 1 }, steps: { default: [{}], items: { properties: { size: { default: 5 } } } } },
  });
  add(spec?.properties.applications?.properties.denied?.items, 'version', { default: '*' });
  return schema as unknown as ServedSchema;
}

const spec = (more: object) => policyObject('p', more as never);
const denied = (more: object) => spec({ applications: { denied: [{ id: VISIO, ...more }] } });

describe('unknown fields that a user set', () => {
  test.each<[string, object, string[]]>([
    ['none, without unknown fields', spec({}), []],
    ['none, with defaults', spec({ rollout: { order: 'None' } }), []],
    ['none, with nested defaults', spec({ canary: { size: 1, steps: [{ size: 5 }] } }), []],
    ['none, with a default in a list', denied({ version: '*' }), []],
    ['a value that isn’t the default', spec({ rollout: { order: 'ByUser' } }), ['spec.rollout.order']],
    ['a nested value that isn’t the default', spec({ canary: { size: 2, steps: [{ size: 5 }] } }), ['spec.canary']],
    ['more than the default', spec({ canary: { size: 1, steps: [{ size: 5 }], x: 1 } }), ['spec.canary']],
    ['a value in a list', denied({ version: '2021' }), ['spec.applications.denied[0].version']],
    ['a field without a default', spec({ note: '' }), ['spec.note']],
    ['a field that the served schema doesn’t have either', spec({ enforcment: 'Audit' }), ['spec.enforcment']],
    ['a name of Object.prototype', spec({ toString: 1 }), ['spec.toString']],
  ])('%s', (_, resource, expected) => {
    const before = structuredClone(resource);
    const { known, userSet } = knownPartOf('WorkspaceApplicationPolicy', resource, newerSchema());
    expect(userSet).toEqual(expected);
    expect(resource).toEqual(before);
    expect(knownPartOf('WorkspaceApplicationPolicy', known, undefined)).toEqual({ known, userSet: [] });
  });

  test('all, if the served schema isn’t known', () => {
    const { userSet } = knownPartOf('WorkspaceApplicationPolicy', spec({ rollout: { order: 'None' } }), undefined);
    expect(userSet).toEqual(['spec.rollout.order']);
  });

  test('a resource without unknown fields isn’t copied', () => {
    const resource = spec({ exceptions: [], rollout: { deploy: 'Manual' } });
    expect(knownPartOf('WorkspaceApplicationPolicy', resource, newerSchema()).known).toBe(resource);
  });
});

function errorOf(resource: object): UnknownFieldsError {
  try {
    parseServedPolicy(resource, newerSchema());
  } catch (error) {
    if (error instanceof UnknownFieldsError) {
      return error;
    }
    throw error;
  }
  throw new Error('the policy is valid');
}

describe('a policy of a newer CRD', () => {
  test('is the same as without the defaults', () => {
    const { known } = knownPartOf('WorkspaceApplicationPolicy', denied({ version: '*' }), newerSchema());
    expect(parseServedPolicy(denied({ version: '*' }), newerSchema())).toEqual(parseServedPolicy(known, undefined));
  });

  test('with a field that a user set protects what its known fields allow, on the WorkSpaces that they select', () => {
    const applications = { required: [{ id: VISIO }], allowed: [{ id: OFFICE }], denied: [{ id: 'wsa-other0000' }] };
    const workspaceSelector = { userNames: ['a'] };
    const { message, protections } = errorOf(spec({ applications, workspaceSelector, priority: 7, note: 'x' }));
    expect(message).toContain('spec.note');
    expect(message).toContain('upgrade the operator');
    expect(protections).toMatchObject({
      allowed: [{ id: VISIO }, { id: OFFICE }],
      required: [],
      denied: [],
      priority: 7,
    });
    expect(protections?.workspaceSelector.userNames).toEqual(compileGlobs(['a']));
  });

  test('protects what an invalid policy protects if its known fields aren’t valid', () => {
    const { protections } = errorOf(
      spec({ workspaceSelector: {}, note: 'x', applications: { allowed: [{ id: VISIO }] } }),
    );
    expect(protections).toMatchObject({ allowed: [{ id: VISIO }], workspaceSelector: { all: true } });
  });

  test('is invalid if a known field is invalid', () => {
    const parse = () => parseServedPolicy(spec({ interval: 'often', rollout: { order: 'None' } }), newerSchema());
    expect(parse).toThrow(InvalidResourceError);
    expect(parse).not.toThrow(UnknownFieldsError);
  });

  test('ignores unknown fields of the status', () => {
    expect(parseServedPolicy({ ...spec({}), status: { newField: 1 } }, undefined).name).toBe('p');
  });
});

describe('a fleet of a newer CRD', () => {
  const newer = {
    properties: { spec: { properties: { partition: { default: 'aws' }, deniedNamespaces: {} } } },
  };
  const fleet = (more: object) => parseServedFleet(fleetObject('emea', more as never), newer);

  test('is the same as without the defaults', () => {
    expect(fleet({ partition: 'aws' })).toEqual(parseServedFleet(fleetObject('emea'), undefined));
  });

  test('keeps the fields that a user set', () => {
    expect(fleet({ partition: 'aws', deniedNamespaces: ['hr'] }).unknownFields).toEqual(['spec.deniedNamespaces']);
  });

  test('without valid known fields has only the unknown ones', () => {
    expect(() => fleet({ region: 1, deniedNamespaces: ['hr'] })).toThrow(UnknownFieldsError);
  });
});
