import { readFileSync } from 'node:fs';
import { Ajv } from 'ajv';
import addFormats from 'ajv-formats';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { NOTHING_DONE } from '../../src/execute/outcome.ts';
import { FleetError } from '../../src/fleet/errors.ts';
import { ASSOCIATION_STATES } from '../../src/fleet/model.ts';
import { NO_APPROVAL } from '../../src/plan/approval.ts';
import { NO_ROLLOUT } from '../../src/plan/rollout.ts';
import { readBlocker } from '../../src/status/blocker.ts';
import { NOTHING_REPORTED } from '../../src/status/eventState.ts';
import { invalidStatus, notEvaluatedStatus } from '../../src/status/notEvaluated.ts';
import { FLEET_LOCATION, guardedPlan, policy, snapshot } from '../builders.ts';
import { advanceApproval, assess, evaluatedStatus, eventsOf } from '../completed.ts';

const NOW = new Date('2026-11-02T12:00:00Z');
const ajv = new Ajv({ strict: false, allErrors: true });
(addFormats as unknown as (ajv: Ajv) => void)(ajv);
const crd = parse(readFileSync(new URL('../../crds/workspaceapplicationpolicies.yaml', import.meta.url), 'utf8'));
const isStatus = ajv.compile(crd.spec.versions[0].schema.openAPIV3Schema.properties.status);

const problemsOf = (status: unknown) => (isStatus(JSON.parse(JSON.stringify(status))) ? [] : isStatus.errors);
const text = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 40 }),
  fc.constant('x'.repeat(1024)),
  fc.constant('😀'.repeat(512)),
);
const maybe = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: undefined });
const id = (prefix: string) =>
  fc.oneof(
    fc.integer({ min: 1, max: 4 }).map((n) => `${prefix}-00000000${n}`),
    fc.constant('x'.repeat(66)),
  );
const instant = fc.date({ min: new Date(0), max: new Date('2100-01-01'), noInvalidDate: true });
const annotations = { reconcileRequestedAt: undefined, approval: undefined, receivedAt: NOW };

const workspaces = fc.array(
  fc.record({ workspaceID: id('ws'), userName: maybe(text), state: maybe(fc.oneof(text, fc.constant('AVAILABLE'))) }),
  { maxLength: 5 },
);
const applications = fc.array(
  fc.record({
    applicationID: id('wsa'),
    name: maybe(text),
    owner: maybe(text),
    state: maybe(fc.oneof(text, fc.constant('AVAILABLE'))),
  }),
  { maxLength: 4 },
);
const associations = fc.array(
  fc.record({
    workspaceID: id('ws'),
    applicationID: id('wsa'),
    state: maybe(fc.oneof(fc.constantFrom<string>(...ASSOCIATION_STATES), text)),
    stateReason: maybe(fc.record({ errorCode: maybe(text), errorMessage: maybe(text) })),
    created: maybe(instant),
    lastUpdatedTime: maybe(instant),
  }),
  { maxLength: 30 },
);

test('whatever AWS responds, the status is valid and printable', () => {
  const first = policy('p', { applications: { allowed: [{ name: 'Office*' }], unlisted: 'Disassociate' } });
  fc.assert(
    fc.property(workspaces, applications, associations, (listed, catalogue, associated) => {
      const fleet = snapshot(listed, associated, catalogue);
      const plan = guardedPlan(first, [first], fleet, NOW);
      const assessments = assess(plan);
      const evaluation = {
        policy: first,
        annotations,
        previous: undefined,
        location: FLEET_LOCATION,
        plan,
        assessments,
        outcome: NOTHING_DONE,
        approval: advanceApproval(first, plan, NO_APPROVAL, undefined),
        carriedOut: 'a',
        removals: [],
        started: [],
        restored: [],
        remembered: [],
        sources: [],
        unknownSources: undefined,
        limits: { callsPerSecond: 2, disassociationsPerHour: 100 },
      };
      const status = evaluatedStatus({
        ...evaluation,
        blocker: undefined,
        effectiveInterval: 0,
        deployments: { record: NO_ROLLOUT, progress: undefined, snapshot: fleet },
        listedAt: NOW,
        now: NOW,
        nextSync: NOW,
      });
      expect(problemsOf(status)).toEqual([]);
      const printed = [
        status.summary,
        status.associations?.map(({ message, userName }) => [message, userName]),
        eventsOf(NOTHING_REPORTED, plan, assessments, NOTHING_DONE, first),
      ];
      expect(JSON.stringify(printed)).not.toMatch(
        /\\u00[01][0-9a-f]|\\[nrtbf]|[\u007f-\u009f\u200b-\u200f\u202a-\u202e]/,
      );
    }),
  );
});

test('whatever an error or a manifest contains, the status is valid', () => {
  fc.assert(
    fc.property(text, (reason) => {
      const failure = new FleetError({ kind: 'Unavailable', operation: 'DescribeWorkspaces', reason });
      const blocker = readBlocker([failure]);
      expect(blocker && problemsOf(notEvaluatedStatus(policy(), annotations, undefined, blocker, NOW))).toEqual([]);
      expect(problemsOf(invalidStatus(1, annotations, undefined, reason, NOW))).toEqual([]);
    }),
  );
});
