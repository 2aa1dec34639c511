import { pino } from 'pino';
import { expect, test } from 'vitest';
import { logDisclosures } from '../../src/operator/outcomeLog.ts';
import type { Policy } from '../../src/policy/policy.ts';
import { policy, VISIO, ws } from '../builders.ts';
import { FakeOperator, fakeFleet, visioOnFirst } from '../fakeOperator.ts';

test('the log names the policies of other namespaces once, with the reasons of their exceptions', async () => {
  const exceptions = [{ workspaceIDs: [ws(1), ws(2)], application: { id: VISIO }, reason: 'a trial' }];
  const other: Policy = { ...policy('b', { exceptions }), namespace: 'hr', key: 'hr/b' };
  const { assessments = [] } = await new FakeOperator(fakeFleet(2, visioOnFirst(2)), policy('a'), other).run();
  const lines: unknown[] = [];
  const log = pino({ base: null, timestamp: false }, { write: (line: string) => lines.push(JSON.parse(line)) });
  const logged = logDisclosures(log, new Set(), assessments);
  logDisclosures(log, logged, assessments);
  expect(lines).toEqual([
    {
      level: 30,
      workspaces: 2,
      workspaceID: ws(1),
      applicationID: VISIO,
      verdict: 'Excepted',
      message: 'excepted by hr/b: a trial',
      msg: 'policy of another namespace applies',
    },
  ]);
});
