import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { DIFFERENCE_FORMATS, differencesBetween } from '../../../../src/cli/actions/plan/differences.ts';
import type { PlanDocument, PlannedChange } from '../../../../src/cli/actions/plan/document.ts';
import { exceptionsFor } from '../../../../src/cli/actions/plan/exceptions.ts';
import { parsePolicy } from '../../../../src/policy/parse.ts';
import { policyObject, VISIO, ws } from '../../../builders.ts';

const NOW = new Date('2026-11-24T12:00:00Z');

function documentOf(changes: readonly Partial<PlannedChange>[]): PlanDocument {
  const base = {
    userName: 'anna',
    applicationID: VISIO,
    desired: 'Absent',
    action: 'Disassociate',
    because: 'denied',
  } as const;
  return {
    policies: [
      {
        namespace: 'desktops',
        name: 'no-visio',
        enforcement: 'Enforce',
        holds: [],
        changes: changes.map((change) => ({ workspaceID: ws(1), ...base, ...change })),
      },
    ],
    summary: { disassociate: 0, associate: 0, deploy: 0, held: 0, sources: 0, failed: 0 },
  };
}

describe('exceptionsFor', () => {
  test('returns exceptions that are valid in the policy and expire in 30 days', () => {
    const text = exceptionsFor(
      documentOf([
        { workspaceID: ws(2) },
        { workspaceID: ws(1), holdReason: 'UserConnected' },
        { workspaceID: ws(3), desired: 'Present' },
      ]),
      NOW,
    );
    const { exceptions } = parsePolicy(policyObject('no-visio', parse(text)));
    expect(exceptions).toEqual([
      {
        workspaceIDs: new Set([ws(1), ws(2)]),
        application: { id: VISIO },
        reason: 'in use on 2026-11-24, when the policy was introduced',
        expiresAt: new Date('2026-12-24T00:00:00Z'),
      },
    ]);
  });

  test('puts at most 100 WorkSpaces in each exception, the limit of the CRD', () => {
    const many = Array.from({ length: 201 }, (_, n) => ({ workspaceID: ws(n) }));
    const { exceptions } = parsePolicy(policyObject('no-visio', parse(exceptionsFor(documentOf(many), NOW))));
    expect(exceptions.map(({ workspaceIDs }) => workspaceIDs.size)).toEqual([100, 100, 1]);
  });

  test('returns only a comment if the plan removes nothing', () => {
    expect(exceptionsFor(documentOf([]), NOW)).toBe('# desktops/no-visio: the plan removes nothing\n');
  });
});

test('differencesBetween returns the outcomes of only one version, including changes on hold', () => {
  const before = documentOf([{ workspaceID: ws(1) }, { workspaceID: ws(2) }]);
  const after = documentOf([
    { workspaceID: ws(2), holdReason: 'UserConnected' },
    { workspaceID: ws(3), userName: '\u001b[2J' },
    { workspaceID: ws(1), desired: 'Present', action: 'Associate' },
  ]);
  const differences = differencesBetween(before, after);
  const lines = [
    `+ desktops/no-visio: ${ws(1)} (anna) gains ${VISIO}`,
    `- desktops/no-visio: ${ws(1)} (anna) loses ${VISIO}`,
    `+ desktops/no-visio: ${ws(3)} (\uFFFD[2J) loses ${VISIO}`,
  ];
  expect(DIFFERENCE_FORMATS.table(differences, false)).toBe(
    [...lines, 'Differences: 2 added, 1 removed.', ''].join('\n'),
  );
  expect(DIFFERENCE_FORMATS.markdown(differences, false)).toBe(
    ['```diff', ...lines, '```', '', '**Differences: 2 added, 1 removed.**', ''].join('\n'),
  );
  expect(parse(DIFFERENCE_FORMATS.yaml(differences, false))).toEqual(differences);
  expect(JSON.parse(DIFFERENCE_FORMATS.json(differences, false))).toEqual(differences);
  expect(differencesBetween(after, after)).toEqual([]);
});
