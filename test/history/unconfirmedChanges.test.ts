import { describe, expect, test } from 'vitest';
import { RemovalHistory } from '../../src/history/removalHistory.ts';
import { type SettlementResult, UnconfirmedChanges } from '../../src/history/unconfirmedChanges.ts';
import type { Finding } from '../../src/plan/plan.ts';
import { association, policy, VISIO, workspace, ws } from '../builders.ts';

const BEFORE = new Date('2026-01-05T10:00:00Z');
const SENT_AT = new Date('2026-01-05T10:02:55Z');
const REBUILT_AT = new Date('2026-01-05T10:03:16Z');
const visio = (lastUpdatedTime: Date | undefined) => association(ws(1), VISIO, { lastUpdatedTime });

/** Returns the changes and the counted removals after a removal whose response was lost. */
function afterLostResponse(lastUpdatedTime: Date | undefined) {
  const [changes, removals, first] = [new UnconfirmedChanges(), new RemovalHistory(), policy('first')];
  const before = visio(lastUpdatedTime);
  const finding = { workspace: workspace(ws(1)), association: before } as Finding;
  const results: SettlementResult[] = [];
  const undoCount = removals.record(before, SENT_AT.getTime(), first.key);
  changes.add('Disassociate', finding, first, SENT_AT, undoCount, (result) => void results.push(result));
  return { changes, first, results, count: () => removals.timesOf(before).length };
}

describe('a removal with a lost response', () => {
  test.each([
    ['does not count if the association is unchanged', BEFORE, BEFORE, 0],
    ['does not count if AWS reports no times', undefined, undefined, 0],
    ['counts if the association was updated since, for example, by a rebuild', BEFORE, REBUILT_AT, 1],
  ])('%s', (_, before, current, expected) => {
    const sentAgain = afterLostResponse(before);
    sentAgain.changes.discard(visio(current));
    expect(sentAgain.count()).toBe(expected);

    const settled = afterLostResponse(before);
    const associations = new Map([[ws(1), new Map([[VISIO, visio(current)]])]]);
    const workspaces = new Map([[ws(1), workspace(ws(1))]]);
    settled.changes.settle(settled.first, {
      workspaces,
      associations,
      askedAt: SENT_AT.getTime() + 10 * 60_000,
    } as never);
    expect(settled.count()).toBe(expected);
  });

  test('counts, and has no known result, if the WorkSpace was terminated before a read showed it', () => {
    const { changes, first, results, count } = afterLostResponse(BEFORE);
    const askedAt = SENT_AT.getTime() + 10 * 60_000;
    const settled = changes.settle(first, { workspaces: new Map(), associations: new Map(), askedAt } as never);
    expect({ settled, results, count: count() }).toEqual({ settled: [], results: [], count: 1 });
    expect(changes.idsOf(first)).toEqual([]);
  });
});
