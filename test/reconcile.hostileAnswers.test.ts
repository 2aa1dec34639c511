import { readFileSync } from 'node:fs';
import { Ajv } from 'ajv';
import addFormats from 'ajv-formats';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { planDocument } from '../src/cli/actions/plan/document.ts';
import { PLAN_FORMATS } from '../src/cli/actions/plan/formats.ts';
import { NO_APPROVAL } from '../src/plan/approval.ts';
import { preview } from '../src/preview.ts';
import type { Reconciliation } from '../src/status/report.ts';
import { HostileAws, type Served } from './aws/hostile/hostileAws.ts';
import { GAME, OFFICE, PROJECT, seed, VISIO, workspaceID } from './aws/hostile/seed.ts';
import { strikes, type Tampering, tamperedBody, tampering } from './aws/hostile/tampering.ts';
import { entriesOf } from './aws/hostile/wellFormed.ts';
import { policy } from './builders.ts';
import { FakeOperator } from './fakeOperator.ts';
import { fuzzRuns } from './fuzzRuns.ts';

const ajv = new Ajv({ strict: false, allErrors: true });
(addFormats as unknown as (ajv: Ajv) => void)(ajv);
const crd = parse(readFileSync(new URL('../crds/workspaceapplicationpolicies.yaml', import.meta.url), 'utf8'));
const isStatus = ajv.compile(crd.spec.versions[0].schema.openAPIV3Schema.properties.status);

const ids = (...numbers: number[]) => ({ workspaceIDs: numbers.map(workspaceID) });
/** Every selector names IDs, so that no manipulated response can extend the selection. */
const POLICIES = [
  policy('denying', { interval: '1m', workspaceSelector: ids(1, 2, 3), applications: { denied: [{ id: VISIO }] } }),
  policy('allowing', {
    interval: '1m',
    workspaceSelector: ids(3, 4),
    applications: { required: [{ id: PROJECT }], allowed: [{ id: OFFICE }], unlisted: 'Disassociate' },
  }),
  policy('by-tag', {
    interval: '1m',
    workspaceSelector: { ...ids(5, 6), tags: { matchTags: { Department: 'Finance' } } },
    applications: { denied: [{ id: GAME }] },
  }),
];

/** Whether a policy requests the removal of an application; independent of the implementation. */
function isAsked(workspace: unknown, application: unknown): boolean {
  const of = (...numbers: number[]) => numbers.map(workspaceID).includes(String(workspace));
  return (
    (of(1, 2, 3) && application === VISIO) ||
    (of(3, 4) && application !== OFFICE && application !== PROJECT) ||
    (of(5, 6) && application === GAME)
  );
}

/** Whether the last complete response with the WorkSpace's associations contains one that can be disassociated. */
function wasRead(before: readonly Served[], workspace: unknown, application: unknown): boolean {
  const read = before.findLast(
    ({ operation, input }) => operation === 'DescribeWorkspaceAssociations' && input.WorkspaceId === workspace,
  );
  const entries = entriesOf('DescribeWorkspaceAssociations', read?.body ?? 'nothing') ?? [];
  return entries.some((one) => one.AssociatedResourceId === application && one.State !== 'REMOVED');
}

/** Whether no user is connected according to the last complete response. */
function wasDisconnected(before: readonly Served[], workspace: unknown): boolean {
  const read = before.findLast(
    ({ operation, input }) =>
      operation === 'DescribeWorkspacesConnectionStatus' && (input.WorkspaceIds as unknown[]).includes(workspace),
  );
  const entries = entriesOf('DescribeWorkspacesConnectionStatus', read?.body ?? 'nothing') ?? [];
  return entries.findLast((one) => one.WorkspaceId === workspace)?.ConnectionState === 'DISCONNECTED';
}

function wrongChanges(served: readonly Served[]): unknown[] {
  return served.filter(({ operation, input: { WorkspaceId, ApplicationId } }, index) => {
    const before = served.slice(0, index);
    switch (operation) {
      case 'DisassociateWorkspaceApplication':
        return !isAsked(WorkspaceId, ApplicationId) || !wasRead(before, WorkspaceId, ApplicationId);
      case 'AssociateWorkspaceApplication':
        return ApplicationId !== PROJECT || ![3, 4].map(workspaceID).includes(String(WorkspaceId));
      case 'DeployWorkspaceApplications':
        return WorkspaceId === workspaceID(9) || !wasDisconnected(before, WorkspaceId);
      default:
        return false;
    }
  });
}

/** Characters that a terminal, an editor, or a log interprets. */
const UNPRINTABLE = /[\p{Cc}\p{Cf}\p{Cs}\u2028\u2029]/u;

function wrongIn({ status, events, requeueAfter }: Reconciliation): unknown[] {
  const written = JSON.parse(JSON.stringify(status));
  const texts = textsIn([written, events]);
  return [
    ...(isStatus(written) ? [] : (isStatus.errors ?? [])),
    ...(JSON.stringify(written).length < 100_000 ? [] : ['a status that is too large']),
    ...texts.filter((text) => UNPRINTABLE.test(text)),
    ...events.filter(({ message }) => message.length > 1024),
    ...(requeueAfter > 0 && requeueAfter < 3_600_000 ? [] : [requeueAfter]),
  ];
}

function textsIn(value: unknown): string[] {
  if (typeof value === 'string') {
    return [value];
  }
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(textsIn) : [];
}

type AdvancingFleet = HostileAws['fleet'] & { advance(): void };

/** Runs policies over a fleet with manipulated responses. */
class Story {
  readonly aws = new HostileAws(seed);
  readonly #operator: FakeOperator<AdvancingFleet>;
  constructor() {
    this.#operator = new FakeOperator(
      Object.assign(this.aws.fleet, { advance: () => this.aws.advance() }),
      ...POLICIES,
    );
  }

  /** Runs each policy once, some time after the last run. */
  async pass(): Promise<Reconciliation[]> {
    const done: Reconciliation[] = [];
    for (const one of POLICIES) {
      done.push(await this.#operator.run(one));
    }
    this.aws.advance();
    await this.#operator.clock.advance(61_000);
    return done;
  }

  /** Returns the output of `wsap plan` in each format. */
  async plan(): Promise<string[]> {
    const context = {
      ...this.#operator.shared,
      policiesOverlapping: () => POLICIES,
      policiesInScope: () => POLICIES,
      clock: this.#operator.clock,
      approval: NO_APPROVAL,
      request: undefined,
    };
    const previews = [];
    for (const one of POLICIES) {
      const result = await preview(one, context);
      previews.push({ policy: one, status: undefined, limits: undefined, now: context.clock.now(), result });
    }
    const document = planDocument(previews);
    return Object.values(PLAN_FORMATS).map((format) => format(document, false));
  }
}

const tamperings = fc.array(tampering, { minLength: 1, maxLength: 3 });
const tamperWith =
  (all: readonly Tampering[]) =>
  (operation: string, body: string, nth: number): string => {
    const striking = all.find((one) => strikes(one, operation, nth));
    return striking === undefined ? body : tamperedBody(striking, body);
  };

test.each<[string, Tampering['operation'][], string]>([
  ['the applications', ['DescribeApplications'], 'Applications[].ApplicationId'],
  ['the WorkSpaces', ['DescribeWorkspaces'], 'Workspaces[].WorkspaceId'],
  [
    'the associations',
    ['DescribeWorkspaceAssociations', 'DescribeApplicationAssociations'],
    'Associations[].AssociatedResourceId',
  ],
])('an untrusted response to %s prevents all changes, and the status names the read', async (_, operations, path) => {
  const story = new Story();
  const all = operations.map((operation): Tampering => ({ operation, path, what: 'number', from: 0, persists: true }));
  story.aws.tamper = tamperWith(all);
  for (const { status } of [...(await story.pass()), ...(await story.pass())]) {
    const ready = status.conditions?.find(({ type }) => type === 'Ready');
    expect(ready).toMatchObject({ status: 'False', reason: 'ReadFailed' });
    expect(operations.filter((operation) => ready?.message.includes(operation))).not.toEqual([]);
  }
  expect(story.aws.served.filter(({ operation }) => !/^(Describe|Get)/.test(operation))).toEqual([]);
});

test('an untrusted value of every WorkSpace prevents all changes, and the status names the value', async () => {
  const story = new Story();
  story.aws.tamper = tamperWith([
    { operation: 'DescribeWorkspaces', path: 'Workspaces[].UserName', what: 'huge text', from: 0, persists: true },
  ]);
  for (const { status } of [...(await story.pass()), ...(await story.pass())]) {
    const ready = status.conditions?.find(({ type }) => type === 'Ready');
    expect(ready?.message).toContain(
      "unchanged because AWS returned a value that can't be trusted: UserName is longer",
    );
  }
  expect(story.aws.served.filter(({ operation }) => !/^(Describe|Get)/.test(operation))).toEqual([]);
});

test('no response of AWS causes an unrequested removal, a decision on incomplete data, or unsafe text', async () => {
  await fc.assert(
    fc.asyncProperty(tamperings, async (all) => {
      const story = new Story();
      story.aws.tamper = tamperWith(all);
      for (let pass = 0; pass < 3; pass += 1) {
        const done = await story.pass();
        expect(done.flatMap(wrongIn)).toEqual([]);
      }
      expect(wrongChanges(story.aws.served)).toEqual([]);
      const printed = await story.plan();
      expect(printed.filter((text) => UNPRINTABLE.test(text.replaceAll('\n', '')))).toEqual([]);
      expect(story.aws.served.length).toBeLessThan(400);

      story.aws.tamper = (_, body) => body;
      await story.pass();
      const after = await story.pass();
      const ready = after.map(({ status }) => status.conditions?.find(({ type }) => type === 'Ready')?.status);
      expect(ready).toEqual(POLICIES.map(() => 'True'));
    }),
    fuzzRuns(8),
  );
});
