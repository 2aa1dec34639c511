import { describe, expect, test } from 'vitest';
import { FleetError } from '../../src/fleet/errors.ts';
import { StartedChanges } from '../../src/history/startedChanges.ts';
import { UnconfirmedChanges } from '../../src/history/unconfirmedChanges.ts';
import { type Gaps, NO_GAPS } from '../../src/inventory/snapshot.ts';
import { startedIn, startedOf } from '../../src/status/started.ts';
import { association, FLEET_LOCATION, planInputs, policy, snapshot, VISIO, workspace, ws } from '../builders.ts';
import { planChanges } from '../completed.ts';
import { HOUR, MINUTE, NOW } from '../fixtures.ts';

const one = policy('p');
const REJECTED = new FleetError({ kind: 'ResourceNotFound', operation: 'DescribeWorkspaces', reason: 'no directory' });
const ID = { workspaceID: ws(1), applicationID: VISIO };
const later = (ms: number) => new Date(NOW.getTime() + ms);
const pending = (lastUpdatedTime?: Date) =>
  association(ws(1), VISIO, { state: 'PENDING_UNINSTALL_DEPLOYMENT', lastUpdatedTime });
const holding = (...associations: Parameters<typeof snapshot>[1]) => snapshot([], associations);

function begun(): StartedChanges {
  const started = new StartedChanges();
  started.begin('Disassociate', ID, one, NOW);
  return started;
}

describe('a change that the operator began', () => {
  test('is its own only in its pending state, and only for its policy', () => {
    const started = begun();
    expect(started.isStartedBy(one, pending())).toBe(true);
    expect(started.isStartedBy(policy('q'), pending())).toBe(false);
    expect(started.isStartedBy({ ...one, uid: 'another' }, pending())).toBe(false);
    expect(started.isStartedBy(one, association(ws(1), VISIO))).toBe(false);
  });

  test.each([
    ['the update of its response', later(500), true],
    ['another update', later(MINUTE), false],
  ])('with %s is its own: %s', (_, lastUpdatedTime, isOwn) => {
    const started = begun();
    started.confirm(pending(later(500)));
    expect(started.isStartedBy(one, pending(lastUpdatedTime))).toBe(isOwn);
  });

  test.each([
    [30_000, true],
    [2 * MINUTE, false],
  ])('whose response was lost is its own if AWS updated it %i ms later: %s', (ms, isOwn) => {
    const started = begun();
    expect(started.isStartedBy(one, pending(later(ms)))).toBe(isOwn);
    started.settle(one, holding(pending(later(ms))), later(ms));
    expect(started.idsStartedBy(one)).toHaveLength(isOwn ? 1 : 0);
  });

  test('stays while reads lag and while AWS deploys it, and ends with its outcome', () => {
    const started = begun();
    started.settle(one, holding(association(ws(1), VISIO)), later(30_000));
    started.settle(one, holding(association(ws(1), VISIO, { state: 'UNINSTALLING' })), later(5 * MINUTE));
    started.settle(one, holding(association(ws(1), VISIO, { state: 'ERROR' })), later(6 * MINUTE));
    expect(started.hasStarted('Uninstall', ID)).toBe(true);
    expect(started.hasStarted('Install', ID)).toBe(false);
    started.settle(one, holding(association(ws(1), VISIO, { state: 'REMOVED' })), later(7 * MINUTE));
    expect(started.hasStarted('Uninstall', ID)).toBe(false);
  });

  test.each<[string, Partial<Gaps>]>([
    ['the reads of its WorkSpace', { workspaces: new Map([[ws(1), 'AWS rejected the read']]) }],
    ['a part of the listing of its application', { applications: new Set([VISIO]) }],
    ['the listing of its directory', { listings: [REJECTED] }],
  ])('stays while %s failed, also with a lost response', (_, unknown) => {
    const started = begun();
    const unconfirmed = new UnconfirmedChanges();
    const [finding] = planChanges(
      one,
      [one],
      snapshot([workspace(ws(1))], [association(ws(1), VISIO)]),
      NOW,
      planInputs(one),
    ).findings;
    if (finding === undefined) {
      throw new Error('no finding');
    }
    const undone: string[] = [];
    unconfirmed.add('Disassociate', finding, one, NOW, () => void undone.push('undone'));
    const isListed = unknown.listings === undefined;
    const known = { ...snapshot(isListed ? [workspace(ws(1))] : [], []), askedAt: later(HOUR).getTime() };
    const fleet = { ...known, gaps: { ...NO_GAPS, ...unknown } };
    started.settle(one, fleet, later(HOUR));
    expect(started.idsStartedBy(one)).toHaveLength(1);
    expect(unconfirmed.settle(one, fleet)).toEqual([]);
    expect(undone).toEqual([]);
    started.settle(one, known, later(HOUR));
    expect(started.idsStartedBy(one)).toHaveLength(0);
    expect(unconfirmed.settle(one, known)).toHaveLength(isListed ? 1 : 0);
  });

  test('ends if a later read shows that it had no effect, or if AWS rejected it', () => {
    const started = begun();
    started.settle(one, holding(association(ws(1), VISIO)), later(2 * MINUTE));
    expect(started.idsStartedBy(one)).toEqual([]);
    const rejected = new StartedChanges();
    rejected.begin('Disassociate', ID, one, NOW)();
    expect(rejected.idsStartedBy(one)).toEqual([]);
  });

  test('is not its own if the operator only deployed it', () => {
    const started = new StartedChanges();
    started.beginDeployment('Disassociate', ID, one, NOW);
    expect(started.isStarted(pending())).toBe(false);
    expect(started.recordedFor(one)).toEqual([]);
    expect(started.hasStarted('Uninstall', ID)).toBe(true);
  });
});

describe('a status', () => {
  test('contains at most 250 changes, the newest first, and restores them', () => {
    const started = new StartedChanges();
    for (let n = 1; n <= 300; n++) {
      started.begin('Associate', { workspaceID: ws(n), applicationID: VISIO }, one, later(n * 1000));
    }
    const listed = startedOf(started.recordedFor(one));
    expect(listed).toHaveLength(250);
    expect(listed[0]).toEqual({
      workspaceID: ws(300),
      applicationID: VISIO,
      action: 'Associate',
      time: '2026-11-02T12:05:00Z',
    });
    const restored = new StartedChanges();
    restored.restore(one, startedIn({ started: listed }));
    expect(startedOf(restored.recordedFor(one))).toEqual(listed);
  });

  test('of another account or region, or with entries of another form, restores nothing', () => {
    const started = [{ ...ID, action: 'Disassociate' as const, time: NOW.toISOString() }];
    const fleet = { accountID: FLEET_LOCATION.accountID, region: FLEET_LOCATION.region };
    expect(startedIn({ started, fleet }, FLEET_LOCATION)).toHaveLength(1);
    expect(startedIn({ started, fleet: { ...fleet, region: 'eu-west-1' } }, FLEET_LOCATION)).toEqual([]);
    expect(startedIn({ started: ['ws-1', {}, { ...ID, action: 'Deploy', time: 'x' }] as never })).toEqual([]);
  });
});
