import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import type { Application, Workspace } from '../../src/fleet/model.ts';
import { NO_GAPS } from '../../src/inventory/snapshot.ts';
import type { ChangeOperation } from '../../src/inventory/transitions.ts';
import type { Policy } from '../../src/policy/policy.ts';
import type { WorkspaceApplicationPolicy } from '../../src/policy/resource.gen.ts';
import { restrictToFleet } from '../../src/policy/workspaceFleet.ts';
import {
  APPLICATIONS,
  association,
  NO_LIMITS,
  PROJECT,
  planInputs,
  policy,
  snapshot,
  VISIO,
  workspace,
  ws,
} from '../builders.ts';
import { planChanges } from '../completed.ts';
import { NOW } from '../fixtures.ts';
import { combine, resultOf, type Situation } from './situation.ts';

/*
 * The three tables of docs/explanation/semantics.md: missing data, actions by verdict and state, and holds.
 */
const page = readFileSync(new URL('../../docs/explanation/semantics.md', import.meta.url), 'utf8');

/** Policies that result in each verdict on Visio. */
const VERDICTS: Readonly<Record<string, Partial<Situation>>> = {
  Required: { spec: { applications: { required: [{ id: VISIO }] } } },
  Allowed: { spec: { applications: { allowed: [{ id: VISIO }], unlisted: 'Disassociate' } } },
  Denied: { spec: { applications: { denied: [{ id: VISIO }] } } },
  Unlisted: { spec: { applications: { allowed: [{ id: PROJECT }], unlisted: 'Disassociate' } } },
  Excepted: {
    spec: {
      applications: { denied: [{ id: VISIO }] },
      exceptions: [{ workspaceIDs: [ws(1)], application: { id: VISIO }, reason: 'audit' }],
    },
  },
  Conflict: {
    spec: { applications: { denied: [{ id: VISIO }] } },
    others: [policy('q', { applications: { allowed: [{ id: VISIO }] } })],
  },
};

const inMinutes = (minutes: number) => new Date(NOW.getTime() + minutes * 60_000);

/** Situations in which exactly one hold applies, in the order of the holds. */
const CAUSES: Readonly<Record<string, Partial<Situation>>> = {
  'no hold applies': {},
  'the fleet is suspended': { fleetSuspended: true },
  'the policy is suspended': { spec: { suspend: true } },
  'a required name matches two applications': {
    spec: { applications: { required: [{ name: 'Twin*' }] } },
    moreApplications: ['wsa-twin00001', 'wsa-twin00002'].map((applicationID) => ({
      applicationID,
      name: 'Twin',
      state: 'AVAILABLE',
    })),
  },
  'the WorkSpace has the tag `wsap.dev/protect`': { workspace: { tags: new Map([['wsap.dev/protect', '']]) } },
  'AWS no longer offers the application': { application: { state: 'UNINSTALL_ONLY' } },
  'policies contradict each other': {
    others: [
      policy('q', { applications: { allowed: [{ id: VISIO }] } }),
      policy('r', { applications: { denied: [{ id: VISIO }] } }),
    ],
  },
  'the compute type is not supported': {
    workspace: { computeTypeName: 'VALUE' },
    application: { supportedComputeTypeNames: ['STANDARD'] },
  },
  'the plan is not approved': { spec: { enforcement: 'Approve' } },
  'the plan exceeds `maxAffectedWorkspaces`': {
    spec: { safeguards: { maxAffectedWorkspaces: 1 }, applications: { denied: [{ id: PROJECT }] } },
    moreAssociations: [2, 3].map((n) => association(ws(n), PROJECT)),
  },
  'an unmanaged change is pending': {
    moreAssociations: [association(ws(1), PROJECT, { state: 'PENDING_INSTALL_DEPLOYMENT' })],
  },
  'the license is paid for this month': { spec: { rollout: { removeBefore: 'EndOfMonth' } } },
  'no maintenance window is open': {
    spec: { rollout: { maintenanceWindows: [{ cron: '0 22 * * *', duration: '4h' }] } },
  },
  'the user is connected': { workspace: { connection: { workspaceID: ws(1), connectionState: 'CONNECTED' } } },
  'the user was connected a moment ago': {
    workspace: {
      connection: {
        workspaceID: ws(1),
        connectionState: 'DISCONNECTED',
        connectionStateCheckTimestamp: NOW,
        lastKnownUserConnectionTimestamp: NOW,
      },
    },
  },
  'the WorkSpace is rebooting': { workspace: { state: 'REBOOTING' } },
  'the last attempt failed': { attempt: { message: 'busy', retryAt: inMinutes(1) } },
  'AWS rejected the change': {
    attempt: { message: 'access denied', refusedIn: { general: 'replaced', changed: [], rejected: new Map() } },
  },
  'the application was removed three times today': { removals: [inMinutes(-300), inMinutes(-200), inMinutes(-100)] },
  'deployments failed on `maxFailures` WorkSpaces': {
    spec: { rollout: { maxFailures: 1 } },
    moreAssociations: [association(ws(2), VISIO, { state: 'ERROR' })],
  },
  'the budget of `maxInProgress` is exhausted': {
    spec: { rollout: { maxInProgress: 1 } },
    moreAssociations: [association(ws(2), VISIO, { state: 'UNINSTALLING' })],
  },
  'the fleet reached `maxDisassociationsPerHour`': { hourlyLeft: 0 },
  '`deploy` is `Manual`': { spec: { rollout: { deploy: 'Manual' } } },
  '`enforcement` is `Audit`': { spec: { enforcement: 'Audit' } },
};

/** Changes of Visio without holds. */
const WISHES: Readonly<Record<string, Partial<Situation>>> = {
  Associate: { spec: { applications: { required: [{ id: VISIO }] } } },
  'Deploy an install': {
    spec: { applications: { required: [{ id: VISIO }] } },
    association: { state: 'PENDING_INSTALL_DEPLOYMENT' },
  },
  Disassociate: { spec: { applications: { denied: [{ id: VISIO }] } }, association: { state: 'COMPLETED' } },
  'Deploy a removal': {
    spec: { applications: { denied: [{ id: VISIO }] } },
    association: { state: 'PENDING_UNINSTALL_DEPLOYMENT' },
  },
  'Revert a removal': {
    spec: { applications: { allowed: [{ id: VISIO }] } },
    association: { state: 'PENDING_UNINSTALL_DEPLOYMENT' },
    isBegun: true,
  },
};

describe('by verdict and state', () => {
  const table = tableUnder('## Actions by verdict and state');
  test('the table has every verdict', () => {
    expect(table.columns.toSorted()).toEqual(Object.keys(VERDICTS).toSorted());
  });
  test.each(table.cells)('%s, %s: %s', (given, verdict, expected) => {
    expect(resultOf(combine(VERDICTS[verdict] ?? {}, stateOf(given)))).toBe(expected);
  });
});

type Selector = WorkspaceApplicationPolicy['spec']['workspaceSelector'];

/** Missing values: what is known of the WorkSpace and the application, and selectors that need the value. */
interface Missing {
  readonly workspace: Partial<Workspace>;
  readonly selector: Selector;
  readonly exclude?: Selector['exclude'];
  readonly application?: Partial<Application>;
  readonly boundary?: boolean;
  readonly isUnread?: boolean;
}
const byUser = { selector: { userNames: ['a*'] }, exclude: { userNames: ['b*'] } };
const MISSING: Readonly<Record<string, Missing>> = {
  'user name': { workspace: { userName: undefined }, ...byUser },
  'user name, reported as `[UNDEFINED]`': { workspace: { userName: '[UNDEFINED]' }, ...byUser },
  directory: { workspace: { directoryID: undefined }, selector: { directoryIDs: ['d-9a67b1c4e2'] } },
  'directory, and the fleet has a boundary': {
    workspace: { directoryID: undefined },
    selector: { directoryIDs: ['d-9a67b1c4e2'] },
    boundary: true,
  },
  bundle: { workspace: { bundleID: undefined }, selector: { bundleIDs: ['wsb-000000001'] } },
  tags: {
    workspace: { tags: undefined },
    selector: { tags: { matchTags: { team: 'a' } } },
    exclude: { tags: { matchTags: { team: 'a' } } },
  },
  'connection state': {
    workspace: { connection: { workspaceID: ws(1) } },
    selector: { lastConnectedBefore: '60d' },
  },
  associations: { workspace: {}, ...byUser, isUnread: true },
  'name of the application': { workspace: {}, selector: { all: true }, application: { name: undefined } },
  "a value that can't be trusted": { workspace: { userName: undefined, untrusted: 'UserName' }, ...byUser },
};

describe('by missing data', () => {
  const table = tableUnder('## Missing data');
  const columns: Readonly<Record<string, (missing: Missing) => readonly [Selector | undefined, Selector | undefined]>> =
    {
      'its selector needs the value': ({ selector }) => [selector, undefined],
      'its `exclude` needs the value': ({ exclude }) => [exclude && { all: true, exclude }, undefined],
      'a protecting policy needs the value': ({ selector }) => [{ all: true }, selector],
      'no policy needs the value': () => [{ all: true }, undefined],
    };
  test('the table has every value', () => {
    expect([table.rows, table.columns]).toEqual([Object.keys(MISSING), Object.keys(columns)]);
  });
  test.each(table.cells)('%s, %s: %s', (row, column, expected) => {
    const missing = MISSING[row];
    const [own, others] = (missing && columns[column]?.(missing)) ?? [];
    expect(missing === undefined || own === undefined ? 'n/a' : resultWithout(missing, own, others)).toBe(expected);
  });

  function resultWithout(missing: Missing, own: Selector, others: Selector | undefined): string {
    const entry = missing.application === undefined ? { id: VISIO } : { name: 'Microsoft Visio*' };
    const limits = { ...NO_LIMITS, ...(missing.boundary && { directoryIDs: new Set(['d-9a67b1c4e2']) }) };
    const policies = [
      policy('denies', { workspaceSelector: own }),
      ...(others === undefined
        ? []
        : [policy('allows', { priority: 1, workspaceSelector: others, applications: { allowed: [entry] } })]),
    ].map((one) => restrictToFleet(one, limits));
    const alice = { userName: 'alice', bundleID: 'wsb-000000001', tags: new Map([['team', 'b']]) };
    const applications = APPLICATIONS.map((one) =>
      one.applicationID === VISIO ? { ...one, ...missing.application } : one,
    );
    const fleet = {
      ...snapshot([workspace(ws(1), { ...alice, ...missing.workspace })], [association(ws(1), VISIO)], applications),
      gaps: { ...NO_GAPS, workspaces: new Map(missing.isUnread ? [[ws(1), 'unread']] : []) },
    };
    const [first] = policies;
    const { undecided, selected, changes } = planChanges(
      first as Policy,
      policies,
      fleet,
      NOW,
      planInputs(...policies),
    );
    return undecided.length > 0 ? 'undecided' : selected.length === 0 ? 'outside' : (changes.at(0)?.action ?? 'keep');
  }
});

describe('by hold', () => {
  const table = tableUnder('## Holds');
  test('the table has every situation and every change', () => {
    expect([table.rows, table.columns]).toEqual([Object.keys(CAUSES), Object.keys(WISHES)]);
  });
  test.each(table.cells)('%s, %s: %s', (cause, wish, expected) => {
    expect(resultOf(combine(WISHES[wish] ?? {}, CAUSES[cause] ?? {}))).toBe(expected);
  });

  /** Situations that disable other holds: without automatic deployments, no change waits for users. */
  const alone = new Set(['`deploy` is `Manual`', '`enforcement` is `Audit`']);
  test.each(Object.keys(WISHES))('the first hold in the table applies: %s', (wish) => {
    const holding = table.cells.filter(
      ([cause, column, cell]) => column === wish && cell !== wish.split(' ')[0] && !alone.has(cause),
    );
    const told = holding.map((_, index) => {
      const causes = holding.slice(index).map(([cause]) => CAUSES[cause] ?? {});
      return resultOf(combine(WISHES[wish] ?? {}, ...causes.toReversed()));
    });
    expect(told).toEqual(holding.map(([, , reason]) => reason));
  });
});

interface Table {
  readonly rows: readonly string[];
  readonly columns: readonly string[];
  readonly cells: readonly (readonly [row: string, column: string, cell: string])[];
}

function tableUnder(heading: string): Table {
  const [, section = ''] = page.split(`${heading}\n`);
  const [table = ''] = /^\|.*(?:\n\|.*)*/m.exec(section) ?? [];
  const [[, ...columns] = [], , ...lines] = table.split('\n').map((line) =>
    line
      .split('|')
      .slice(1, -1)
      .map((cell) => cell.trim()),
  );
  const cells = lines.flatMap(([row = '', ...texts]) =>
    columns.map((column, i) => [row, column, texts[i] ?? ''] as const),
  );
  return { rows: lines.map(([row = '']) => row), columns, cells };
}

function stateOf(given: string): Partial<Situation> {
  const [, state, errorCode, failed, begun] =
    /^(\S+?)(?: (\S+))?(?: of an (\w+))?( begun by the operator)?$/.exec(given) ?? [];
  const operation: Record<string, ChangeOperation> = { install: 'Install', uninstall: 'Uninstall' };
  return {
    association:
      state === 'none' ? undefined : { state, ...(errorCode === undefined ? {} : { stateReason: { errorCode } }) },
    failed: operation[failed ?? ''],
    isBegun: begun !== undefined,
  };
}
