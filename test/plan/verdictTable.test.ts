import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import type { ChangeOperation } from '../../src/inventory/transitions.ts';
import { association, PROJECT, policy, VISIO, ws } from '../builders.ts';
import { NOW } from '../fixtures.ts';
import { combine, resultOf, type Situation } from './situation.ts';

/*
 * The two tables of docs/explanation/semantics.md: actions by verdict and state, and holds.
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
  'the plan is not approved': { spec: { enforcement: 'Approve' } },
  'the plan exceeds `maxAffectedWorkspaces`': {
    spec: { safeguards: { maxAffectedWorkspaces: 1 }, applications: { denied: [{ id: PROJECT }] } },
    moreAssociations: [2, 3].map((n) => association(ws(n), PROJECT)),
  },
  'an unmanaged change is pending': {
    moreAssociations: [association(ws(1), PROJECT, { state: 'PENDING_INSTALL_DEPLOYMENT' })],
  },
  'no maintenance window is open': {
    spec: { rollout: { maintenanceWindows: [{ cron: '0 22 * * *', duration: '4h' }] } },
  },
  'the user is connected': { workspace: { connection: { workspaceID: ws(1), connectionState: 'CONNECTED' } } },
  'the WorkSpace is rebooting': { workspace: { state: 'REBOOTING' } },
  'the last attempt failed': { attempt: { message: 'busy', retryAt: inMinutes(1) } },
  'AWS rejected the change': {
    attempt: { message: 'access denied', refusedIn: { general: 'replaced', changed: [], rejected: new Map() } },
  },
  'the application was removed three times today': { removals: [inMinutes(-300), inMinutes(-200), inMinutes(-100)] },
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
  const [, state, errorCode, failed] = /^(\S+)(?: (\S+))?(?: of an (\w+))?$/.exec(given) ?? [];
  const operation: Record<string, ChangeOperation> = { install: 'Install', uninstall: 'Uninstall' };
  return {
    association:
      state === 'none' ? undefined : { state, ...(errorCode === undefined ? {} : { stateReason: { errorCode } }) },
    failed: operation[failed ?? ''],
  };
}
