import { describe, expect, test } from 'vitest';
import { type Verification, verifyLines } from '../../../../src/audit/verify.ts';
import { changeReport } from '../../../../src/cli/actions/report/changes/document.ts';
import { CHANGE_FORMATS } from '../../../../src/cli/actions/report/changes/formats.ts';
import { pricesOf } from '../../../../src/cli/actions/report/prices.ts';
import { createTrail, intent, succeeded } from '../../../audit/records.ts';

const NOW = new Date('2026-01-06T10:00:00Z');
const SINCE = new Date('2026-01-05T00:00:00Z');
const PRICES = pricesOf({ currency: 'EUR', prices: [{ application: { name: 'Microsoft Visio*' }, perMonth: 14.5 }] });
const HOSTILE = '</td><script>alert(1)</script>\u202e\u001b[31m';

type Intent = Parameters<typeof intent>[0];
const deployment = (changed: Intent = {}, desired: 'Absent' | 'Present' = 'Absent'): Intent => ({
  call: 'DeployWorkspaceApplications',
  changes: intent().changes.map((change) => ({ ...change, desired })),
  ...changed,
});

async function changesOf(...calls: [Intent, Parameters<typeof succeeded>[1]?][]): Promise<Verification> {
  const { trail, sink, clock } = createTrail();
  for (const [index, [changed, outcome]] of calls.entries()) {
    await (await trail.begin(intent(changed))).end(succeeded(`request-${index}`, outcome));
    await clock.advance(60_000);
  }
  return verifyLines(sink.lines);
}

describe('A report of changes', () => {
  test('counts what deployments removed and installed, and what this saves', async () => {
    const changes = await changesOf(
      [{}],
      [deployment()],
      [deployment({ workspaceID: 'ws-000000002', policy: { namespace: 'b', name: 'other', uid: 'u', generation: 1 } })],
      [deployment({ workspaceID: 'ws-000000003' }, 'Present')],
      [deployment({ workspaceID: 'ws-000000004' }), { result: 'Rejected' }],
      [{ workspaceID: 'ws-000000005' }, { result: 'Unknown', requestIDs: [] }],
    );
    const report = changeReport(changes, SINCE, PRICES, NOW);
    expect(report.total).toEqual({ removed: 2, installed: 1, rejected: 1, unknown: 1, monthlySavings: 14.5 });
    expect(report.savings).toEqual({
      currency: 'EUR',
      note: expect.stringContaining('an estimate'),
      monthly: 14.5,
      savesFrom: '2026-02',
      withoutPrice: [],
    });
    expect(report.policies).toMatchObject([
      { policy: 'b/other', removed: 1, monthlySavings: 14.5 },
      { policy: 'desktops/no-visio', removed: 1, installed: 1, monthlySavings: 0 },
    ]);
    expect(report.changes).toHaveLength(6);
    expect(report.changes[0]).toMatchObject({ workspaceID: 'ws-000000005', result: 'Unknown', action: 'Disassociate' });
  });

  test('counts an application once that a repeated deployment removes, and not if a later one installs it again', async () => {
    const changes = await changesOf(
      [deployment()],
      [deployment({ force: true })],
      [deployment({ workspaceID: 'ws-000000002' })],
      [deployment({ workspaceID: 'ws-000000002' }, 'Present')],
    );
    expect(changeReport(changes, SINCE, PRICES, NOW).total).toMatchObject({
      removed: 1,
      installed: 1,
      monthlySavings: 14.5,
    });
  });

  test.each<[string, ('Absent' | 'Present')[], number, string | undefined]>([
    ['removed', ['Absent'], 14.5, '2026-02'],
    ['removed and installed again', ['Absent', 'Present'], 0, undefined],
    ['removed twice', ['Absent', 'Present', 'Absent'], 14.5, '2026-02'],
    ['installed', ['Present'], -14.5, undefined],
    ['installed and removed again', ['Present', 'Absent'], 0, undefined],
  ])('estimates what an application saves that was %s', async (_, directions, monthly, savesFrom) => {
    const changes = await changesOf(...directions.map((desired): [Intent] => [deployment({}, desired)]));
    const { savings } = changeReport(changes, SINCE, PRICES, NOW);
    expect([savings?.monthly, savings?.savesFrom]).toEqual([monthly, savesFrom]);
  });

  test('orders the changes of several replicas by time', async () => {
    const { changes, startsAt } = await changesOf(
      [deployment({}, 'Present')],
      [deployment()],
      [deployment({}, 'Present')],
    );
    const [first, second, third] = changes;
    const ofReplicas = [third, first, second].flatMap((change) => change ?? []);
    const report = changeReport({ changes: ofReplicas, startsAt }, SINCE, PRICES, NOW);
    expect(report.changes.map(({ time }) => time)).toEqual(
      [third, second, first].map((change) => change?.time.toISOString()),
    );
    expect(report.total).toMatchObject({ removed: 0, installed: 1, monthlySavings: -14.5 });
  });

  test('says that the log does not cover the period', async () => {
    const changes = await changesOf([deployment()]);
    const page = (since: Date) => CHANGE_FORMATS.html(changeReport(changes, since, PRICES, NOW));
    expect(page(SINCE)).toContain('The log begins at 2026-01-05 10:00');
    expect(page(new Date('2026-01-05T10:00:00Z'))).not.toContain('The log begins');
  });

  test('shows who edited and approved the policy, with times as in the other columns', async () => {
    const manager = (name: string) => ({ manager: name, operation: 'Update', time: '2026-01-05T09:58:30Z' });
    const authors = { editedBy: manager('argocd'), approvedBy: manager('kubectl-wsap') };
    const page = CHANGE_FORMATS.html(changeReport(await changesOf([deployment(authors)]), SINCE, PRICES, NOW));
    expect(page).toContain('<th scope="col">Authors</th>');
    expect(page).toContain('>argocd at 2026-01-05 09:58 UTC, approved by kubectl-wsap at 2026-01-05 09:58 UTC</td>');
  });

  test('keeps times and IDs on one line', async () => {
    const page = CHANGE_FORMATS.html(changeReport(await changesOf([deployment()]), SINCE, PRICES, NOW));
    expect(page).toMatch(/<th scope="row" data-column="Time">2026-01-05 \d\d:\d\d UTC<\/th>/);
    expect(page).toMatch(/\[data-column="Time"\],\n\[data-column="WorkSpace"\][^}]*white-space: nowrap;/);
  });

  test('omits changes before the period, and savings without prices', async () => {
    const changes = await changesOf([deployment()], [deployment({ workspaceID: 'ws-000000002' })]);
    const report = changeReport(changes, new Date('2026-01-05T10:00:30Z'), undefined, NOW);
    expect(report.total).toEqual({ removed: 1, installed: 0, rejected: 0, unknown: 0 });
    expect(report).not.toHaveProperty('savings');
  });

  test('names applications without a price', async () => {
    const prices = pricesOf({ currency: 'EUR', prices: [{ application: { id: 'wsa-other' }, perMonth: 9 }] });
    const report = changeReport(await changesOf([deployment()]), SINCE, prices, NOW);
    expect(report.savings).toMatchObject({ currency: 'EUR', monthly: 0, withoutPrice: ['Microsoft Visio LTSC 2021'] });
    expect(CHANGE_FORMATS.html(report)).toContain('<td data-column="Monthly savings (estimate)">no price</td>');
  });
});

describe('Hostile text', () => {
  const hostile = async () => {
    const own = intent().changes.map((change) => ({ ...change, applicationName: HOSTILE, reason: `=1+1${HOSTILE}` }));
    return changeReport(await changesOf([{ userName: HOSTILE, changes: own }]), SINCE, PRICES, NOW);
  };

  test('stays text in a page', async () => {
    const page = CHANGE_FORMATS.html(await hostile());
    expect(page).not.toContain('<script');
    expect(['\u202e', '\u001b'].filter((character) => page.includes(character))).toEqual([]);
    expect(page).toContain('&#60;script&#62;');
    expect(page).toContain('monthly savings');
  });

  test('is no formula in a spreadsheet', async () => {
    const csv = CHANGE_FORMATS.csv(await hostile());
    expect(csv).toContain("'=1+1");
    expect(['\u202e', '\u001b'].filter((character) => csv.includes(character))).toEqual([]);
    expect(csv.split('\r\n')[0]).toBe(
      '\ufefftime,policy,workspaceID,userName,applicationID,applicationName,action,verdict,reason,result,error,before,plan,editedBy,approvedBy,requestID',
    );
  });

  test('is escaped in JSON', async () => {
    const json = CHANGE_FORMATS.json(await hostile());
    expect(['\u202e', '\u001b'].filter((character) => json.includes(character))).toEqual([]);
    expect(JSON.parse(json).changes[0].userName).toBe(HOSTILE);
  });
});
