import { describe, expect, test } from 'vitest';
import { EXCEPTION_NAMES, OPERATION_NAMES, operationNamed, shapeNamed } from '../../src/simulator/model.ts';
import { type JsonObject, validateInput } from '../../src/simulator/validate.ts';
import { assertOutput } from '../../src/simulator/validateOutput.ts';
import { rejectionOf } from './fixtures.ts';

const WORKSPACE = 'ws-0123456789';
type Name = (typeof OPERATION_NAMES)[number];

const INVALID: [string, Name, unknown, string][] = [
  [
    'a missing member',
    'DescribeTags',
    {},
    "ValidationException: 1 validation error detected: Value null at 'ResourceId' failed to satisfy constraint: Member must not be null",
  ],
  ['null for a required member', 'DescribeTags', { ResourceId: null }, "Value null at 'ResourceId'"],
  [
    'two missing members',
    'DisassociateWorkspaceApplication',
    {},
    "ValidationException: 2 validation errors detected: Value null at 'WorkspaceId' failed to satisfy constraint: Member must not be null; Value null at 'ApplicationId'",
  ],
  [
    'a string too short',
    'DescribeTags',
    { ResourceId: '' },
    "Value '' at 'ResourceId' failed to satisfy constraint: Member must have length greater than or equal to 1",
  ],
  [
    'a string too long',
    'DescribeWorkspaces',
    { UserName: 'u'.repeat(64) },
    'Member must have length less than or equal to 63',
  ],
  [
    'a wrong pattern',
    'DeployWorkspaceApplications',
    { WorkspaceId: 'ws-ABC' },
    "Value 'ws-ABC' at 'WorkspaceId' failed to satisfy constraint: Member must satisfy regular expression pattern: ^ws-[0-9a-z]{8,63}$",
  ],
  [
    'a match of a part only',
    'DescribeApplications',
    { Owner: '123456789012x' },
    " at 'owner' failed to satisfy constraint: Member must satisfy regular expression pattern",
  ],
  [
    'a value outside an enum',
    'DescribeApplications',
    { LicenseType: 'FREE' },
    "Value 'FREE' at 'licenseType' failed to satisfy constraint: Member must satisfy enum value set: [LICENSED, UNLICENSED]",
  ],
  [
    'an empty list',
    'DescribeWorkspaces',
    { WorkspaceIds: [] },
    "Value '[]' at 'WorkspaceIds' failed to satisfy constraint: Member must have length greater than or equal to 1",
  ],
  [
    'a list too long',
    'DescribeWorkspaces',
    { WorkspaceIds: Array(26).fill(WORKSPACE) },
    'Member must have length less than or equal to 25',
  ],
  [
    'a wrong member of a list',
    'DescribeWorkspaces',
    { WorkspaceIds: [WORKSPACE, 'x'] },
    `Value '[${WORKSPACE}, x]' at 'WorkspaceIds' failed to satisfy constraint: Member must satisfy constraint: [Member must satisfy regular`,
  ],
  [
    'an integer too small',
    'DescribeWorkspaces',
    { Limit: 0 },
    "Value '0' at 'limit' failed to satisfy constraint: Member must have value greater than or equal to 1",
  ],
  [
    'an integer too large',
    'DescribeApplications',
    { MaxResults: 26 },
    " at 'maxResults' failed to satisfy constraint: Member must have value less than or equal to 25",
  ],
  [
    'a number for a string',
    'DescribeTags',
    { ResourceId: 1 },
    'SerializationException: ResourceId: NUMBER_VALUE can not be converted to a String',
  ],
  [
    'a string for a list',
    'DescribeWorkspaces',
    { WorkspaceIds: WORKSPACE },
    'SerializationException: WorkspaceIds: STRING_VALUE can not be converted to a List',
  ],
  ['a string for an integer', 'DescribeWorkspaces', { Limit: '5' }, 'SerializationException: Limit: STRING_VALUE'],
  ['a fraction for an integer', 'DescribeWorkspaces', { Limit: 1.5 }, 'SerializationException: Limit: NUMBER_VALUE'],
  [
    'a string for a boolean',
    'DeployWorkspaceApplications',
    { WorkspaceId: WORKSPACE, Force: 'true' },
    'SerializationException: Force: STRING_VALUE can not be converted to a Boolean',
  ],
  [
    'a number in a list of strings',
    'DescribeWorkspaces',
    { WorkspaceIds: [1] },
    'SerializationException: WorkspaceIds[0]: NUMBER_VALUE',
  ],
  ['null in a list', 'DescribeWorkspaces', { WorkspaceIds: [null] }, 'SerializationException: WorkspaceIds[0]'],
  ['a list for a request', 'DescribeWorkspaces', [], 'SerializationException: the request: LIST_VALUE'],
];

describe('a request is rejected for', () => {
  test.each(INVALID)('%s', (_, operation, input, message) => {
    expect(rejectionOf(() => validateInput(operation, input))).toContain(withLowercaseMembers(message));
  });
});

test('a request loses unknown members and nulls', () => {
  const input = { DirectoryId: 'd-0123456789', UserName: null, Frobnicate: true };
  expect(validateInput('DescribeWorkspaces', input)).toEqual({ DirectoryId: 'd-0123456789' });
});

const IMPOSSIBLE: [string, Name, JsonObject, string][] = [
  [
    'a member that the model lacks',
    'DescribeWorkspaces',
    { Workspaces: [{ Owner: 'x' }] },
    "Workspaces[0].Owner isn't a member of Workspace",
  ],
  ['another type', 'DescribeWorkspaces', { Workspaces: [{ UserName: 1 }] }, 'UserName must be a string, not number'],
  [
    'a Date for a timestamp',
    'DescribeApplications',
    { Applications: [{ Created: new Date() }] },
    'Created must be a timestamp',
  ],
  ['a value that isn’t a list', 'DescribeWorkspaces', { Workspaces: {} }, 'Workspaces must be a list'],
  ['a missing member', 'DescribeTags', { TagList: [{ Value: 'x' }] }, 'TagList[0].Key is required'],
  ['undefined for a member', 'DescribeWorkspaces', { NextToken: undefined }, 'NextToken must be a string'],
];

describe('a response of the simulator is a bug with', () => {
  test.each(IMPOSSIBLE)('%s', (_, operation, output, message) => {
    expect(() => assertOutput(operation, output)).toThrow(message);
  });
});

test('the model contains all shapes that its operations use', () => {
  const seen = new Set<string>();
  const visit = (name: string): void => {
    if (seen.has(name)) {
      return;
    }
    seen.add(name);
    const { members = {}, member } = shapeNamed(name);
    for (const inner of [...Object.values(members), ...(member === undefined ? [] : [member])]) {
      visit(inner);
    }
  };
  for (const name of OPERATION_NAMES) {
    const { input, output, errors } = operationNamed(name);
    for (const shape of [input, output, ...errors]) {
      visit(shape);
    }
  }
  expect(EXCEPTION_NAMES.every((name) => seen.has(name))).toBe(true);
});

/** Returns the message with member names in lowercase, as AWS writes them. */
function withLowercaseMembers(message: string): string {
  return message.replaceAll(/ at '(\w)/g, (_, first: string) => ` at '${first.toLowerCase()}`);
}
