import fc from 'fast-check';
import { expect, test } from 'vitest';
import { associationKey } from '../../src/fleet/associationID.ts';
import { ASSOCIATION_STATES, type Association } from '../../src/fleet/model.ts';
import { FindingCollector } from '../../src/plan/findingColumns.ts';
import { HeldChangeCollector } from '../../src/plan/heldChanges.ts';
import type { NextStep } from '../../src/plan/nextStep.ts';
import { associationIDOf, type Change, type Finding, type HeldChange, type Plan } from '../../src/plan/plan.ts';
import { parsePolicy } from '../../src/policy/parse.ts';
import { type Assessment, SEVERITIES } from '../../src/status/assessment.ts';
import { association, guardedPlan, snapshot, workspace, ws } from '../builders.ts';
import { assess } from '../completed.ts';
import { NOW } from '../fixtures.ts';
import { type Given, given } from './arbitraries.ts';

const WORKSPACES = [1, 2, 3].map((n) => workspace(ws(n)));
const APPLICATIONS = ['wsa-1', 'wsa-2'].map((applicationID) => ({
  applicationID,
  name: `Application ${applicationID}`,
}));

const maybe = <T>(value: fc.Arbitrary<T>) => fc.option(value, { nil: undefined });
const text = fc.constantFrom('denied by wsa-1', 'required by wsa-2');
const time = fc.constantFrom(0, 1).map((ms) => new Date(ms));
const step: fc.Arbitrary<NextStep> = fc.oneof(
  fc.constantFrom('Done', 'Associate', 'Disassociate', 'Wait').map((kind) => ({ kind }) as NextStep),
  fc.boolean().map((force) => ({ kind: 'Deploy', force }) as const),
  text.map((message) => ({ kind: 'NeedsIntervention', message }) as const),
);
const evaluated = fc.record({
  isAssociated: fc.boolean(),
  verdict: fc.constantFrom<Finding['verdict'][]>('Denied', 'Required', 'Conflict'),
  because: text,
  unredacted: maybe(text),
  until: maybe(time),
  desired: fc.constantFrom('Present' as const, 'Absent' as const, undefined),
  step: maybe(step),
  failed: fc.constantFrom('Install' as const, 'Uninstall' as const, undefined),
  isIrreversible: fc.boolean(),
  isUndecided: maybe(fc.boolean()),
  unrequested: fc.constantFrom('Started' as const, 'Unmanaged' as const, undefined),
  state: fc.constantFrom(...ASSOCIATION_STATES),
});
/** One finding for each application on each WorkSpace. */
const findings: fc.Arbitrary<Finding[]> = fc.array(evaluated, { minLength: 6, maxLength: 6 }).map((all) =>
  all.map(({ state, ...one }, n): Finding => {
    const [on, application] = [WORKSPACES[Math.floor(n / 2)], APPLICATIONS[n % 2]];
    if (on === undefined || application === undefined) {
      throw new RangeError('there are six findings');
    }
    const id = { workspaceID: on.workspaceID, applicationID: application.applicationID };
    const listed = association(id.workspaceID, id.applicationID, { state });
    return { ...one, workspace: on, application, association: one.isAssociated ? listed : id };
  }),
);

/** Returns the fields of a finding, because its values can be on its prototype. */
function fieldsOf(finding: Finding): Finding {
  const { workspace: on, application, association: current, isAssociated, verdict, because, unredacted } = finding;
  const { until, desired, step: next, failed, isIrreversible, isUndecided, unrequested } = finding;
  const described = { isAssociated, verdict, because, unredacted, until, desired, step: next };
  return {
    workspace: on,
    application,
    association: current,
    ...described,
    failed,
    isIrreversible,
    isUndecided,
    unrequested,
  };
}

test('findings in columns are the same findings', () => {
  fc.assert(
    fc.property(findings, (all) => {
      const associations = new Map<string, Map<string, Association>>();
      for (const { association: one, isAssociated } of all) {
        const onWorkspace = associations.get(one.workspaceID) ?? new Map<string, Association>();
        associations.set(one.workspaceID, isAssociated ? onWorkspace.set(one.applicationID, one) : onWorkspace);
      }
      const collector = new FindingCollector(associations);
      for (const finding of all) {
        collector.add(finding);
      }
      expect(collector.findings().map(fieldsOf)).toEqual(all);
      expect(collector.findings().map(({ workspace: on }) => on)).toEqual(all.map(({ workspace: on }) => on));
    }),
  );
});

const plain: Omit<Finding, 'workspace' | 'association'> = {
  application: { applicationID: 'wsa-1' },
  isAssociated: false,
  verdict: 'Denied',
  because: 'denied by wsa-1',
  until: new Date(0),
  desired: 'Absent',
  step: { kind: 'Deploy', force: false },
  failed: undefined,
  isIrreversible: false,
};
test.each<Partial<Finding>>([
  { application: { applicationID: 'wsa-2' } },
  { verdict: 'Conflict' },
  { because: 'denied by another policy' },
  { unredacted: 'denied by team/other' },
  { until: new Date(1) },
  { until: undefined },
  { desired: 'Present' },
  { step: { kind: 'Deploy', force: true } },
  { step: { kind: 'Wait' } },
  { step: { kind: 'NeedsIntervention', message: 'one' } },
  { failed: 'Uninstall' },
  { isIrreversible: true },
  { isUndecided: true },
  { unrequested: 'Started' },
])('findings that differ in %o stay different', (difference) => {
  const collector = new FindingCollector(new Map());
  const all = WORKSPACES.map((on, n): Finding => {
    const evaluation = n === 1 ? { ...plain, ...difference } : plain;
    const { applicationID } = evaluation.application;
    return { ...evaluation, workspace: on, association: { workspaceID: on.workspaceID, applicationID } };
  });
  for (const finding of all) {
    collector.add(finding);
  }
  expect(collector.findings().map(fieldsOf)).toEqual(all);
});

test('held changes in columns are the same held changes', () => {
  const hold = fc.record({ message: text, unredacted: maybe(text), until: maybe(time) });
  fc.assert(
    fc.property(findings, fc.array(maybe(hold), { minLength: 6, maxLength: 6 }), (all, holds) => {
      const changes = all.map((finding): Change => ({ finding, action: 'Disassociate', force: false }));
      const collector = new HeldChangeCollector(changes, 'Flapping');
      const expected: HeldChange[] = [];
      for (const [index, change] of changes.entries()) {
        const one = holds[index];
        if (one !== undefined) {
          collector.add(index, one);
          expected.push({ change, reason: 'Flapping', ...one });
        }
      }
      const held = collector.held().map(({ change, reason, message, unredacted, until }) => {
        return { change, reason, message, unredacted, until };
      });
      expect(held).toEqual(expected);
    }),
  );
});

/** Returns the plan of each policy with its held changes. */
function plansOf({ workspaces, applications, associations, policies }: Given): Plan[] {
  const parsed = policies.map(parsePolicy);
  return parsed.map((one) => guardedPlan(one, parsed, snapshot(workspaces, associations, applications), NOW));
}

test('each finding has one assessment with its held change, sorted by severity and then like the findings', () => {
  const keyOf = (finding: Finding) => associationKey(associationIDOf(finding));
  fc.assert(
    fc.property(given, (all) => {
      for (const plan of plansOf(all)) {
        const assessments: Assessment[] = [...assess(plan, ({ workspace: on }) => (on.workspaceID === ws(1) ? 2 : 0))];
        const severities = assessments.map(({ severity }) => SEVERITIES.indexOf(severity));
        expect(severities).toEqual([...severities].sort((a, b) => a - b));
        for (const severity of SEVERITIES) {
          const keys = new Set(assessments.filter((one) => one.severity === severity).map((one) => keyOf(one.finding)));
          const inOrder = plan.findings.map(keyOf).filter((key) => keys.has(key));
          expect([...keys]).toEqual(inOrder);
        }
        expect(assessments).toHaveLength(plan.findings.length);
        const heldBy = new Map(plan.held.map((one) => [keyOf(one.change.finding), one] as const));
        for (const { finding, held, retries } of assessments) {
          const expected = heldBy.get(keyOf(finding));
          expect([held?.reason, held?.message, held?.until]).toEqual([
            expected?.reason,
            expected?.message,
            expected?.until,
          ]);
          expect(retries).toBe(finding.workspace.workspaceID === ws(1) ? 2 : 0);
        }
      }
    }),
    { numRuns: 100 },
  );
});
