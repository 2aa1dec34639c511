import fc from 'fast-check';
import { expect, test } from 'vitest';
import { FleetError } from '../../../src/fleet/errors.ts';
import type { Fleet, Listed } from '../../../src/fleet/ports.ts';
import { fuzzRuns } from '../../fuzzRuns.ts';
import { asArray } from '../harness.ts';
import { HostileAws } from './hostileAws.ts';
import { seed } from './seed.ts';
import { type Tampering, tamperedBody, tampering } from './tampering.ts';
import { entriesOf, isJudged } from './wellFormed.ts';

const [WORKSPACE, APPLICATION] = ['ws-000000001', 'wsa-visio0000'];

/** Calls of each operation as the operator makes them. */
const CALLS: Readonly<Record<Tampering['operation'], (fleet: Fleet) => Promise<unknown>>> = {
  DescribeWorkspaces: (fleet) => fleet.describeWorkspaces({ all: true }),
  DescribeWorkspacesConnectionStatus: (fleet) => fleet.describeWorkspacesConnectionStatus([WORKSPACE]),
  DescribeApplications: (fleet) => fleet.describeApplications({}),
  DescribeApplicationAssociations: (fleet) => asArray(fleet.describeApplicationAssociations(APPLICATION)),
  DescribeWorkspaceAssociations: (fleet) => fleet.describeWorkspaceAssociations(WORKSPACE),
  DescribeTags: (fleet) => fleet.describeTags(WORKSPACE),
  GetResources: (fleet) => fleet.getResources(),
  AssociateWorkspaceApplication: (fleet) => fleet.associateWorkspaceApplication(WORKSPACE, 'wsa-project00'),
  DisassociateWorkspaceApplication: (fleet) => fleet.disassociateWorkspaceApplication(WORKSPACE, APPLICATION),
  DeployWorkspaceApplications: (fleet) => fleet.deployWorkspaceApplications(WORKSPACE, { force: false }),
};

test('a tampered response is rejected with the name of the operation, or all its used members are well-formed', async () => {
  await fc.assert(
    fc.asyncProperty(tampering, async (tampered) => {
      const { operation } = tampered;
      const aws = new HostileAws(seed);
      if (operation === 'DeployWorkspaceApplications') {
        await aws.fleet.disassociateWorkspaceApplication(WORKSPACE, APPLICATION);
      }
      aws.tamper = (called, body) => (called === operation ? tamperedBody(tampered, body) : body);
      const outcome = await CALLS[operation](aws.fleet).catch((error: unknown) => error);
      const last = aws.served.findLast((served) => served.operation === operation)?.body ?? '';
      if (outcome instanceof FleetError) {
        expect(outcome.message).toMatch(new RegExp(`^${operation}\\b`));
        expect(outcome.message.length).toBeLessThan(1_500);
        expect(outcome.message).not.toMatch(/[\p{Cc}\p{Cf}]/u);
      } else {
        expect(outcome).not.toBeInstanceOf(Error);
        expect(problemsIn(outcome)).toEqual([]);
        expect(!isJudged(operation) || entriesOf(operation, last) !== undefined || isMarked(outcome)).toBe(true);
      }
      expect(aws.served.length).toBeLessThan(10);
    }),
    fuzzRuns(100),
  );
});

/** Whether a result names the items whose values it doesn't contain. */
function isMarked(outcome: unknown): boolean {
  const items = outcome as Listed<{ readonly untrusted?: string }>;
  return items.unidentified !== undefined || items.some(({ untrusted }) => untrusted !== undefined);
}

/** Returns the malformed values in a result. */
function problemsIn(value: unknown): unknown[] {
  if (typeof value === 'string') {
    return value.length <= 2048 ? [] : [value.length];
  }
  if (value instanceof Date) {
    return Number.isNaN(value.getTime()) ? [value] : [];
  }
  if (value instanceof Map) {
    return [...value].flatMap(problemsIn);
  }
  if (Array.isArray(value)) {
    return value.flatMap(problemsIn);
  }
  if (typeof value === 'object' && value !== null) {
    const ids = Object.entries(value).filter(([name]) => /^(workspace|application)ID$/.test(name));
    const notIds = ids.filter(([, id]) => !/^[\w-]{1,66}$/.test(String(id)));
    return [...notIds, ...Object.values(value).flatMap(problemsIn)];
  }
  return value === undefined ? [] : [value];
}
